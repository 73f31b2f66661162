//! Which roles may approve an action: those that always may, and those for which records have to be counted.
//!
//! Owns the order, the grouping and the equality of conditions (protocol: roles allowed to approve). Pure: it says what to
//! count, and `evaluate` counts. Needed only for answers about approvals, so conditions are first read here.

use serde_json::Value;

use super::facts::{ActionRights, RawFilter, RoleId};

/// The roles that may approve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Approvers<'f> {
    /// Whatever the records, in the order of the payload.
    pub(crate) base: Vec<RoleId>,
    /// Under a condition, each condition once, in the order in which they first appear.
    pub(crate) conditional: Vec<ConditionalApprovers<'f>>,
}

/// The roles that may approve when a condition holds for every selected record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ConditionalApprovers<'f> {
    /// The condition.
    pub(crate) filter: &'f RawFilter,
    /// In the order of the payload.
    pub(crate) roles: Vec<RoleId>,
}

/// The roles that may approve an action.
///
/// As in the reference agent, a role with a condition counts although it is not among the roles of the right, and a right
/// that is given to everybody or nobody names no role.
pub(crate) fn approvers(rights: &ActionRights) -> Approvers<'_> {
    let conditions = &rights.user_approval_conditions;
    let base = rights.user_approval.roles().iter().copied();
    let base = base.filter(|role| conditions.of(*role).is_none()).collect();
    // read once each: two texts may be one condition with its members in another order
    let mut trees: Vec<Option<Value>> = Vec::new();
    let mut conditional: Vec<ConditionalApprovers<'_>> = Vec::new();
    for condition in conditions.iter() {
        let tree = serde_json::from_str(condition.filter.as_json()).ok();
        let known = trees.iter().zip(&mut conditional).find(|(known_tree, known)| {
            known.filter == &condition.filter
                || matches!((known_tree, &tree), (Some(known), Some(tree)) if is_same(known, tree))
        });
        match known {
            Some((_, known)) => known.roles.push(condition.role),
            None => {
                trees.push(tree);
                conditional.push(ConditionalApprovers {
                    filter: &condition.filter,
                    roles: vec![condition.role],
                });
            }
        }
    }
    Approvers { base, conditional }
}

/// Deep equality as in the language of the protocol: the order of members is none of it, and 1 is 1.0.
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
    use serde_json::json;

    use super::*;
    use crate::decide::facts::EnvironmentPermissions;

    fn summary(right: &Value, conditions: &Value) -> (Vec<i64>, Vec<(String, Vec<i64>)>) {
        let payload = json!({"collections": {"c": {"actions": {"a": {
            "userApprovalEnabled": right, "userApprovalConditions": conditions}}}}});
        let facts = EnvironmentPermissions::from_json(payload.to_string().as_bytes()).unwrap();
        let approvers = approvers(facts.action("c", "a").unwrap());
        let numbers = |roles: &[RoleId]| roles.iter().map(|role| role.0).collect::<Vec<_>>();
        let conditional = approvers.conditional.iter();
        (
            numbers(&approvers.base),
            conditional
                .map(|each| (each.filter.as_json().to_owned(), numbers(&each.roles)))
                .collect(),
        )
    }

    #[test]
    fn roles_without_a_condition_come_in_the_order_of_the_payload_each_once() {
        assert_eq!(
            summary(&json!({"roles": [30, 10, 30, 20, 10]}), &json!([])),
            (vec![30, 10, 20], vec![])
        );
        assert_eq!(summary(&json!({"roles": []}), &json!(null)), (vec![], vec![]));
    }

    #[test]
    fn a_right_of_everybody_or_nobody_names_no_role() {
        let conditions = json!([{"roleId": 1, "filter": {"a": 1}}]);
        for right in [json!(true), json!(false), json!(null)] {
            assert_eq!(summary(&right, &conditions), (vec![], vec![]), "{right}");
        }
    }

    #[test]
    fn a_role_with_a_condition_is_no_base_role_and_counts_even_without_the_right() {
        let (base, conditional) = summary(
            &json!({"roles": [20, 30]}),
            &json!([{"roleId": 20, "filter": {"a": 1}}, {"roleId": 5, "filter": {"b": 1}}]),
        );
        assert_eq!(base, [30]);
        assert_eq!(
            conditional,
            [(r#"{"a":1}"#.to_owned(), vec![20]), (r#"{"b":1}"#.to_owned(), vec![5])]
        );
    }

    #[test]
    fn equal_conditions_are_one_whatever_the_order_of_their_members() {
        // as text, because a map would sort the members
        let payload = r#"{"collections":{"c":{"actions":{"a":{"userApprovalEnabled":{"roles":[1,2,3,4,5,6]},"userApprovalConditions":[
            {"roleId":3,"filter":{"field":"x","operator":"in","value":[1,{"p":null,"q":2}]}},
            {"roleId":1,"filter":{"field":"y","operator":"equal","value":1}},
            {"roleId":2,"filter":{"value":[1.0,{"q":2,"p":null}],"operator":"in","field":"x"}},
            {"roleId":4,"filter":{"field":"x","operator":"in","value":[{"p":null,"q":2},1]}},
            {"roleId":5,"filter":{"field":"y","operator":"equal","value":"1"}},
            {"roleId":6,"filter":{"field":"y","operator":"equal","value":1,"source":"data"}}]}}}}}"#;
        let facts = EnvironmentPermissions::from_json(payload.as_bytes()).unwrap();
        let approvers = approvers(facts.action("c", "a").unwrap());
        assert!(approvers.base.is_empty());
        let groups: Vec<Vec<i64>> = approvers
            .conditional
            .iter()
            .map(|group| group.roles.iter().map(|role| role.0).collect())
            .collect();
        assert_eq!(groups, [vec![3, 2], vec![1], vec![4], vec![5], vec![6]]);
    }
}
