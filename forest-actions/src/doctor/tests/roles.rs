use serde_json::{Value, json};

use super::super::actions::findings;
use super::super::explain::{Outcome, Question};
use super::super::roles::{Holders, of_action};
use super::actions::ARCHIVE;
use super::lines;
use crate::decide::facts::{EnvironmentPermissions, Users};
use crate::server::facts;

fn environment(rights: Value) -> EnvironmentPermissions {
    let payload = json!({"collections": {"companies": {"actions": {"Archive": rights}}}}).to_string();
    facts::environment(payload.as_bytes()).unwrap()
}

fn holders() -> Users {
    let user = |id: u64, role: Option<u64>| json!({"id": id, "email": "a@example.com", "roleId": role});
    let payload = json!([user(1, Some(10)), user(2, Some(10)), user(3, Some(20)), user(4, None)]).to_string();
    facts::users(payload.as_bytes()).unwrap()
}

fn of_server(rights: Value) -> Vec<String> {
    let environment = environment(rights);
    let holders = Holders::new(&holders());
    let found = findings(&[&ARCHIVE], None, |action| {
        of_action(&environment, Some(&holders), action)
    });
    lines(&found)
}

#[test]
fn an_action_is_reported_with_its_roles() {
    let filter = json!({"field": "a", "operator": "equal", "value": 1});
    for (rights, expected) in [
        (json!({"triggerEnabled": true}), "ok action: every user"),
        (
            json!({"triggerEnabled": {"roles": [10]}}),
            "ok action: role 10 (2 users)",
        ),
        (
            json!({"triggerEnabled": {"roles": [20, 10, 30]},
                "triggerConditions": [{"roleId": 30, "filter": filter}]}),
            "ok action: roles 20 (1 user), 10 (2 users), 30 (no user, on a condition)",
        ),
        (
            json!({"triggerEnabled": {"roles": [1, 2, 3, 4, 5, 6]}}),
            "ok action: roles 1 (no user), 2 (no user), 3 (no user), 4 (no user) and 2 more",
        ),
        (
            json!({"triggerEnabled": {"roles": []}}),
            "warning action: no role may run it",
        ),
        (json!({"triggerEnabled": false}), "warning action: no role may run it"),
    ] {
        assert_eq!(of_server(rights), [expected]);
    }
}

#[test]
fn app_04_an_approval_is_reported_with_requesters_and_approvers() {
    let filter = json!({"field": "a", "operator": "equal", "value": 1});
    for (approvals, expected) in [
        // only of roles that may run it
        (
            json!({"approvalRequired": {"roles": [99]}}),
            "ok action: role 10 (2 users)",
        ),
        (
            json!({"approvalRequired": {"roles": [10]}, "userApprovalEnabled": {"roles": [20]}}),
            "ok action: role 10 (2 users); approval needed for role 10, by role 20 (1 user)",
        ),
        (
            json!({"approvalRequired": {"roles": [10]}, "approvalRequiredConditions": [{"roleId": 10, "filter": filter}],
                "userApprovalEnabled": true}),
            "ok action: role 10 (2 users); approval needed for role 10 (on a condition), by every user",
        ),
        (
            json!({"approvalRequired": true, "userApprovalEnabled": {"roles": [20]},
                "userApprovalConditions": [{"roleId": 20, "filter": filter}]}),
            "ok action: role 10 (2 users); approval needed, by role 20 (1 user, on a condition)",
        ),
        (
            json!({"approvalRequired": true, "selfApprovalEnabled": {"roles": [10]}}),
            "ok action: role 10 (2 users); approval needed, by the requester",
        ),
        (
            json!({"approvalRequired": true}),
            "warning action: role 10 (2 users); approval needed, and nobody may approve",
        ),
    ] {
        let mut rights = json!({"triggerEnabled": {"roles": [10]}});
        rights
            .as_object_mut()
            .unwrap()
            .extend(approvals.as_object().unwrap().clone());
        assert_eq!(of_server(rights), [expected]);
    }
}

#[test]
fn per_02_an_action_that_the_permissions_lack_is_a_problem() {
    for payload in [
        json!({"collections": {}}),
        json!({"collections": {"companies": {"actions": {}}}}),
    ] {
        let environment = facts::environment(payload.to_string().as_bytes()).unwrap();
        let found = findings(&[&ARCHIVE], None, |action| of_action(&environment, None, action));
        assert_eq!(
            lines(&found),
            ["PROBLEM action: not known to the permissions, so it is refused to everybody"]
        );
    }
    let found = findings(&[&ARCHIVE], None, |action| {
        of_action(&EnvironmentPermissions::Development, None, action)
    });
    assert_eq!(lines(&found), ["ok action: everybody (environment for development)"]);
}

