use serde_json::{Value, json};

use super::super::actions::{findings, locally};
use super::lines;
use crate::declare::{ActionDescriptor, ActionKind};
use crate::rights::{LocalRights, RoleRights};
use crate::schema::SchemaDiff;
use crate::schema::tests::schema;

pub(super) const ARCHIVE: ActionDescriptor =
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

#[test]
fn per_18_an_unprotected_action_is_marked_with_its_place() {
    let rights = LocalRights::default();
    let found = findings(&ACTIONS, None, |action| locally(&rights, action));
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
fn local_roles_are_listed_by_denials() {
    let denied = |role: &str| RoleRights {
        role: role.to_owned(),
        denied: [("companies".to_owned(), "Archive".to_owned())].into(),
        ..RoleRights::default()
    };
    let rights = LocalRights(vec![denied("Support"), RoleRights::default(), denied("Guest")]);
    let found = findings(archive(), None, |action| locally(&rights, action));
    assert_eq!(lines(&found), ["ok action: every role but Guest, Support"]);
}

#[test]
fn sch_06_the_committed_file_comes_before_the_rights() {
    let schema = |actions: &[(&str, &str)]| {
        let actions = actions
            .iter()
            .map(|(name, endpoint)| json!({"name": name, "endpoint": endpoint}));
        schema(json!([{"name": "companies", "actions": actions.collect::<Value>()}]))
    };
    let rights = LocalRights::default();
    let found = |difference: &SchemaDiff| {
        lines(&findings(archive(), Some(difference), |action| {
            locally(&rights, action)
        }))
    };
    let archive = ("Archive", "/forest/actions/archive");
    assert_eq!(
        found(&schema(&[archive]).diff(&schema(&[("Old", "/forest/actions/old")]))),
        [
            "PROBLEM action: in the code and not in the schema file: the back office does not show it",
            "PROBLEM action: in the schema file and not in the code: the back office shows it, and running it answers 404",
        ]
    );
    assert_eq!(
        found(&schema(&[archive]).diff(&schema(&[("Archive", "/forest/actions/old")]))),
        ["warning action: `endpoint` is not the same in the schema file and in the code"]
    );
}
