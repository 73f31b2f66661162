//! The start: configuration, actions, collections, schema file, report, in this order.

use std::sync::Arc;

use secrecy::ExposeSecret as _;

use super::Forest;
use super::builder::ForestBuilder;
use super::report::{report, report_difference, report_near_misses};
use crate::config::{Config, Environment};
#[cfg(feature = "server")]
use crate::connection::Connection;
use crate::error::Error;
use crate::http::{Cors, Shared};
use crate::local::{LocalRole, LocalUser};
use crate::records::RecordStore;
use crate::request::{ApprovalKeys, TokenKeys};
#[cfg(feature = "server")]
use crate::rights::ServerRights;
use crate::rights::{LocalRights, Rights};
use crate::schema::{self, Schema, WriteOutcome};

/// Starts the agent; without `effects` nothing is written, sent or reported.
pub(super) async fn start(builder: ForestBuilder, effects: bool) -> Result<Forest, Error> {
    let registry = builder.registry()?;
    let schema = builder.schema_of(&registry)?;
    let records = builder.store()?;
    let collections = builder.all_collections()?;
    let declared: Vec<&str> = collections.iter().map(|collection| collection.name.as_str()).collect();
    report_near_misses(&declared, registry.actions());
    let config = builder.settings.check()?;
    let local_users = if config.is_local() {
        with_a_user(builder.local_users)
    } else {
        Vec::new()
    };
    let mut local_roles = builder.local_roles;
    if config.is_local() {
        check_roles(&local_roles, &local_users, &schema)?;
        check_record_rules(&mut local_roles, records.as_ref())?;
    }
    #[cfg(feature = "server")]
    let connection = Connection::new(&config, builder.calls_here)?;
    #[cfg(feature = "server")]
    let rights = match &connection {
        Some(connection) => Rights::Server(ServerRights::new(
            Arc::clone(&connection.cache),
            records.as_ref().map(|records| Arc::clone(&records.models)),
            config.server.approval_cap,
        )),
        None => local_rights(local_roles),
    };
    #[cfg(not(feature = "server"))]
    let rights = local_rights(local_roles);
    let approvals = config
        .env_secret
        .as_ref()
        .map(|secret| ApprovalKeys::new(secret.expose_secret().as_bytes(), config.body_limit));
    if effects {
        let published = if config.schema_file {
            schema_file(&config, &schema).await
        } else {
            Some(schema.clone())
        };
        report(&config, registry.actions());
        #[cfg(feature = "server")]
        if let Some(connection) = &connection {
            connection.begin(&config, published);
        }
        #[cfg(not(feature = "server"))]
        drop(published);
    }
    let cors = config
        .cors_origins
        .clone()
        .map_or_else(Cors::left_to_the_host, Cors::new);
    let tokens = TokenKeys::new(config.auth_secret.expose_secret().as_bytes());
    let shared = Arc::new(Shared {
        config,
        registry,
        schema,
        tokens,
        rights,
        cors,
        records,
        clock: builder.clock,
        approvals,
        #[cfg(feature = "server")]
        connection,
        has_effects: effects,
        handlers: Arc::<crate::http::Handlers>::default(),
        #[cfg(feature = "playground")]
        told: crate::http::Told::default(),
    });
    Ok(Forest {
        shared,
        local_users: local_users.into(),
    })
}

fn local_rights(roles: Vec<LocalRole>) -> Rights {
    Rights::Local(LocalRights(roles.into_iter().map(LocalRole::into_rights).collect()))
}

/// A page without anybody to be would be a dead end.
pub(super) fn with_a_user(mut users: Vec<LocalUser>) -> Vec<LocalUser> {
    if users.is_empty() {
        users.push(LocalUser::new(1, "admin@localhost").name("Local", "Admin"));
    }
    users
}

/// A role that limits an action which does not exist limits nothing: refused rather than ignored. Two users with
/// one id could not be told apart.
fn check_roles(roles: &[LocalRole], users: &[LocalUser], schema: &Schema) -> Result<(), Error> {
    for role in roles {
        for (collection, action) in role.denied() {
            if schema.find_action(collection, action).is_none() {
                return Err(Error::Config(format!(
                    "the local role `{}` denies the action `{action}` of `{collection}`, which does not exist",
                    role.name()
                )));
            }
        }
    }
    for (index, user) in users.iter().enumerate() {
        if users.iter().skip(index + 1).any(|other| other.id() == user.id()) {
            return Err(Error::Config(format!("two local users have the id {}", user.id())));
        }
    }
    Ok(())
}

/// A scope that does not fit its collection would refuse everything, at the first request.
fn check_record_rules(roles: &mut [LocalRole], records: Option<&RecordStore>) -> Result<(), Error> {
    for role in roles {
        let rules = role.record_rules();
        let named = rules
            .scopes
            .keys()
            .chain(rules.live_queries.keys())
            .chain(&rules.not_browsed);
        for name in named {
            if records.is_none_or(|records| records.models.get(name).is_none()) {
                return Err(Error::Config(format!(
                    "the local role `{}` limits the records of `{name}`, and the record source has no such collection",
                    role.name()
                )));
            }
        }
        if let Some(records) = records {
            role.see(&records.models);
        }
    }
    Ok(())
}

/// Development writes, production reads and compares. A failure is for the log: the host keeps running
/// (SCH-07, SCH-08). Gives what is to be published: in production what the file says, under the name and version of the running
/// library (SCH-06), and nothing when it says nothing.
async fn schema_file(config: &Config, schema: &Schema) -> Option<Schema> {
    let path = config.schema_path.clone();
    let text = (config.environment == Environment::Development).then(|| schema.to_file_text());
    let shown = path.display().to_string();
    let done = tokio::task::spawn_blocking(move || match text {
        Some(text) => schema::write(&path, &text).map(|outcome| (Some(outcome), None)),
        None => schema::read(&path).map(|committed| (None, Some(committed))),
    });
    match done.await {
        Ok(Ok((Some(WriteOutcome::Written), _))) => tracing::info!(path = shown, "the schema file was written"),
        Ok(Ok((Some(WriteOutcome::Unchanged), _))) => tracing::debug!(path = shown, "the schema file is up to date"),
        Ok(Ok((None, Some(mut committed)))) => {
            tracing::info!(path = shown, "production: the committed schema file was read");
            report_difference(&schema.diff(&committed));
            committed.meta = schema.meta.clone();
            return Some(committed);
        }
        Ok(Ok((None, None))) => {}
        Ok(Err(error)) => {
            tracing::error!(path = shown, error = %crate::response::chain_of(&error), "the schema file could not be used")
        }
        Err(error) => tracing::error!(path = shown, %error, "the schema file could not be used"),
    }
    // a file that cannot be written keeps nobody from publishing what the code says
    (config.environment == Environment::Development).then(|| schema.clone())
}
