//! The program whose action is measured, and the loop by hand.

use std::time::{Duration, Instant};

use actix_web::{App, web};
use forest_actions::prelude::*;
use forest_actions::records::SqlRecords;
use forest_actions::runs::{RunRow, Runs};
use forest_actions::{Forest, ForestBuilder};
use forest_actions_benchmarks::Outcome;
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use sqlx::{ConnectOptions as _, PgPool, Row as _};

use crate::workers::Workers;

const SECRET: &str = "a secret of the benchmark, known to everybody who reads it";
const TOUCH: &str = "UPDATE accounts SET touched = touched + 1 WHERE id = ANY($1)";

#[derive(ActionForm)]
struct Touch {
    chunk: u32,
    /// Makes the request another one than the last.
    round: String,
}

#[smart_action(collection = "accounts", name = "Touch", background, wait = "0ms")]
async fn touch(selection: Selection, form: Form<Touch>, pool: web::Data<PgPool>) -> ActionResult {
    let mut chunks = selection.chunks::<i64>(form.chunk as usize);
    while let Some(ids) = chunks.try_next().await? {
        sqlx::query(TOUCH).bind(ids).execute(&**pool).await?;
    }
    Ok(success(form.round.clone()))
}

/// The builder that the measuring process and the workers share.
pub(crate) async fn builder(pool: &PgPool, runs: Runs) -> Outcome<ForestBuilder> {
    Ok(Forest::builder()
        .actions(actions![touch])
        .auth_secret(SECRET)
        .records(SqlRecords::postgres(pool.clone()).await?)
        .schema_file(false)
        .runs(runs))
}

/// What the runs of one round took.
pub(crate) struct Measured {
    pub(crate) per_second: f64,
    /// Of the worker that grew most, in MiB.
    pub(crate) growth: f64,
}

pub(crate) struct Program {
    pool: PgPool,
    url: String,
    forest: Forest,
    rows: u64,
    chunk: u64,
}

impl Program {
    pub(crate) async fn create(pool: &PgPool, rows: u64, chunk: u64) -> Outcome<Self> {
        let sql = format!(
            "CREATE TABLE accounts (id BIGINT PRIMARY KEY, touched BIGINT NOT NULL, note TEXT NOT NULL) WITH (fillfactor = 50);
             INSERT INTO accounts SELECT n, 0, 'A note that makes a row as wide as usual.' FROM generate_series(1, {rows}) AS n"
        );
        sqlx::raw_sql(sqlx::AssertSqlSafe(sql)).execute(pool).await?;
        let forest = builder(pool, Runs::postgres(pool.clone())).await?.start().await?;
        Ok(Self {
            pool: pool.clone(),
            url: pool.connect_options().to_url_lossy().to_string(),
            forest,
            rows,
            chunk,
        })
    }

