//! Tables of triggers, approvals, forms and browsing: one row per combination of rights, conditions and callers.
//!
//! Rights are written as `t:10,20 tc:10=A`: `t` may trigger, the trigger of `r` needs an approval, `u` may approve requests of
//! others and `s` their own; `tc`, `rc` and `uc` are the conditions by role. `*` stands for every user and `-` for no user. A
//! right that is not written is missing.

use std::collections::HashMap;
use std::sync::Arc;

use super::facts::{
    ActionRights, CollectionRights, EnvironmentPermissions, RawFilter, Right, RoleConditions, RoleId, UserFacts, Users,
};
use super::*;

const R10: Actor = Actor::Role(RoleId(10));
const R20: Actor = Actor::Role(RoleId(20));
const NO_ROLE: Actor = Actor::WithoutRole;
const STRANGER: Actor = Actor::Unknown;

const REFUND: ActionName<'_> = ActionName {
    collection: "orders",
    action: "Refund order",
};

fn right(text: &str) -> Right {
    match text {
        "*" => Right::Everybody,
        "-" => Right::Nobody,
        roles => {
            let roles = roles.split(',').filter(|role| !role.is_empty());
            Right::Roles(roles.map(|role| RoleId(role.parse().unwrap())).collect())
        }
    }
}

fn conditions(right: &Right, text: &str) -> RoleConditions {
    let each = text.split(',').filter_map(|each| each.split_once('='));
    let each = each.map(|(role, name)| (RoleId(role.parse().unwrap()), RawFilter(name.into())));
    RoleConditions::new(right, each)
}

fn facts(rights: &str) -> EnvironmentPermissions {
    if rights == "development" {
        return EnvironmentPermissions::Development;
    }
    let mut words: HashMap<&str, &str> = HashMap::new();
    for word in rights.split(' ').filter(|word| !word.is_empty()) {
        words.extend([word.split_once(':').unwrap_or((word, ""))]);
    }
    let mut right_of = |key| words.remove(key).map(right).unwrap_or_default();
    let everything = ActionRights {
        trigger: Right::Everybody,
        user_approval: Right::Everybody,
        self_approval: Right::Everybody,
        ..ActionRights::default()
    };
    let mut collection = CollectionRights {
        browse: right_of("browse"),
        read: right_of("read"),
        export: right_of("export"),
        ..CollectionRights::default()
    };
    let mut action = ActionRights {
        trigger: right_of("t"),
        approval_required: right_of("r"),
        user_approval: right_of("u"),
        self_approval: right_of("s"),
        ..ActionRights::default()
    };
    let mut conditions_of = |key, right| conditions(right, words.remove(key).unwrap_or_default());
    action.trigger_conditions = conditions_of("tc", &action.trigger);
    action.approval_required_conditions = conditions_of("rc", &action.approval_required);
    action.user_approval_conditions = conditions_of("uc", &action.user_approval);
    let named = match words.remove("other-action") {
        Some(_) => ("refund order", everything),
        None => ("Refund order", action),
    };
    collection.actions = [(named.0.into(), Arc::new(named.1))].into();
    let collections = match words.remove("nothing") {
        Some(_) => HashMap::new(),
        None => [("orders".into(), collection)].into(),
    };
    assert!(words.is_empty(), "{words:?}");
    EnvironmentPermissions::Rules { collections }
}

fn no(cause: Cause) -> String {
    match cause {
        Cause::UnknownCollection => "no: collection".to_owned(),
        Cause::UnknownAction => "no: action".to_owned(),
        Cause::UnknownUser => "no: user".to_owned(),
        Cause::NoRole => "no: role".to_owned(),
        Cause::RoleLacksRight(role) => format!("no: {role}"),
        Cause::ConditionFails(role) => format!("no: condition of {role}"),
    }
}

