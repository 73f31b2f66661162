//! Gathers the facts of a diagnosis, all at once where they do not depend on each other, and hands them on.
//!
//! Owns what is asked. Each question is bounded by the request timeout and by the client's limits, and none changes
//! anything. What the answers mean is decided by the modules beside it.

use secrecy::ExposeSecret as _;

use super::actions::{self, RightsFacts};
use super::agent::{self, AgentFacts, SchemaFileState};
use super::explain::{Explanation, Question};
use super::finding::Diagnosis;
use crate::config::Environment;
use crate::http::Shared;
use crate::local::LocalUser;
use crate::response::chain_of;
use crate::rights::Rights;
use crate::schema::{Schema, SchemaDiff};

/// Looks at everything.
pub(crate) async fn diagnose(shared: &Shared) -> Diagnosis {
    #[cfg(feature = "server")]
    if let Some(connection) = &shared.connection {
        return server::diagnose(shared, connection).await;
    }
    let (file, _) = schema_file(shared).await;
    let agent = agent_facts(shared, file, None);
    let mut found = agent::findings(&agent);
    let rights = match &shared.rights {
        Rights::Local(rights) => RightsFacts::Local(rights),
        Rights::Server(_) => RightsFacts::Unknown,
    };
    found.extend(actions::findings(shared.registry.actions(), committed(&agent), &rights));
    Diagnosis::new(found)
}

