//! What the submission of a run adds to a request, on SQLite.

use std::time::Instant;

use actix_web::{App, test};
use forest_actions::Forest;
use forest_actions::prelude::*;
use forest_actions::records::SqlRecords;
use forest_actions::runs::Runs;
use forest_actions_benchmarks::{Outcome, Spread};
use serde_json::json;
use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};

#[derive(ActionForm)]
struct Count {
    number: u64,
}

#[smart_action(collection = "notes", name = "Count")]
async fn count(selection: Selection, form: Form<Count>) -> ActionResult {
    Ok(success(format!("{} {}", selection.count().await?, form.number)))
}

#[smart_action(collection = "notes", name = "Count later", background, wait = "0ms")]
async fn count_later(selection: Selection, form: Form<Count>) -> ActionResult {
    Ok(success(format!("{} {}", selection.count().await?, form.number)))
}

/// The medians of an action in the request and of its submission, in microseconds. Nothing carries out the runs.
pub(crate) async fn measure(rounds: u64) -> Outcome<(u64, u64)> {
    let directory = tempfile::tempdir()?;
    let options = SqliteConnectOptions::new()
        .filename(directory.path().join("notes.sqlite"))
        .journal_mode(SqliteJournalMode::Wal)
        .create_if_missing(true);
    let pool = SqlitePool::connect_with(options).await?;
    sqlx::raw_sql("CREATE TABLE notes (id INTEGER PRIMARY KEY); INSERT INTO notes VALUES (1), (2), (3)")
        .execute(&pool)
        .await?;
    let forest = Forest::builder()
        .actions(actions![count, count_later])
        .records(SqlRecords::sqlite(pool.clone()).await?)
        .schema_file(false)
        .runs(Runs::sqlite(pool))
        .start()
        .await?;
    let token = forest.local_token(1)?;
    let app = test::init_service(App::new().configure(forest.routes())).await;
    let mut times = [Vec::new(), Vec::new()];
    for number in 0..=rounds {
        for (path, times) in ["count", "count-later"].iter().zip(&mut times) {
            let request = test::TestRequest::post()
                .uri(&format!("/forest/actions/{path}?timezone=UTC"))
                .peer_addr(([127, 0, 0, 1], 3310).into())
                .insert_header(("authorization", format!("Bearer {token}")))
                .set_json(json!({"data": {"attributes": {
                    "collection_name": "notes", "ids": [], "all_records": true,
                    "all_records_subset_query": {"timezone": "UTC"}, "values": {"number": number},
                }}}))
                .to_request();
            let began = Instant::now();
            let answer = test::call_service(&app, request).await;
            let time = began.elapsed().as_secs_f64() * 1e6;
            if !answer.status().is_success() {
                return Err(format!("{path} was answered with {}", answer.status()).into());
            }
            // the first one fills caches
            if number > 0 {
                times.push(time);
            }
        }
    }
    let [foreground, background] = times.map(|times| Spread::of(&times).median.round() as u64);
    Ok((foreground, background))
}
