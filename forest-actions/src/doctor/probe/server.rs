//! The questions of a connected agent.

use url::Url;

use super::super::address::{self, AddressFacts};
use super::super::audit;
use super::super::connected::{self, EventsFacts, PublicationFacts, ServerFacts, env_secret_known};
use super::super::roles::{self, Holders};
use super::super::zone;
use super::{
    Diagnosis, Explanation, Question, Schema, Shared, actions, agent, agent_facts, code_findings, committed,
    schema_file, unknown_rights, with_doubts,
};
use crate::connection::Connection;
use crate::decide::facts::RenderingFacts;
use crate::server::{OwnAddress, probe_environment, probe_own_address, probe_schema, probe_users};

pub(super) async fn diagnose(shared: &Shared, connection: &Connection) -> Diagnosis {
    let (config, client) = (shared.config(), &*connection.client);
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
    let (environment, users, (file, is_there), ip, (answer, preflight), of_code) = tokio::join!(
        probe_environment(client),
        probe_users(client),
        schema,
        connection.ip.status(),
        own_address,
        code_findings(shared),
    );
    let (failure, permissions) = match environment.outcome {
        Ok(permissions) => (None, Some(permissions)),
        Err(failure) => (Some(failure), None),
    };
    let holders = users.as_ref().ok().map(Holders::new);
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
            is_empty: !has_content(shared.schema()),
            is_enabled: config.server.schema_upload,
            is_started: shared.has_effects(),
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
    let mut found = agent::findings(&agent);
    found.extend(connected::findings(&facts));
    found.extend(address::findings(&address));
    if let Some(trail) = shared.audit() {
        found.extend(audit::findings(trail, shared.actions()).await);
    }
    if config.trusted_timezone.is_none() {
        let renderings = connection.cache.known_renderings();
        let renderings: Vec<&RenderingFacts> = renderings.iter().map(|rendering| &**rendering).collect();
        found.extend(zone::finding(zone::connected(permissions.as_ref(), &renderings)));
    }
    found.extend(of_code);
    let of_actions = actions::findings(shared.actions(), committed(&agent), |action| match &permissions {
        Some(permissions) => roles::of_action(permissions, holders.as_ref(), action),
        None => unknown_rights(),
    });
    found.extend(with_doubts(shared, of_actions));
    found.sort_by_key(|finding| finding.topic);
    Diagnosis::new(found)
}

pub(super) async fn explain(shared: &Shared, mut question: Question<'_>) -> Explanation {
    let Some(connection) = shared.connection() else {
        return question.unknown("there is no connection", "start the agent connected");
    };
    let client = &*connection.client;
    let (environment, users) = tokio::join!(probe_environment(client), probe_users(client));
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

/// The start does not publish an empty schema, which would replace that of the project by nothing.
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