fn triggered(rights: &str, actor: Actor) -> String {
    let conditions = match trigger(&facts(rights), REFUND, actor) {
        Err(cause) => return no(cause),
        Ok(Trigger::Allowed) => return "yes".to_owned(),
        Ok(Trigger::Depends(conditions)) => conditions,
    };
    let all = conditions.all_must_match.map(|(role, filter)| {
        assert_eq!(Some(role), actor.role());
        format!("all {}", filter.as_json())
    });
    let approval = match conditions.approval {
        Approval::Never => None,
        Approval::Always => Some("approval".to_owned()),
        Approval::WhenAny(filter) => Some(format!("approval if any {}", filter.as_json())),
    };
    [all, approval].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn approved(rights: &str, actor: Actor, own: bool) -> String {
    let facts = facts(rights);
    match approve(&facts, REFUND, actor, own) {
        Approve::Refused { cause, .. } => no(cause),
        Approve::Allowed => "yes".to_owned(),
        Approve::Depends {
            role, all_must_match, ..
        } => {
            assert_eq!(Some(role), actor.role());
            format!("all {}", all_must_match.as_json())
        }
    }
}

#[test]
fn the_table_of_triggers() {
    #[rustfmt::skip]
    let rows: &[(&str, &str, Actor, &str)] = &[
        // the right alone
        ("a role with the right", "t:10", R10, "yes"),
        ("one of several roles with the right", "t:20,10", R10, "yes"),
        ("a role without the right", "t:20", R10, "no: 10"),
        ("a right of no role", "t:", R10, "no: 10"),
        ("a right of everybody, with a role", "t:*", R10, "yes"),
        ("a right of everybody, without a role", "t:*", NO_ROLE, "yes"),
        ("a right of everybody, unknown user", "t:*", STRANGER, "yes"),
        ("a right of nobody, with a role", "t:-", R10, "no: 10"),
        ("a right of nobody, without a role", "t:-", NO_ROLE, "no: role"),
        ("a right of roles, without a role", "t:10", NO_ROLE, "no: role"),
        ("a right of roles, unknown user", "t:10", STRANGER, "no: user"),
        // what is missing is never allowed
        ("per_02 a missing right", "", R10, "no: 10"),
        ("per_02 a missing right, unknown user", "", STRANGER, "no: user"),
        ("per_02 a missing right beside others", "r:10 u:10 s:10", R10, "no: 10"),
        ("per_02 a missing action", "other-action", R10, "no: action"),
        ("per_02 a missing action, without a role", "other-action", NO_ROLE, "no: action"),
        ("per_02 a missing collection", "nothing", R10, "no: collection"),
        ("per_02 a missing collection, unknown user", "nothing", STRANGER, "no: collection"),
        // conditions of triggering
        ("per_07 a condition of the role", "t:10 tc:10=A", R10, "all A"),
        ("per_07 a condition of another role", "t:10,20 tc:20=A", R10, "yes"),
        ("per_07 conditions of both roles, the first", "t:10,20 tc:10=A,20=B", R10, "all A"),
        ("per_07 conditions of both roles, the second", "t:10,20 tc:10=A,20=B", R20, "all B"),
        ("per_07 two conditions of one role: the last", "t:10 tc:10=A,10=B", R10, "all B"),
        ("a condition without the right", "t:20 tc:10=A", R10, "no: 10"),
        ("a right of everybody ignores conditions", "t:* tc:10=A", R10, "yes"),
        ("a right of nobody ignores conditions", "t:- tc:10=A", R10, "no: 10"),
        // approvals
        ("an approval of the role", "t:10 r:10", R10, "approval"),
        ("an approval of another role", "t:10,20 r:20", R10, "yes"),
        ("an approval of no role", "t:10 r:", R10, "yes"),
        ("an approval of everybody", "t:10 r:*", R10, "approval"),
        ("an approval of nobody", "t:10 r:-", R10, "yes"),
        ("an approval of everybody, without a role", "t:* r:*", NO_ROLE, "approval"),
        ("an approval of everybody, unknown user", "t:* r:*", STRANGER, "approval"),
        ("an approval of roles, without a role", "t:* r:10", NO_ROLE, "yes"),
        ("an approval of roles, unknown user", "t:* r:10", STRANGER, "yes"),
        ("an approval, but no right to trigger", "t:20 r:10", R10, "no: 10"),
        ("an approval, and a missing right to trigger", "r:*", R10, "no: 10"),
        // conditions of approvals
        ("a conditional approval of the role", "t:10 r:10 rc:10=C", R10, "approval if any C"),
        ("a conditional approval of another role", "t:10,20 r:10,20 rc:20=C", R10, "approval"),
        ("a condition without the need for an approval", "t:10 r:20 rc:10=C", R10, "yes"),
        ("an approval of everybody ignores conditions", "t:10 r:* rc:10=C", R10, "approval"),
        ("an approval of nobody ignores conditions", "t:10 r:- rc:10=C", R10, "yes"),
        ("two conditional approvals of one role: the last", "t:10 r:10 rc:10=C,10=D", R10, "approval if any D"),
        // both
        ("a condition and an approval", "t:10 tc:10=A r:10", R10, "all A, approval"),
        ("a condition and a conditional approval", "t:10 tc:10=A r:10 rc:10=C", R10, "all A, approval if any C"),
        ("a condition, and an approval of another role", "t:10 tc:10=A r:20", R10, "all A"),
        ("each role has its own", "t:10,20 tc:10=A r:20 rc:20=C", R20, "approval if any C"),
        // the rights of approving play no part
        ("the right to approve is no right to trigger", "t:- u:10 s:10", R10, "no: 10"),
        ("conditions of approving do not bind triggers", "t:10 u:10 uc:10=U", R10, "yes"),
        // development
        ("per_08 development, with a role", "development", R10, "yes"),
        ("per_08 development, without a role", "development", NO_ROLE, "yes"),
        ("per_08 development, unknown user", "development", STRANGER, "yes"),
    ];
    for (name, rights, actor, expected) in rows {
        assert_eq!(triggered(rights, *actor), *expected, "{name}");
    }
    assert!(rows.len() >= 50);
}

#[test]
fn the_table_of_approvals() {
    const OWN: bool = true;
    const OTHER: bool = false;
    #[rustfmt::skip]
    let rows: &[(&str, &str, Actor, bool, &str)] = &[
        // of others
        ("app_02 a role that approves", "u:10", R10, OTHER, "yes"),
        ("app_02 a role that does not", "u:20", R10, OTHER, "no: 10"),
        ("everybody approves, with a role", "u:*", R10, OTHER, "yes"),
        ("everybody approves, without a role", "u:*", NO_ROLE, OTHER, "yes"),
        ("everybody approves, unknown user", "u:*", STRANGER, OTHER, "yes"),
        ("nobody approves", "u:-", R10, OTHER, "no: 10"),
        ("approving without a role", "u:10", NO_ROLE, OTHER, "no: role"),
        ("approving as an unknown user", "u:10", STRANGER, OTHER, "no: user"),
        ("per_02 a missing right to approve", "t:10 r:10 s:10", R10, OTHER, "no: 10"),
        ("per_02 approving a missing action", "other-action", R10, OTHER, "no: action"),
        ("per_02 approving in a missing collection", "nothing", R10, OTHER, "no: collection"),
        // of one's own
        ("app_03 a role that approves its own", "s:10", R10, OWN, "yes"),
        ("app_03 a role that approves others only", "u:10", R10, OWN, "no: 10"),
        ("app_03 a role that approves others, another its own", "u:10 s:20", R10, OWN, "no: 10"),
        ("app_03 a role that approves its own only, of others", "s:10", R10, OTHER, "no: 10"),
        ("app_03 a role that approves both", "u:10 s:10", R10, OWN, "yes"),
        ("app_03 everybody approves their own", "s:*", NO_ROLE, OWN, "yes"),
        ("app_03 everybody approves their own, unknown user", "s:*", STRANGER, OWN, "yes"),
        ("app_03 nobody approves their own", "u:* s:-", R10, OWN, "no: 10"),
        ("app_03 approving one's own without a role", "s:10", NO_ROLE, OWN, "no: role"),
        ("per_02 approving one's own missing action", "other-action", R10, OWN, "no: action"),
        // conditions
        ("a condition of the role", "u:10 uc:10=U", R10, OTHER, "all U"),
        ("a condition of another role", "u:10,20 uc:20=U", R10, OTHER, "yes"),
        ("a condition of approving binds one's own as well", "u:10 uc:10=U s:10", R10, OWN, "all U"),
        ("one's own, where the condition is of a role that approves nothing else", "u:20 uc:10=U s:10", R10, OWN, "all U"),
        ("a right of everybody ignores conditions", "u:* uc:10=U", R10, OTHER, "yes"),
        ("one's own, where everybody approves others: no condition", "u:* uc:10=U s:10", R10, OWN, "yes"),
        ("a condition without the right", "u:20 uc:10=U", R10, OTHER, "no: 10"),
        ("two conditions of one role: the last", "u:10 uc:10=U,10=V", R10, OTHER, "all V"),
        // the rights of triggering play no part (APP-02)
        ("app_02 approving needs no right to trigger", "t:- u:10", R10, OTHER, "yes"),
        ("app_02 a right to trigger approves nothing", "t:* r:*", R10, OTHER, "no: 10"),
        ("app_02 conditions of triggers do not bind approvals", "t:10 tc:10=A r:10 rc:10=C u:10", R10, OTHER, "yes"),
        // development
        ("per_08 development, of others", "development", R10, OTHER, "yes"),
        ("per_08 development, of one's own", "development", R10, OWN, "yes"),
        ("per_08 development, unknown user", "development", STRANGER, OWN, "yes"),
    ];
    for (name, rights, actor, own, expected) in rows {
        assert_eq!(approved(rights, *actor, *own), *expected, "{name}");
    }
    assert!(rows.len() >= 30);
}

#[test]
fn per_12_the_trigger_right_alone_opens_a_form() {
    #[rustfmt::skip]
    let rows: &[(&str, &str, Actor, &str)] = &[
        ("a role with the right", "t:10", R10, "yes"),
        ("a role without the right", "t:20", R10, "no: 10"),
        ("an approval will be needed", "t:10 r:10", R10, "yes"),
        ("conditions are not looked at", "t:10 tc:10=A r:10 rc:10=C", R10, "yes"),
        ("the right to approve opens no form", "u:10 s:10", R10, "no: 10"),
        ("everybody, unknown user", "t:*", STRANGER, "yes"),
        ("roles, unknown user", "t:10", STRANGER, "no: user"),
        ("a missing action", "other-action", R10, "no: action"),
        ("a missing collection", "nothing", R10, "no: collection"),
        ("development", "development", NO_ROLE, "yes"),
    ];
    for (name, rights, actor, expected) in rows {
        // conditions and approvals come later
        let answer = trigger(&facts(rights), REFUND, *actor).map_or_else(no, |_| "yes".to_owned());
        assert_eq!(answer, *expected, "{name}");
    }
}

#[test]
fn the_table_of_browsing() {
    #[rustfmt::skip]
    let rows: &[(&str, &str, Actor, [&str; 3])] = &[
        ("each right has its own roles", "browse:10 read:20 export:10,20", R10, ["yes", "no: 10", "yes"]),
        ("each right has its own roles, another role", "browse:10 read:20 export:10,20", R20, ["no: 20", "yes", "yes"]),
        ("everybody and nobody", "browse:* read:- export:*", STRANGER, ["yes", "no: user", "yes"]),
        ("missing rights", "t:*", R10, ["no: 10", "no: 10", "no: 10"]),
        ("without a role", "browse:10 read:* export:-", NO_ROLE, ["no: role", "yes", "no: role"]),
        ("a missing collection", "nothing", R10, ["no: collection", "no: collection", "no: collection"]),
        ("development", "development", STRANGER, ["yes", "yes", "yes"]),
    ];
    for (name, rights, actor, expected) in rows {
        let facts = facts(rights);
        let rights: [fn(&CollectionRights) -> &Right; 3] = [|of| &of.browse, |of| &of.read, |of| &of.export];
        let answers = rights.map(|right| {
            actor
                .holds_on(&facts, "orders", right)
                .map_or_else(no, |()| "yes".to_owned())
        });
        assert_eq!(answers, *expected, "{name}");
    }
}

#[test]
fn the_role_comes_from_the_users_of_the_project() {
    let user = |id: &str, role: Option<i64>| UserFacts {
        id: id.into(),
        role: role.map(RoleId),
        ..UserFacts::default()
    };
    let users: Users = [user("172", Some(10)), user("173", None)].into_iter().collect();
    let actor = |id| Actor::from(users.get(id).map(|user| &**user));
    assert_eq!(actor("172"), R10);
    assert_eq!(actor("173"), NO_ROLE);
    assert_eq!(actor("17"), STRANGER);
}

/// A second implementation of the procedure, over the written rights, against every combination of them.
#[test]
fn every_combination_follows_the_procedure() {
    let rights = ["", "-", "*", "10", "20", "10,20"];
    let conditions = ["", "10=A", "20=B", "10=A,20=B"];
    let holds = |right: &str, role: &str| match right {
        "*" => true,
        "" | "-" => false,
        roles => roles.split(',').any(|each| each == role),
    };
    let condition = |right: &str, list: &'static str, role: &str| {
        let found = list
            .split(',')
            .find_map(|each| each.split_once('=').filter(|(of, _)| *of == role));
        found.map(|(_, name)| name).filter(|_| !matches!(right, "" | "-" | "*"))
    };
    let written = |key: &str, text: &str| {
        if text.is_empty() {
            String::new()
        } else {
            format!("{key}:{text} ")
        }
    };
    let mut combinations = 0;
    for (actor, role) in [(R10, "10"), (R20, "20"), (NO_ROLE, "none"), (STRANGER, "unknown")] {
        let lacking = match actor {
            Actor::Role(role) => format!("no: {role}"),
            Actor::WithoutRole => "no: role".to_owned(),
            Actor::Unknown => "no: user".to_owned(),
        };
        for first in rights {
            for first_conditions in conditions {
                for second in rights {
                    for second_conditions in conditions {
                        combinations += 1;
                        let trigger = written("t", first)
                            + &written("tc", first_conditions)
                            + &written("r", second)
                            + &written("rc", second_conditions);
                        let all = condition(first, first_conditions, role).map(|name| format!("all {name}"));
                        let approval = holds(second, role).then(|| match condition(second, second_conditions, role) {
                            None => "approval".to_owned(),
                            Some(name) => format!("approval if any {name}"),
                        });
                        let parts: Vec<String> = [all, approval].into_iter().flatten().collect();
                        let expected = match (holds(first, role), parts.is_empty()) {
                            (false, _) => lacking.clone(),
                            (true, true) => "yes".to_owned(),
                            (true, false) => parts.join(", "),
                        };
                        assert_eq!(triggered(&trigger, actor), expected, "{trigger}{actor:?}");
                    }
                    for own in [false, true] {
                        combinations += 1;
                        let approve = written("u", first) + &written("uc", first_conditions) + &written("s", second);
                        let right = if own { second } else { first };
                        let expected = match (holds(right, role), condition(first, first_conditions, role)) {
                            (false, _) => lacking.clone(),
                            (true, None) => "yes".to_owned(),
                            (true, Some(name)) => format!("all {name}"),
                        };
                        assert_eq!(approved(&approve, actor, own), expected, "{approve}{actor:?} {own}");
                    }
                }
            }
        }
    }
    assert_eq!(combinations, 4 * (6 * 4 * 6 * 4 + 6 * 4 * 6 * 2));
}
