//! Gathers the facts of a diagnosis, concurrently where they do not depend on each other. Each question is bounded by the request timeout and by the client's limits, and none changes anything.

#[cfg(feature = "server")]
mod server;

use secrecy::ExposeSecret as _;

use super::actions;
use super::agent::{self, AgentFacts, SchemaFileState};
use super::audit;
use super::code;
use super::explain::{Explanation, Question};
use super::finding::{Diagnosis, Finding, Topic};
use super::zone;
use crate::config::Environment;
use crate::http::Shared;
use crate::local::LocalUser;
use crate::response::chain_of;
use crate::rights::Rights;
use crate::schema::{Schema, SchemaDiff};

pub(crate) async fn diagnose(shared: &Shared) -> Diagnosis {
    #[cfg(feature = "server")]
    if let Some(connection) = shared.connection() {
        return server::diagnose(shared, connection).await;
    }
    let (file, _) = schema_file(shared).await;
    let agent = agent_facts(shared, file, None);
    let mut found = agent::findings(&agent);
    if let Some(trail) = shared.audit() {
        found.extend(audit::findings(trail, shared.actions()).await);
    }
    if let (Rights::Local(rights), None) = (shared.rights(), shared.config().trusted_timezone) {
        found.extend(zone::finding(zone::locally(rights)));
    }
    found.extend(code_findings(shared).await);
    let of_actions = actions::findings(shared.actions(), committed(&agent), |action| match shared.rights() {
        Rights::Local(rights) => actions::locally(rights, action),
        Rights::Server(_) => unknown_rights(),
    });
    found.extend(with_doubts(shared, of_actions));
    Diagnosis::new(found)
}

/// The record source and the linked crates.
async fn code_findings(shared: &Shared) -> [Finding; 2] {
    let source = match shared.records() {
        None => None,
        Some(store) => {
            let answer = store.source.ping().await;
            let answer = answer.map_err(|error| crate::response::ActionError::from(error).chain());
            Some((store.models.iter().count(), answer))
        }
    };
    [code::records(source), code::crates(shared.actions())]
}

fn with_doubts(shared: &Shared, findings: Vec<Finding>) -> Vec<Finding> {
    code::with_doubts(findings, shared.actions(), shared.doubts(), shared.described())
}

pub(crate) async fn explain(
    shared: &Shared,
    local_users: &[LocalUser],
    user_id: u64,
    collection: &str,
    action: &str,
) -> Explanation {
    let local_user = local_users.iter().find(|user| user.id() == user_id);
    let question = Question {
        user_id,
        user: local_user.map(ToString::to_string),
        collection,
        action,
    };
    let actions = shared.actions();
    let Some(descriptor) = actions
        .iter()
        .find(|known| known.collection == collection && known.name == action)
    else {
        return question.no_such_action(actions);
    };
    match shared.rights() {
        Rights::Local(rights) => match local_user {
            None => question.no_local_user(),
            Some(_) if !descriptor.protected => question.unprotected(descriptor),
            Some(user) => question.locally(user.role_name(), rights.may_trigger(descriptor, user.role_name())),
        },
        #[cfg(feature = "server")]
        Rights::Server(_) if !descriptor.protected => question.unprotected(descriptor),
        #[cfg(feature = "server")]
        Rights::Server(_) => server::explain(shared, question).await,
        #[cfg(not(feature = "server"))]
        Rights::Server(rights) => match rights.never() {},
    }
}

fn unknown_rights() -> Finding {
    Finding::ok(Topic::Action, "declared; the roles that may run it are unknown now")
}

fn agent_facts(shared: &Shared, schema: SchemaFileState, env_secret_known: Option<bool>) -> AgentFacts {
    let config = shared.config();
    AgentFacts {
        is_local: config.is_local(),
        environment: config.environment,
        auth_secret_length: config.auth_secret.expose_secret().chars().count(),
        env_secret_known,
        is_started: shared.has_effects(),
        schema_path: config.schema_path.display().to_string(),
        schema,
    }
}

/// The difference that actions are judged by: in production, where the file is published.
fn committed(agent: &AgentFacts) -> Option<&SchemaDiff> {
    match &agent.schema {
        SchemaFileState::Compared(difference) if agent.environment == Environment::Production => Some(difference),
        _ => None,
    }
}

/// Compares the schema file with the code, and returns the schema that the start publishes.
async fn schema_file(shared: &Shared) -> (SchemaFileState, Option<Schema>) {
    let config = shared.config();
    if !config.schema_file {
        return (SchemaFileState::NotUsed, Some(shared.schema().clone()));
    }
    let path = config.schema_path.clone();
    let read = tokio::task::spawn_blocking(move || crate::schema::read(path)).await;
    let of_code = (config.environment == Environment::Development).then(|| shared.schema().clone());
    match read {
        Ok(Ok(mut file)) => {
            let difference = shared.schema().diff(&file);
            file.meta = shared.schema().meta.clone();
            (SchemaFileState::Compared(difference), Some(of_code.unwrap_or(file)))
        }
        Ok(Err(error)) => (SchemaFileState::Unreadable(chain_of(&error)), of_code),
        Err(error) => (SchemaFileState::Unreadable(error.to_string()), of_code),
    }
}
