//! The roles that may approve an action (protocol: roles allowed to approve).

use serde_json::Value;

use super::facts::{ActionRights, RawFilter, RoleId};

/// The roles that may approve an action, in the order of the payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Approvers<'f> {
    /// Roles without a condition.
    pub(crate) base: Vec<RoleId>,
    /// Roles with a condition, grouped so that each condition is evaluated once.
    pub(crate) conditional: Vec<ConditionalApprovers<'f>>,
}

/// The roles that may approve when a condition holds for every selected record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConditionalApprovers<'f> {
    pub(crate) filter: &'f RawFilter,
    pub(crate) roles: Vec<RoleId>,
}

/// Lists the roles that may approve an action.
///
/// As in the reference agent, a role with a condition counts even when the right does not list it, and only a right that is
/// given to roles names any.
pub(crate) fn approvers(rights: &ActionRights) -> Approvers<'_> {
    let conditions = &rights.user_approval_conditions;
    let base = rights.user_approval.roles().iter().copied();
    let base = base.filter(|role| conditions.of(*role).is_none()).collect();
    // two texts may be one condition with its members in another order
    let mut trees: Vec<Option<Value>> = Vec::new();
    let mut conditional: Vec<ConditionalApprovers<'_>> = Vec::new();
    for (role, filter) in conditions.iter() {
        let tree = serde_json::from_str(filter.as_json()).ok();
        let known = trees.iter().zip(&mut conditional).find(|(known_tree, known)| {
            known.filter == filter || matches!((known_tree, &tree), (Some(known), Some(tree)) if is_same(known, tree))
        });
        match known {
            Some((_, known)) => known.roles.push(role),
            None => {
                trees.push(tree);
                conditional.push(ConditionalApprovers {
                    filter,
                    roles: vec![role],
                });
            }
        }
    }
    Approvers { base, conditional }
}

/// Deep equality as JavaScript has it: the order of members does not matter, and 1 equals 1.0.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => {
            one == other || ((one.is_f64() || other.is_f64()) && one.as_f64() == other.as_f64())
        }
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one
                    .iter()
                    .all(|(key, one)| other.get(key).is_some_and(|other| is_same(one, other)))
        }
        (one, other) => one == other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decide::facts::{Right, RoleConditions};

    fn rights(user_approval: Right, conditions: &[(i64, &str)]) -> ActionRights {
        let conditions = conditions
            .iter()
            .map(|(role, filter)| (RoleId(*role), RawFilter((*filter).into())));
        ActionRights {
            user_approval_conditions: RoleConditions::new(&user_approval, conditions),
            user_approval,
            ..ActionRights::default()
        }
    }

    fn numbers(roles: &[RoleId]) -> Vec<i64> {
        roles.iter().map(|role| role.0).collect()
    }

    fn summary(rights: &ActionRights) -> (Vec<i64>, Vec<(&str, Vec<i64>)>) {
        let approvers = approvers(rights);
        let conditional = approvers.conditional.iter();
        (
            numbers(&approvers.base),
            conditional
                .map(|group| (group.filter.as_json(), numbers(&group.roles)))
                .collect(),
        )
    }

    fn roles(roles: &[i64]) -> Right {
        Right::Roles(roles.iter().copied().map(RoleId).collect())
    }

    #[test]
    fn roles_without_a_condition_keep_the_order_of_the_payload() {
        assert_eq!(summary(&rights(roles(&[30, 10, 20]), &[])), (vec![30, 10, 20], vec![]));
        assert_eq!(summary(&rights(roles(&[]), &[])), (vec![], vec![]));
    }

    #[test]
    fn a_right_of_everybody_or_nobody_names_no_role() {
        for right in [Right::Everybody, Right::Nobody] {
            assert_eq!(
                summary(&rights(right.clone(), &[(1, "{}")])),
                (vec![], vec![]),
                "{right:?}"
            );
        }
    }

    #[test]
    fn a_role_with_a_condition_is_not_a_base_role_and_counts_even_without_the_right() {
        let (one, other) = (r#"{"a":1}"#, r#"{"b":1}"#);
        assert_eq!(
            summary(&rights(roles(&[20, 30]), &[(20, one), (5, other)])),
            (vec![30], vec![(one, vec![20]), (other, vec![5])])
        );
    }

    #[test]
    fn equal_conditions_are_one_in_any_order_of_their_members() {
        let rights = rights(
            roles(&[1, 2, 3, 4, 5, 6]),
            &[
                (3, r#"{"field":"x","operator":"in","value":[1,{"p":null,"q":2}]}"#),
                (1, r#"{"field":"y","operator":"equal","value":1}"#),
                (2, r#"{"value":[1.0,{"q":2,"p":null}],"operator":"in","field":"x"}"#),
                (4, r#"{"field":"x","operator":"in","value":[{"p":null,"q":2},1]}"#),
                (5, r#"{"field":"y","operator":"equal","value":"1"}"#),
                (6, r#"{"field":"y","operator":"equal","value":1,"source":"data"}"#),
            ],
        );
        let (base, groups) = summary(&rights);
        assert!(base.is_empty());
        let groups: Vec<Vec<i64>> = groups.into_iter().map(|(_, roles)| roles).collect();
        assert_eq!(groups, [vec![3, 2], vec![1], vec![4], vec![5], vec![6]]);
    }

    #[test]
    fn numbers_are_equal_by_value() {
        let same = |one: &str, other: &str| {
            let [one, other] = [one, other].map(|json| serde_json::from_str::<Value>(json).unwrap());
            assert_eq!(is_same(&one, &other), is_same(&other, &one));
            is_same(&one, &other)
        };
        assert!(same("1", "1.0") && same("1.5", "1.5") && same("-0.0", "0"));
        assert!(!same("1.5", "2.5") && !same("1", "1.5") && !same("1", "2"));
        // whole numbers that one float stands for
        assert!(!same("9007199254740993", "9007199254740992"));
    }
}
