//! "Recalculate balances": a run in the background, whose effect and progress are committed together.

use forest_actions::Run;
use forest_actions::prelude::*;
use futures_util::TryStreamExt as _;
use sqlx::AssertSqlSafe;

use crate::database::{Database, Engine, placeholders};

/// Companies of one transaction.
const CHUNK: usize = 200;

#[smart_action(collection = "companies", name = "Recalculate balances", background)]
async fn recalculate_balances(companies: Selection, db: web::Data<Database>, run: Run) -> ActionResult {
    let mut count = 0;
    let mut chunks = companies.chunks::<i64>(CHUNK);
    while let Some(ids) = chunks.try_next().await? {
        let update = format!(
            "UPDATE companies SET balance_cents = \
             (SELECT coalesce(sum(amount_cents), 0) FROM transactions WHERE beneficiary_company_id = companies.id) - \
             (SELECT coalesce(sum(amount_cents), 0) FROM transactions WHERE emitter_company_id = companies.id) \
             WHERE id IN ({})",
            placeholders(ids.len())
        );
        macro_rules! commit {
            ($pool:expr) => {{
                let mut transaction = $pool.begin().await?;
                let mut update = sqlx::query(AssertSqlSafe(update));
                for id in &ids {
                    update = update.bind(*id);
                }
                update.execute(&mut *transaction).await?;
                run.checkpoint_in(&mut transaction).await?;
                transaction.commit().await?;
            }};
        }
        match db.engine() {
            Engine::Sqlite(pool) => commit!(pool),
            Engine::Postgres { pool, .. } => commit!(pool),
        }
        count += ids.len();
        run.progress(format!("up to company {}", ids.last().copied().unwrap_or_default()))
            .await;
    }
    if run.is_cancelled() {
        return Ok(success("Stopped: the other companies keep the balances that they had."));
    }
    let count = run.total().unwrap_or(count as u64);
    Ok(success(format!("The balances of {count} companies are up to date.")))
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use actix_web::App;
    use actix_web::test::{TestRequest, call_and_read_body_json, init_service};
    use forest_actions::Forest;
    use forest_actions::runs::RunRow;
    use serde_json::{Value, json};

    use crate::collections;
    use crate::database::{Database, testing};
    use crate::runs::kept;
    use crate::settings::{declared, with_records};

    use super::*;

    async fn program(db: &web::Data<Database>) -> Forest {
        let records = collections::records(db.engine()).await.unwrap();
        let agent = with_records(declared(Forest::builder()), records, "sqlite").schema_file(false);
        let agent = kept(agent.auth_secret("a secret that outlives the program"), db.engine()).await;
        agent.unwrap().start().await.unwrap()
    }

    fn app(
        db: &web::Data<Database>,
        forest: &Forest,
    ) -> App<
        impl actix_web::dev::ServiceFactory<
            actix_web::dev::ServiceRequest,
            Config = (),
            Response = actix_web::dev::ServiceResponse,
            Error = actix_web::Error,
            InitError = (),
        > + use<>,
    > {
        App::new().app_data(db.clone()).configure(forest.routes())
    }

    async fn run_when(forest: &Forest, id: &str, is_met: impl Fn(&RunRow) -> bool) -> RunRow {
        for _ in 0..4_000 {
            let run = forest.find_run(id).await.unwrap().unwrap();
            if is_met(&run) {
                return run;
            }
            actix_web::rt::time::sleep(Duration::from_millis(5)).await;
        }
        panic!("{:?}", forest.find_run(id).await);
    }

    #[actix_web::test]
    async fn a_run_goes_on_when_the_program_is_started_again() {
        let db = web::Data::new(testing::fresh().await);
        db.grow_to(2_000).await.unwrap();
        let first = program(&db).await;
        let service = init_service(app(&db, &first)).await;
        let request = TestRequest::post()
            .uri("/forest/actions/recalculate-balances?timezone=UTC")
            .insert_header(("authorization", format!("Bearer {}", first.local_token(1).unwrap())))
            .set_json(json!({"data": {"attributes": {
                "collection_name": "companies", "all_records": true, "all_records_subset_query": {"timezone": "UTC"},
            }}}));
        let answer: Value = call_and_read_body_json(&service, request.to_request()).await;
        assert_eq!(answer["success"], "Started: Recalculate balances for 2000 records");
        let id = answer["run"]["id"].as_str().unwrap();
        // the end of the task is like the end of the process
        let worker = actix_web::rt::spawn({
            let (app, first) = (app(&db, &first), first.clone());
            async move { first.carry_out(app).await }
        });
        run_when(&first, id, |run| run.processed >= 400).await;
        worker.abort();
        let second = program(&db).await;
        let worker = actix_web::rt::spawn({
            let (app, second) = (app(&db, &second), second.clone());
            async move { second.carry_out(app).await }
        });
        let run = run_when(&second, id, |run| run.status.is_final()).await;
        worker.abort();
        assert_eq!((run.status.as_str(), run.succeeded), ("done", 2_000));
        assert_eq!(
            run.message.as_deref(),
            Some("The balances of 2000 companies are up to date.")
        );
        let sum = "SELECT CAST(sum(balance_cents) AS bigint) FROM companies";
        assert_eq!(testing::count(&db, sum).await, 0);
    }
}
