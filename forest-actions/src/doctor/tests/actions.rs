use serde_json::{Value, json};

use super::super::actions::{Holders, RightsFacts, findings};
use super::lines;
use crate::decide::facts::{EnvironmentPermissions, Users};
use crate::declare::{ActionDescriptor, ActionKind};
use crate::rights::{LocalRights, RoleRights};
use crate::schema::{Action, Collection, Meta, Schema, SchemaDiff};

const ARCHIVE: ActionDescriptor =
    ActionDescriptor::for_test("companies", "Archive", ActionKind::Bulk, "/forest/actions/archive");

static ACTIONS: [&ActionDescriptor; 2] = [
    &ARCHIVE,
    &ActionDescriptor {
        name: "Ping",
        endpoint: "/forest/actions/ping",
        protected: false,
        ..ARCHIVE
    },
];

fn archive() -> &'static [&'static ActionDescriptor] {
    &ACTIONS[..1]
}

fn environment(rights: Value) -> EnvironmentPermissions {
    let payload = json!({"collections": {"companies": {"actions": {"Archive": rights}}}}).to_string();
    EnvironmentPermissions::from_json(payload.as_bytes()).unwrap()
}

fn users() -> Users {
    let user = |id: u64, role: Option<u64>| json!({"id": id, "email": "a@example.com", "roleId": role});
    let payload = json!([user(1, Some(10)), user(2, Some(10)), user(3, Some(20)), user(4, None)]).to_string();
    Users::from_json(payload.as_bytes()).unwrap()
}

fn of_server(rights: Value) -> Vec<String> {
    let environment = environment(rights);
    let facts = RightsFacts::Server(&environment, Some(Holders::of(&users())));
    lines(&findings(archive(), None, &facts))
}

#[test]
fn an_action_is_told_with_the_roles_that_may_run_it() {
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
fn app_04_an_approval_is_told_with_who_needs_it_and_who_may_give_it() {
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
            "ok action: role 10 (2 users); approval needed, by whoever asks for it",
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
        let environment = EnvironmentPermissions::from_json(payload.to_string().as_bytes()).unwrap();
        let found = findings(archive(), None, &RightsFacts::Server(&environment, None));
        assert_eq!(
            lines(&found),
            ["PROBLEM action: not known to the permissions, so it is refused to everybody"]
        );
    }
    let development = EnvironmentPermissions::from_json(b"true").unwrap();
    let found = findings(archive(), None, &RightsFacts::Server(&development, None));
    assert_eq!(lines(&found), ["ok action: everybody (environment for development)"]);
}

#[test]
fn per_18_an_unprotected_action_is_marked_with_its_place() {
    let rights = LocalRights::default();
    let found = findings(&ACTIONS, None, &RightsFacts::Local(&rights));
    assert_eq!(
        lines(&found),
        [
            "ok action: every role",
            "warning action: unprotected: every logged-in user may run it, whatever their role",
        ]
    );
    assert_eq!(found[1].subject.as_deref(), Some("companies: Ping"));
    assert!(
        found[1].advice.as_deref().unwrap().contains("src/companies.rs:12"),
        "{found:?}"
    );
}

#[test]
fn local_roles_are_told_by_what_they_may_not() {
    let denied = |role: &str| RoleRights {
        role: role.to_owned(),
        denied: [("companies".to_owned(), "Archive".to_owned())].into(),
        ..RoleRights::default()
    };
    let rights = LocalRights(vec![denied("Support"), RoleRights::default(), denied("Guest")]);
    let found = findings(archive(), None, &RightsFacts::Local(&rights));
    assert_eq!(lines(&found), ["ok action: every role but Guest, Support"]);
}

#[test]
fn sch_06_the_committed_file_comes_before_the_rights() {
    let schema = |actions: &[(&str, &str)]| {
        let actions = actions.iter().map(|(name, endpoint)| Action::new(*name, *endpoint));
        Schema::new(Meta::new("l", "1")).collection(actions.fold(Collection::new("companies"), Collection::action))
    };
    let rights = LocalRights::default();
    let told = |difference: &SchemaDiff| lines(&findings(archive(), Some(difference), &RightsFacts::Local(&rights)));
    let archive = ("Archive", "/forest/actions/archive");
    assert_eq!(
        told(&schema(&[archive]).diff(&schema(&[("Old", "/forest/actions/old")]))),
        [
            "PROBLEM action: in the code and not in the schema file: the back office does not show it",
            "PROBLEM action: in the schema file and not in the code: the back office shows it, and running it answers 404",
        ]
    );
    assert_eq!(
        told(&schema(&[archive]).diff(&schema(&[("Archive", "/forest/actions/old")]))),
        ["warning action: `endpoint` is not the same in the schema file and in the code"]
    );
}