fn users() -> Users {
    let user = |id: u64, role: Option<u64>| json!({"id": id, "email": format!("u{id}@example.com"), "roleId": role});
    let payload = json!([user(1, Some(10)), user(2, Some(20)), user(3, None)]).to_string();
    facts::users(payload.as_bytes()).unwrap()
}

fn asked(payload: &Value, user_id: u64) -> (Outcome, String, Option<String>) {
    let environment = facts::environment(payload.to_string().as_bytes()).unwrap();
    let users = users();
    let question = Question {
        user_id,
        user: None,
        collection: "companies",
        action: "Archive",
    };
    let explained = question.connected(&environment, users.get(&user_id.to_string()).map(|user| &**user));
    (
        explained.outcome(),
        explained.cause().to_owned(),
        explained.advice().map(str::to_owned),
    )
}

#[test]
fn per_02_each_refusal_has_one_cause_and_one_place_to_change_it() {
    let roles = json!({"collections": {"companies": {"actions": {"Archive": {"triggerEnabled": {"roles": [20]}}}}}});
    let none = json!({"collections": {}});
    let other = json!({"collections": {"companies": {"actions": {"Other": {"triggerEnabled": true}}}}});
    for (payload, user, cause, advice) in [
        (&roles, 1, "role 10 does not have the right", "give role 10 the right"),
        (
            &roles,
            3,
            "the caller has no role, and the right is not given to everybody",
            "give the user a role",
        ),
        (
            &roles,
            9,
            "the caller is not among the users of the project",
            "invite the person",
        ),
        (
            &none,
            2,
            "the permissions do not know the collection",
            "publish the schema",
        ),
        (
            &other,
            2,
            "the permissions know the collection, but no action of this name",
            "publish the schema",
        ),
    ] {
        let (outcome, found, advised) = asked(payload, user);
        assert_eq!(outcome, Outcome::Refused, "{cause}");
        assert!(found.starts_with(cause), "{found}");
        assert!(advised.unwrap().starts_with(advice), "{advice}");
    }
}

#[test]
fn an_allowed_action_names_the_right() {
    let roles = json!({"collections": {"companies": {"actions": {"Archive": {"triggerEnabled": {"roles": [20]}}}}}});
    let everybody = json!({"collections": {"companies": {"actions": {"Archive": {"triggerEnabled": true}}}}});
    for (payload, user, cause) in [
        (&roles, 2, "role 20 has the right, without condition or approval"),
        (&everybody, 3, "the right is given to everybody"),
        (&everybody, 9, "the right is given to everybody"),
        (
            &json!(true),
            9,
            "this is an environment for development, in which everybody may run everything",
        ),
    ] {
        assert_eq!(asked(payload, user), (Outcome::Allowed, cause.to_owned(), None));
    }
}

#[test]
fn app_04_conditions_and_approvals_are_distinguished() {
    let filter = json!({"field": "size", "operator": "greater_than", "value": 5});
    let shown = filter.to_string();
    let with = |more: Value| {
        let mut rights = json!({"triggerEnabled": {"roles": [10]}});
        rights
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        json!({"collections": {"companies": {"actions": {"Archive": rights}}}})
    };
    let condition = json!([{"roleId": 10, "filter": filter}]);
    for (rights, outcome, cause, advice) in [
        (
            json!({"triggerConditions": condition}),
            Outcome::DependsOnRecords,
            format!("role 10 has the right for records that all match {shown}"),
            "select records that match",
        ),
        (
            json!({"approvalRequired": {"roles": [10]}, "userApprovalEnabled": {"roles": [20, 30]}}),
            Outcome::NeedsApproval,
            "an approval is needed in any case".to_owned(),
            "roles 20, 30 may approve it;",
        ),
        (
            json!({"approvalRequired": true, "selfApprovalEnabled": {"roles": [10]}}),
            Outcome::NeedsApproval,
            "an approval is needed in any case".to_owned(),
            "only the person who asks may approve it;",
        ),
        (
            json!({"approvalRequired": true, "userApprovalEnabled": true, "selfApprovalEnabled": true}),
            Outcome::NeedsApproval,
            "an approval is needed in any case".to_owned(),
            "every user may approve it, and so may the person who asks;",
        ),
        (
            json!({"approvalRequired": true}),
            Outcome::NeedsApproval,
            "an approval is needed in any case".to_owned(),
            "nobody may approve it:",
        ),
        (
            json!({"approvalRequired": {"roles": [10]}, "approvalRequiredConditions": condition, "triggerConditions": condition}),
            Outcome::DependsOnRecords,
            format!(
                "role 10 has the right for records that all match {shown}; an approval is needed when a record matches {shown}"
            ),
            "nobody may approve it:",
        ),
    ] {
        let (found, caused, advised) = asked(&with(rights), 1);
        assert_eq!((found, caused), (outcome, cause));
        let advised = advised.unwrap();
        assert!(advised.starts_with(advice), "{advised}");
    }
}