    /// The same room for both sides.
    async fn clean(&self) -> Outcome {
        sqlx::raw_sql("VACUUM ANALYZE accounts; CHECKPOINT")
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    /// Records per second of the loop by hand.
    pub(crate) async fn by_hand(&self) -> Outcome<f64> {
        self.clean().await?;
        let began = Instant::now();
        let mut rows = sqlx::query("SELECT id FROM accounts ORDER BY id").fetch(&self.pool);
        let mut ids: Vec<i64> = Vec::new();
        loop {
            let row = rows.try_next().await?;
            let is_last = row.is_none();
            if let Some(row) = row {
                ids.push(row.try_get(0)?);
            }
            if ids.len() as u64 == self.chunk || (is_last && !ids.is_empty()) {
                sqlx::query(TOUCH)
                    .bind(std::mem::take(&mut ids))
                    .execute(&self.pool)
                    .await?;
            }
            if is_last {
                break;
            }
        }
        Ok(self.rows as f64 / began.elapsed().as_secs_f64())
    }

    /// Records per second of this many workers, each with a run over its part of the rows.
    pub(crate) async fn runs(&self, count: usize) -> Outcome<Measured> {
        self.clean().await?;
        let workers = Workers::start(&self.url, count)?;
        let part = self.rows / count as u64;
        let began = Instant::now();
        let mut ids = Vec::new();
        for number in 0..count as u64 {
            ids.push(self.submit((number * part + 1)..=((number + 1) * part)).await?);
        }
        for id in &ids {
            let run = self.when(id, |run| run.status.is_final()).await?;
            if run.succeeded != part {
                return Err(format!("a run ended with {run:?}").into());
            }
        }
        let seconds = began.elapsed().as_secs_f64();
        Ok(Measured {
            per_second: (part * count as u64) as f64 / seconds,
            growth: workers.growth()?,
        })
    }

    /// Milliseconds from a cancellation to the end of the run.
    pub(crate) async fn cancel(&self) -> Outcome<u128> {
        let _workers = Workers::start(&self.url, 1)?;
        let id = self.submit(1..=self.rows).await?;
        self.when(&id, |run| run.processed > 0).await?;
        let began = Instant::now();
        self.post(&format!("/forest/_runs/{id}/cancel"), &json!({})).await?;
        self.when(&id, |run| run.status.is_final()).await?;
        Ok(began.elapsed().as_millis())
    }

    /// Milliseconds from the end of a worker to the attempt of the next one.
    pub(crate) async fn take_over(&self) -> Outcome<u128> {
        let first = Workers::start(&self.url, 1)?;
        let id = self.submit(1..=self.rows).await?;
        self.when(&id, |run| run.processed > 0).await?;
        let _second = Workers::start(&self.url, 1)?;
        drop(first);
        let began = Instant::now();
        self.when(&id, |run| run.attempt == 2).await?;
        let time = began.elapsed().as_millis();
        self.post(&format!("/forest/_runs/{id}/cancel"), &json!({})).await?;
        self.when(&id, |run| run.status.is_final()).await?;
        Ok(time)
    }

    async fn submit(&self, ids: std::ops::RangeInclusive<u64>) -> Outcome<String> {
        let bounds = [("greater_than", ids.start() - 1), ("less_than", ids.end() + 1)];
        let conditions = bounds.map(|(operator, value)| json!({"field": "id", "operator": operator, "value": value}));
        // a run over all rows has no filter, as when an operator selects all
        let query = match ids.end() - ids.start() + 1 == self.rows {
            true => json!({"timezone": "UTC"}),
            false => {
                let filters = json!({"aggregator": "and", "conditions": conditions}).to_string();
                json!({"timezone": "UTC", "filters": filters})
            }
        };
        let round = format!("{ids:?} {:?}", Instant::now());
        let body = json!({"data": {"attributes": {
            "collection_name": "accounts", "ids": [], "all_records": true, "all_records_subset_query": query,
            "values": {"chunk": self.chunk, "round": round},
        }}});
        let answer = self.post("/forest/actions/touch?timezone=UTC", &body).await?;
        let id = answer["run"]["id"].as_str();
        Ok(id.ok_or_else(|| format!("no run: {answer}"))?.to_owned())
    }

    async fn post(&self, uri: &str, body: &Value) -> Outcome<Value> {
        let app = App::new()
            .app_data(web::Data::new(self.pool.clone()))
            .configure(self.forest.routes());
        let app = actix_web::test::init_service(app).await;
        let request = actix_web::test::TestRequest::post()
            .uri(uri)
            .peer_addr(([127, 0, 0, 1], 3310).into())
            .insert_header(("authorization", format!("Bearer {}", self.forest.local_token(1)?)))
            .set_json(body);
        let answer = actix_web::test::call_and_read_body(&app, request.to_request()).await;
        Ok(serde_json::from_slice(&answer)?)
    }

    async fn when(&self, id: &str, is_met: impl Fn(&RunRow) -> bool) -> Outcome<RunRow> {
        loop {
            let run = self.forest.find_run(id).await?.ok_or("the run is gone")?;
            if is_met(&run) {
                return Ok(run);
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
}
