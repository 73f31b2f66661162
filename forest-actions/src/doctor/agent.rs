//! Findings about the program itself: mode, secrets, schema file.

use super::finding::{Finding, Topic};
use super::screen::some_of;
use crate::config::Environment;
use crate::schema::SchemaDiff;
use crate::setting::UNKNOWN_SECRET_HINT;
use crate::text::excerpt;

/// A shorter secret can be found by trying, given one token.
const SHORTEST_AUTH_SECRET: usize = 32;

#[derive(Debug)]
pub(super) struct AgentFacts {
    pub(super) is_local: bool,
    pub(super) environment: Environment,
    pub(super) auth_secret_length: usize,
    /// `None` when the Forest server's answer does not depend on the environment secret.
    pub(super) env_secret_known: Option<bool>,
    /// `false` for a dry run.
    pub(super) is_started: bool,
    pub(super) schema_path: String,
    pub(super) schema: SchemaFileState,
}

#[derive(Debug)]
pub(super) enum SchemaFileState {
    NotUsed,
    /// The difference from the code.
    Compared(SchemaDiff),
    Unreadable(String),
}

pub(super) fn findings(facts: &AgentFacts) -> Vec<Finding> {
    vec![mode(facts), secrets(facts), schema_file(facts)]
}

fn mode(facts: &AgentFacts) -> Finding {
    let text = match (facts.is_local, facts.environment) {
        (true, _) => "local: no account, and only this machine is served",
        (false, Environment::Development) => "connected, development",
        (false, Environment::Production) => "connected, production",
    };
    let rest = if facts.is_started { "" } else { " (dry run)" };
    Finding::ok(Topic::Mode, format!("{text}{rest}"))
}

fn secrets(facts: &AgentFacts) -> Finding {
    if facts.is_local {
        return Finding::ok(Topic::Secrets, "no FOREST_ENV_SECRET, so the mode is local");
    }
    match facts.env_secret_known {
        Some(false) => Finding::problem(
            Topic::Secrets,
            "the Forest server knows no environment with this FOREST_ENV_SECRET",
            UNKNOWN_SECRET_HINT,
        ),
        _ if facts.auth_secret_length < SHORTEST_AUTH_SECRET => Finding::warning(
            Topic::Secrets,
            format!("FOREST_AUTH_SECRET is shorter than {SHORTEST_AUTH_SECRET} characters"),
            "set a long random text, the same for all instances; everybody then logs in again",
        ),
        Some(true) => Finding::ok(
            Topic::Secrets,
            "both are well-formed, and the Forest server knows FOREST_ENV_SECRET",
        ),
        None => Finding::ok(
            Topic::Secrets,
            "both are well-formed; the Forest server cannot confirm them now",
        ),
    }
}

fn schema_file(facts: &AgentFacts) -> Finding {
    let path = excerpt(&facts.schema_path, 200);
    let is_production = facts.environment == Environment::Production;
    match &facts.schema {
        SchemaFileState::NotUsed => Finding::ok(Topic::SchemaFile, "the schema file is switched off"),
        SchemaFileState::Unreadable(cause) if is_production => Finding::problem(
            Topic::SchemaFile,
            cause.clone(),
            "export the schema in development, commit the file, and deploy it with the program",
        ),
        SchemaFileState::Compared(difference) if is_production => committed(&path, difference),
        _ if !facts.is_started => Finding::ok(Topic::SchemaFile, format!("{path}, written at each start")),
        SchemaFileState::Compared(difference) if difference.is_empty() => {
            Finding::ok(Topic::SchemaFile, format!("{path} matches the code"))
        }
        SchemaFileState::Compared(_) => Finding::warning(
            Topic::SchemaFile,
            format!("{path} does not match the code, although it is written at each start"),
            "check that the program may write it, and that no other program does",
        ),
        SchemaFileState::Unreadable(cause) => Finding::warning(
            Topic::SchemaFile,
            cause.clone(),
            "check that the program may write it: it is written at each start",
        ),
    }
}

/// Reports differences of collections; those of actions are findings about the actions.
fn committed(path: &str, difference: &SchemaDiff) -> Finding {
    let mut collections: Vec<String> = difference
        .iter()
        .filter(|difference| difference.action.is_none())
        .map(|difference| excerpt(&difference.collection, 60))
        .collect();
    collections.dedup();
    if !collections.is_empty() {
        Finding::warning(
            Topic::SchemaFile,
            format!(
                "{path} differs from the code in the collections {}",
                some_of(&collections, 5)
            ),
            "export the schema again and commit it: the file is what gets published",
        )
    } else if difference.is_empty() {
        Finding::ok(Topic::SchemaFile, format!("{path} matches the code"))
    } else {
        Finding::ok(Topic::SchemaFile, format!("{path} was read; actions differ, see below"))
    }
}