/// Explains one decision.
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
    let actions = shared.registry.actions();
    let Some(descriptor) = actions
        .iter()
        .find(|known| known.collection == collection && known.name == action)
    else {
        return question.no_such_action(actions);
    };
    match &shared.rights {
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

fn agent_facts(shared: &Shared, schema: SchemaFileState, env_secret_known: Option<bool>) -> AgentFacts {
    let config = &shared.config;
    AgentFacts {
        is_local: config.is_local(),
        environment: config.environment,
        auth_secret_length: config.auth_secret.expose_secret().chars().count(),
        env_secret_known,
        is_started: shared.has_effects,
        schema_path: config.schema_path.display().to_string(),
        schema,
    }
}

/// The difference that actions are judged by: in production, where the file is what gets published.
fn committed(agent: &AgentFacts) -> Option<&SchemaDiff> {
    match &agent.schema {
        SchemaFileState::Compared(difference) if agent.environment == Environment::Production => Some(difference),
        _ => None,
    }
}

/// The schema file beside the code, and the schema that gets published, as the start determines it.
async fn schema_file(shared: &Shared) -> (SchemaFileState, Option<Schema>) {
    let config = &shared.config;
    if !config.schema_file {
        return (SchemaFileState::NotUsed, Some(shared.schema.clone()));
    }
    let path = config.schema_path.clone();
    let read = tokio::task::spawn_blocking(move || crate::schema::read(path)).await;
    let of_code = (config.environment == Environment::Development).then(|| shared.schema.clone());
    match read {
        Ok(Ok(mut file)) => {
            let difference = shared.schema.diff(&file);
            file.meta = shared.schema.meta.clone();
            (SchemaFileState::Compared(difference), Some(of_code.unwrap_or(file)))
        }
        Ok(Err(error)) => (SchemaFileState::Unreadable(chain_of(&error)), of_code),
        Err(error) => (SchemaFileState::Unreadable(error.to_string()), of_code),
    }
}

#[cfg(feature = "server")]
mod server {
    //! The same for a connected agent.

    use url::Url;

    use super::super::actions::Holders;
    use super::super::address::{self, AddressFacts};
    use super::super::connected::{self, EventsFacts, PublicationFacts, ServerFacts, env_secret_known};
    use super::{
        Diagnosis, Explanation, Question, RightsFacts, Schema, Shared, actions, agent, agent_facts, committed,
        schema_file,
    };
    use crate::connection::Connection;
    use crate::server::{OwnAddress, probe_environment, probe_own_address, probe_schema, probe_users};

    pub(super) async fn diagnose(shared: &Shared, connection: &Connection) -> Diagnosis {
        let (config, client) = (&shared.config, &*connection.client);
        let schema = async {
            let (file, schema) = schema_file(shared).await;
            let published = schema.filter(has_content);
            let is_there = match &published {
                Some(schema) => Some(probe_schema(client, schema.document().hash()).await),
                None => None,
            };
            (file, is_there)
        };
        let own_address = async {
            match address::mount(connection.login.callback()) {
                Some(mount) => probe_own_address(&mount, config.server.request_timeout).await,
                None => (OwnAddress::Nothing("that is no address".to_owned()), None),
            }
        };
        let (environment, users, (file, is_there), ip, (answer, preflight)) = futures_util::join!(
            probe_environment(client),
            probe_users(client),
            schema,
            connection.ip.status(),
            own_address,
        );
        let (failure, permissions) = match environment.outcome {
            Ok(permissions) => (None, Some(permissions)),
            Err(failure) => (Some(failure), None),
        };
        let holders = users.as_ref().ok().map(Holders::of);
        let facts = ServerFacts {
            url: without_user(&config.server_url),
            is_development: permissions.as_ref().is_some_and(|facts| facts.is_development()),
            failure,
            took: environment.took,
            request_timeout: config.server.request_timeout,
            clock: environment.clock,
            users: users.as_ref().map(|users| users.iter().count()).map_err(Clone::clone),
            ip,
            trusts_proxies: connection.trusts_proxies(),
            events: EventsFacts {
                is_wanted: config.server.events,
                state: connection.events(),
                lifetime: config.server.permissions_lifetime,
            },
            publication: PublicationFacts {
                is_there,
                is_empty: !has_content(&shared.schema),
                is_enabled: config.server.schema_upload,
                is_started: shared.has_effects,
                recorded: connection.publication.get().cloned(),
            },
        };
        let address = AddressFacts {
            environment: config.environment,
            callback: connection.login.callback().to_owned(),
            answer,
            preflight,
            origins: config
                .cors_origins
                .as_ref()
                .map(|origins| origins.iter().flat_map(|origin| origin.origins()).cloned().collect()),
        };
        let agent = agent_facts(shared, file, env_secret_known(facts.failure.as_ref()));
        let rights = match &permissions {
            Some(permissions) => RightsFacts::Server(permissions, holders),
            None => RightsFacts::Unknown,
        };
        let mut found = agent::findings(&agent);
        found.extend(connected::findings(&facts));
        found.extend(address::findings(&address));
        found.extend(actions::findings(shared.registry.actions(), committed(&agent), &rights));
        found.sort_by_key(|finding| finding.topic);
        Diagnosis::new(found)
    }

    pub(super) async fn explain(shared: &Shared, mut question: Question<'_>) -> Explanation {
        let Some(connection) = &shared.connection else {
            return question.unknown("there is no connection", "start the agent connected");
        };
        let client = &*connection.client;
        let (environment, users) = futures_util::join!(probe_environment(client), probe_users(client));
        let both = environment.outcome.and_then(|environment| Ok((environment, users?)));
        let (environment, users) = match both {
            Ok(both) => both,
            Err(failure) => return question.unknown(failure.cause(), failure.kind().hint()),
        };
        let user = users.get(&question.user_id.to_string());
        question.user = user
            .map(|user| user.email.to_string())
            .filter(|email| !email.is_empty());
        question.connected(&environment, user.map(|user| &**user))
    }

    /// The start publishes nothing that would replace everything by nothing.
    fn has_content(schema: &Schema) -> bool {
        !schema.collections.is_empty()
    }

    fn without_user(url: &str) -> String {
        match Url::parse(url) {
            Ok(mut parsed) if !parsed.username().is_empty() || parsed.password().is_some() => {
                // an http URL always takes both
                let _ = parsed.set_username("");
                let _ = parsed.set_password(None);
                parsed.to_string()
            }
            _ => url.to_owned(),
        }
    }
}
