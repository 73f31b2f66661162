//! Starts a planned agent: connection, rights, schema file and report.

use std::sync::Arc;

use super::Forest;
use super::plan::{Catalogue, Plan};
use super::report::{report, report_audit, report_charts, report_difference, report_doubts, report_near_misses};
use crate::audit::AuditTrail;
use crate::clock::Clock;
use crate::config::{Config, Environment};
#[cfg(feature = "server")]
use crate::connection::Connection;
use crate::error::Error;
use crate::http::{Setup, Shared};
use crate::records::RecordStore;
use crate::response::Words;
use crate::rights::Rights;
#[cfg(feature = "server")]
use crate::rights::ServerRights;
use crate::runs::RunSettings;
use crate::schema::{self, Schema, WriteOutcome};
use crate::text::one_line;

/// The parts of an agent that the program gives it.
pub(super) struct Own {
    pub(super) clock: Clock,
    pub(super) texts: Words,
    pub(super) audit: Option<Arc<AuditTrail>>,
    pub(super) runs: Option<RunSettings>,
}

/// Starts the agent; without `effects` nothing is written, sent or reported. `calls_here` is for tests.
pub(super) async fn start(plan: Plan, own: Own, calls_here: bool, effects: bool) -> Result<Forest, Error> {
    let Plan {
        config,
        catalogue,
        local,
    } = plan;
    check_source(catalogue.store.as_ref()).await?;
    let local_users = local.users.clone().into();
    #[cfg(feature = "server")]
    let connection = Connection::new(&config, calls_here)?;
    #[cfg(feature = "server")]
    let rights = match &connection {
        Some(connection) => Rights::Server(ServerRights::new(
            Arc::clone(&connection.cache),
            config.server.approval_cap,
        )),
        None => Rights::Local(local.into_rights()),
    };
    #[cfg(not(feature = "server"))]
    let (rights, _) = (Rights::Local(local.into_rights()), calls_here);
    if effects {
        let published = schema_file(&config, &catalogue.schema).await;
        report_near_misses(&catalogue.described, catalogue.registry.actions());
        report_doubts(&catalogue.doubts);
        report(&config, catalogue.registry.actions());
        report_charts(&catalogue.charts, &catalogue.described);
        if let Some(audit) = &own.audit {
            report_audit(audit, catalogue.registry.actions());
            audit.retain();
        }
        #[cfg(feature = "server")]
        if let Some(connection) = &connection {
            connection.begin(&config, published);
        }
        #[cfg(not(feature = "server"))]
        drop(published);
    }
    let Catalogue {
        registry,
        charts,
        store,
        schema,
        described,
        doubts,
    } = catalogue;
    let shared = Arc::new(Shared::new(Setup {
        config,
        registry,
        charts,
        schema,
        rights,
        records: store,
        described,
        doubts,
        clock: own.clock,
        texts: own.texts,
        audit: own.audit,
        runs: own.runs,
        #[cfg(feature = "server")]
        connection,
        has_effects: effects,
    }));
    Ok(Forest { shared, local_users })
}

/// Asks the record source to check what its collections do not show. A source that does not answer is no mistake.
async fn check_source(store: Option<&RecordStore>) -> Result<(), Error> {
    let Some(store) = store else { return Ok(()) };
    match store.source.check().await {
        Ok(problems) if problems.is_empty() => Ok(()),
        Ok(problems) => Err(Error::RecordSource(problems)),
        Err(error) => {
            let error = one_line(crate::response::ActionError::from(error).chain());
            tracing::warn!(error, "the record source could not be checked at start");
            Ok(())
        }
    }
}

/// Writes the schema file in development; reads it in production and compares it with the code. A failure is logged, and the
/// host keeps running (SCH-07, SCH-08).
///
/// Returns the schema to publish: in production that of the file, under the name and version of the running library
/// (SCH-06), and `None` when the file cannot be read.
async fn schema_file(config: &Config, schema: &Schema) -> Option<Schema> {
    if !config.schema_file {
        return Some(schema.clone());
    }
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
            tracing::error!(
                path = shown,
                error = crate::response::chain_of(&error),
                "the schema file could not be used"
            )
        }
        Err(error) => tracing::error!(
            path = shown,
            error = one_line(&error),
            "the schema file could not be used"
        ),
    }
    // the schema of the code can be published although its file cannot be written
    (config.environment == Environment::Development).then(|| schema.clone())
}
