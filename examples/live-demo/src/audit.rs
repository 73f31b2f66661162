//! The audit trail of the demo: in a file next to that of the records, or in the schema `forest` of PostgreSQL.

use std::path::Path;

use anyhow::{Context as _, bail};
use forest_actions::ForestBuilder;
use forest_actions::audit::Audit;
use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use crate::database::Engine;

/// How runs are recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Recording {
    Normal,
    Strict,
    Off,
}

impl Recording {
    /// Reads `FOREST_AUDIT`.
    ///
    /// # Errors
    /// Another word.
    pub(crate) fn read(text: Option<&str>) -> anyhow::Result<Self> {
        match text {
            None | Some("normal") => Ok(Self::Normal),
            Some("strict") => Ok(Self::Strict),
            Some("off") => Ok(Self::Off),
            Some(other) => bail!("FOREST_AUDIT must be `strict`, `normal` or `off`, found `{other}`"),
        }
    }
}

/// The agent with the trail of this database, as the collection `forest_audit` too.
///
/// # Errors
/// The trail cannot be opened.
pub(crate) async fn recorded(agent: ForestBuilder, engine: &Engine, mode: Recording) -> anyhow::Result<ForestBuilder> {
    if mode == Recording::Off {
        return Ok(agent);
    }
    let audit = match engine {
        Engine::Sqlite(records) => Audit::sqlite(beside(records).await?),
        Engine::Postgres { pool, .. } => Audit::postgres(pool.clone()),
    };
    let audit = audit.browsable().await.context("cannot open the audit trail")?;
    Ok(agent.audit(match mode {
        Recording::Strict => audit.strict(),
        Recording::Normal | Recording::Off => audit,
    }))
}

/// A database of its own, because SQLite has one writer at a time: `live-demo.sqlite` has `live-demo.audit.sqlite` beside it.
async fn beside(records: &sqlx::SqlitePool) -> anyhow::Result<sqlx::SqlitePool> {
    let options = records.connect_options();
    let own = match options.get_filename() {
        path if path.is_file() => SqliteConnectOptions::new().filename(path.with_extension(extension(path))),
        // records in memory
        _ => SqliteConnectOptions::new().in_memory(true),
    };
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .idle_timeout(None)
        .max_lifetime(None);
    let pool = pool.connect_with(own.create_if_missing(true)).await;
    pool.context("cannot open the database of the audit trail")
}

fn extension(path: &Path) -> String {
    let own = path
        .extension()
        .map(|extension| extension.to_string_lossy().into_owned());
    format!("audit.{}", own.as_deref().unwrap_or("sqlite"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::{TestRequest, call_and_read_body_json, init_service};
    use actix_web::{App, web};
    use forest_actions::Forest;
    use serde_json::{Value, json};

    use super::*;
    use crate::database::Database;
    use crate::settings::{declared, with_records};

    #[actix_web::test]
    async fn runs_are_recorded_beside_the_records_and_can_be_browsed() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/demo.sqlite", directory.path().display());
        let database = web::Data::new(Database::open(&url).await.unwrap());
        let records = crate::collections::records(database.engine()).await.unwrap();
        let agent = with_records(declared(Forest::builder()), records, "sqlite").schema_file(false);
        let agent = crate::runs::kept(agent, database.engine()).await.unwrap();
        let forest = recorded(agent, database.engine(), Recording::Strict)
            .await
            .unwrap()
            .start()
            .await
            .unwrap();
        assert!(directory.path().join("demo.audit.sqlite").exists());
        let app = init_service(App::new().app_data(database.clone()).configure(forest.routes())).await;
        let bearer = format!("Bearer {}", forest.local_token(1).unwrap());
        let request = |request: TestRequest| {
            let peer = "127.0.0.1:4000".parse().unwrap();
            request
                .peer_addr(peer)
                .insert_header(("host", "localhost"))
                .insert_header(("authorization", bearer.as_str()))
        };
        let body = json!({"data": {"attributes": {"ids": ["2"]}}});
        let run = request(TestRequest::post().uri("/forest/actions/mark-as-live"))
            .set_json(body)
            .to_request();
        let _: Value = call_and_read_body_json(&app, run).await;
        let history = request(TestRequest::get().uri("/forest/_audit-trail/companies/2")).to_request();
        let history: Value = call_and_read_body_json(&app, history).await;
        assert_eq!(history["data"][0]["actionName"], "Mark as Live", "{history}");
        let count = request(TestRequest::get().uri("/forest/forest_audit/count")).to_request();
        let count: Value = call_and_read_body_json(&app, count).await;
        assert_eq!(count, json!({"count": 1}));
    }

    #[test]
    fn another_mode_is_reported() {
        assert_eq!(Recording::read(Some("strict")).unwrap(), Recording::Strict);
        assert!(
            Recording::read(Some("loud"))
                .unwrap_err()
                .to_string()
                .contains("FOREST_AUDIT")
        );
    }
}
