use serde_json::json;

use super::super::Topic;
use super::super::agent::{AgentFacts, SchemaFileState, findings};
use super::{about, lines};
use crate::config::Environment;
use crate::schema::{Schema, SchemaDiff};

fn facts() -> AgentFacts {
    AgentFacts {
        is_local: false,
        environment: Environment::Production,
        auth_secret_length: 64,
        env_secret_known: Some(true),
        is_started: true,
        schema_path: "/srv/schema.json".to_owned(),
        schema: SchemaFileState::Compared(SchemaDiff::default()),
    }
}

fn schema(collections: &[&str]) -> Schema {
    let collections = collections.iter().map(|name| json!({"name": name}));
    crate::schema::tests::schema(collections.collect())
}

#[test]
fn a_valid_program_has_three_ok_findings() {
    assert_eq!(
        lines(&findings(&facts())),
        [
            "ok mode: connected, production",
            "ok secrets: both are well-formed, and the Forest server knows FOREST_ENV_SECRET",
            "ok schema: /srv/schema.json matches the code",
        ]
    );
    let local = AgentFacts {
        is_local: true,
        environment: Environment::Development,
        // local mode does not judge the secret
        auth_secret_length: 3,
        env_secret_known: None,
        is_started: false,
        schema: SchemaFileState::Unreadable("missing".to_owned()),
        ..facts()
    };
    assert_eq!(
        lines(&findings(&local)),
        [
            "ok mode: local: no account, and only this machine is served (dry run)",
            "ok secrets: no FOREST_ENV_SECRET, so the mode is local",
            "ok schema: /srv/schema.json, written at each start",
        ]
    );
}

#[test]
fn secrets_are_judged_by_form_and_by_the_servers_answer() {
    for (length, known, expected) in [
        (
            64,
            Some(false),
            "PROBLEM secrets: the Forest server knows no environment with this FOREST_ENV_SECRET",
        ),
        (
            5,
            Some(false),
            "PROBLEM secrets: the Forest server knows no environment with this FOREST_ENV_SECRET",
        ),
        (
            31,
            Some(true),
            "warning secrets: FOREST_AUTH_SECRET is shorter than 32 characters",
        ),
        (
            31,
            None,
            "warning secrets: FOREST_AUTH_SECRET is shorter than 32 characters",
        ),
        (
            32,
            None,
            "ok secrets: both are well-formed; the Forest server cannot confirm them now",
        ),
    ] {
        let facts = AgentFacts {
            auth_secret_length: length,
            env_secret_known: known,
            ..facts()
        };
        assert_eq!(about(&findings(&facts), Topic::Secrets), expected);
    }
}

#[test]
fn sch_06_the_schema_file_is_judged_by_its_writer() {
    use Environment::{Development, Production};
    let differs = || SchemaFileState::Compared(schema(&["a", "b"]).diff(&schema(&["b", "c"])));
    let unreadable = || SchemaFileState::Unreadable("it is empty".to_owned());
    for (environment, is_started, state, expected) in [
        (Production, true, unreadable(), "PROBLEM schema: it is empty"),
        (Production, false, unreadable(), "PROBLEM schema: it is empty"),
        (Development, true, unreadable(), "warning schema: it is empty"),
        (
            Development,
            false,
            unreadable(),
            "ok schema: /srv/schema.json, written at each start",
        ),
        (
            Production,
            true,
            differs(),
            "warning schema: /srv/schema.json differs from the code in the collections a, c",
        ),
        (
            Development,
            true,
            differs(),
            "warning schema: /srv/schema.json does not match the code, although it is written at each start",
        ),
        (
            Development,
            false,
            differs(),
            "ok schema: /srv/schema.json, written at each start",
        ),
        (
            Production,
            true,
            SchemaFileState::NotUsed,
            "ok schema: the schema file is switched off",
        ),
    ] {
        let facts = AgentFacts {
            environment,
            is_started,
            schema: state,
            ..facts()
        };
        assert_eq!(about(&findings(&facts), Topic::SchemaFile), expected);
    }
}

#[test]
fn differences_of_actions_are_left_to_the_actions() {
    let action = json!({"name": "Archive", "endpoint": "/forest/actions/archive"});
    let with = crate::schema::tests::schema(json!([{"name": "a", "actions": [action]}]));
    let facts = AgentFacts {
        schema: SchemaFileState::Compared(with.diff(&schema(&["a"]))),
        ..facts()
    };
    assert_eq!(
        about(&findings(&facts), Topic::SchemaFile),
        "ok schema: /srv/schema.json was read; actions differ, see below"
    );
}
