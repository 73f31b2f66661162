//! The runs of the demo in the background: in the database of its records.

use std::time::Duration;

use anyhow::Context as _;
use forest_actions::ForestBuilder;
use forest_actions::runs::Runs;

use crate::database::Engine;

/// Short, so that a demo that was killed soon goes on with its run.
const LEASE: Duration = Duration::from_secs(5);

/// The agent with the runs of this database, as the collections `forest_runs` and `forest_run_records` too.
///
/// # Errors
/// The tables of the runs cannot be made.
pub(crate) async fn kept(agent: ForestBuilder, engine: &Engine) -> anyhow::Result<ForestBuilder> {
    let runs = match engine {
        Engine::Sqlite(pool) => Runs::sqlite(pool.clone()),
        Engine::Postgres { pool, .. } => Runs::postgres(pool.clone()),
    };
    let runs = runs.lease(LEASE).browsable().await;
    Ok(agent.runs(runs.context("cannot open the tables of the runs")?))
}
