//! Results: what became of each selected record, from the handler to the answer.

use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{App, test};
use forest_actions::prelude::*;
use forest_actions::records::{
    CollectionModel, FieldModel, MemoryRecords, Page, RecordError, RecordQuery, RecordSource, SourceFuture, ValueType,
};
use forest_actions::{Count, Texts};
use serde_json::{Value, json};
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{Row as _, SqlitePool};

use crate::field::these;
use crate::support::records::{action, all_of};
use crate::support::{Agent, Answer, Call};

#[derive(serde::Deserialize)]
struct Invoice {
    id: i64,
    state: String,
}

/// Acts by the state of each invoice.
#[smart_action(collection = "invoices", name = "Remind", kind = "bulk")]
async fn remind(invoices: Records<Invoice>) -> Results {
    invoices
        .each(2, async |invoice| match invoice.state.as_str() {
            "paid" => refuse("already paid"),
            "broken" => Err(std::io::Error::other("smtp.internal is down").into()),
            "odd" => panic!("the mail has no body"),
            "declined" => Err(failure(format!("invoice {} was declined", invoice.id)).into()),
            _ => Ok(()),
        })
        .await
}

/// Sends all or none.
#[smart_action(collection = "invoices", name = "Send all", kind = "bulk")]
async fn send_all(invoices: Records<Invoice>, pool: web::Data<SqlitePool>) -> ActionResult<Results> {
    let mut tx = pool.begin().await?;
    let results = invoices
        .each(10, async |invoice| {
            if invoice.state == "paid" {
                return refuse("already paid");
            }
            sqlx::query("UPDATE invoices SET state = 'sent' WHERE id = ?")
                .bind(invoice.id)
                .execute(&mut *tx)
                .await?;
            Ok(())
        })
        .await
        .all_or_nothing()?;
    tx.commit().await?;
    Ok(results)
}

fn model() -> CollectionModel {
    CollectionModel::new("invoices")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("state", ValueType::Text))
        .key(["id"])
}

fn invoices(states: &[&str]) -> MemoryRecords {
    let rows = states
        .iter()
        .zip(1..)
        .map(|(state, id)| json!({"id": id, "state": state}));
    MemoryRecords::new().collection(model(), rows.collect())
}

async fn reminded(source: impl RecordSource + 'static, attributes: Value) -> Answer {
    let agent = Agent::with(|builder| builder.actions(actions![remind]).records(source).schema_file(false)).await;
    let call = Call::post(action("remind")).attributes(attributes);
    call.send(&agent.serve().await).await
}

#[actix_web::test]
async fn each_record_is_isolated_from_the_errors_of_the_others() {
    let states = ["open", "broken", "odd", "open", "paid", "declined", "open"];
    for attributes in [all_of(json!({})), these([1, 2, 3, 4, 5, 6, 7])] {
        let answer = reminded(invoices(&states), attributes).await;
        assert_eq!(answer.status(), 200, "{answer:?}");
        let body = answer.json();
        let text = body["success"].as_str().unwrap();
        assert!(
            text.starts_with("3 records done, 1 refused, 3 failed (reference "),
            "{text}"
        );
        let reasons = body["results"]["reasons"].as_array().unwrap();
        let reasons: Vec<_> = reasons.iter().map(|reason| (&reason["code"], &reason["ids"])).collect();
        let expected = [
            (json!("unexpected_error"), json!(["2", "3"])),
            (json!("already_paid"), json!(["5"])),
            (json!("invoice_6_was_declined"), json!(["6"])),
        ];
        assert_eq!(
            reasons,
            expected.iter().map(|(code, ids)| (code, ids)).collect::<Vec<_>>()
        );
        assert!(
            !body.to_string().contains("smtp") && !body.to_string().contains("no body"),
            "{body}"
        );
    }
}

#[actix_web::test]
async fn a_record_that_does_not_fit_fails_alone() {
    let rows = vec![
        json!({"id": 1, "state": "open"}),
        json!({"id": 2, "state": null}),
        json!({"id": 3, "state": "open"}),
    ];
    let answer = reminded(MemoryRecords::new().collection(model(), rows), all_of(json!({}))).await;
    let body = answer.json();
    assert_eq!(
        (&body["results"]["succeeded"], &body["results"]["failed"]),
        (&json!(2), &json!(1)),
        "{body}"
    );
    assert_eq!(body["results"]["reasons"][0]["ids"], json!(["2"]));
}

#[actix_web::test]
async fn five_failures_in_a_row_end_the_run() {
    let mut states = vec!["open"; 3];
    states.extend(["broken"; 30]);
    for attributes in [all_of(json!({})), these(1..=33)] {
        let answer = reminded(invoices(&states), attributes).await;
        let body = answer.json();
        let numbers = ["succeeded", "failed", "notAttempted"].map(|name| &body["results"][name]);
        assert_eq!(numbers, [&json!(3), &json!(5), &json!(25)], "{body}");
        let text = body["success"].as_str().unwrap();
        assert!(
            text.ends_with(", 25 not attempted: 5 records in a row failed"),
            "{text}"
        );
    }
    let answer = reminded(invoices(&["broken"; 5]), all_of(json!({}))).await;
    assert_eq!(answer.status(), 500, "{answer:?}");
    let answer = reminded(invoices(&["broken"; 6]), all_of(json!({}))).await;
    assert_eq!(answer.status(), 500, "{answer:?}");
}

#[actix_web::test]
async fn sel_09_records_that_are_gone_are_told_with_the_results() {
    let answer = reminded(invoices(&["open", "paid"]), these([1, 2, 9])).await;
    let text = "1 record done, 1 refused (2 of the 3 selected records were found)";
    assert_eq!(answer.json()["success"], text);
}

/// Fails when records are read for the second time.
struct Breaking(MemoryRecords, AtomicUsize);

impl RecordSource for Breaking {
    fn collections(&self) -> Vec<CollectionModel> {
        self.0.collections()
    }

    fn keys<'a>(
        &'a self,
        query: &'a RecordQuery,
        after: Option<&'a forest_actions::records::Key>,
        limit: usize,
    ) -> SourceFuture<'a, Vec<forest_actions::records::Key>> {
        self.0.keys(query, after, limit)
    }

    fn count<'a>(&'a self, query: &'a RecordQuery, at_most: Option<u64>) -> SourceFuture<'a, u64> {
        self.0.count(query, at_most)
    }

    fn records<'a>(
        &'a self,
        query: &'a RecordQuery,
        page: &'a Page,
    ) -> SourceFuture<'a, Vec<forest_actions::records::Record>> {
        let is_full_page = page.limit > 1;
        if is_full_page && self.1.fetch_add(1, Ordering::Relaxed) > 0 {
            return Box::pin(std::future::ready(Err(RecordError::failed("db.internal went away"))));
        }
        self.0.records(query, page)
    }
}

#[actix_web::test]
async fn what_was_done_stays_counted_when_the_records_cannot_be_read_any_more() {
    let source = Breaking(invoices(&["open"; 6]), AtomicUsize::new(0));
    let answer = reminded(source, all_of(json!({}))).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    let body = answer.json();
    assert_eq!(
        body["success"],
        "2 records done, 4 not attempted: the records cannot be read"
    );
    assert!(!body.to_string().contains("db.internal"), "{body}");

    let source = Breaking(invoices(&["open"; 6]), AtomicUsize::new(1));
    let answer = reminded(source, all_of(json!({}))).await;
    assert_eq!(answer.status(), 500, "{answer:?}");
}

#[actix_web::test]
async fn all_or_nothing_rolls_back() {
    let pool = SqlitePoolOptions::new()
        .max_connections(1)
        .connect("sqlite::memory:")
        .await
        .unwrap();
    let rows = "CREATE TABLE invoices (id INTEGER PRIMARY KEY, state TEXT);
        INSERT INTO invoices VALUES (1, 'open'), (2, 'paid'), (3, 'open')";
    sqlx::raw_sql(rows).execute(&pool).await.unwrap();
    // the handler holds the only connection of its pool, so the records come from memory
    let agent = Agent::with(|builder| {
        let source = invoices(&["open", "paid", "open"]);
        builder.actions(actions![send_all]).records(source).schema_file(false)
    });
    let agent = agent.await;
    let data = web::Data::new(pool.clone());
    let app = App::new().app_data(data).configure(agent.forest.routes());
    let app = test::init_service(app).await;
    let send = async |attributes| Call::post(action("send-all")).attributes(attributes).send(&app).await;
    let states = async || {
        let rows = sqlx::query("SELECT state FROM invoices ORDER BY id")
            .fetch_all(&pool)
            .await
            .unwrap();
        rows.iter().map(|row| row.get::<String, _>(0)).collect::<Vec<_>>()
    };

    let answer = send(these([1, 2, 3])).await;
    assert_eq!(answer.status(), 400, "{answer:?}");
    let body = answer.json();
    assert_eq!(body["error"], "Nothing was changed: 1 refused");
    assert_eq!(body["results"]["succeeded"], 0);
    assert_eq!(states().await, ["open", "paid", "open"]);

    let answer = send(these([1, 3])).await;
    assert_eq!(answer.json(), json!({"success": "2 records done"}));
    assert_eq!(states().await, ["sent", "paid", "sent"]);
}

#[actix_web::test]
async fn a_program_sets_the_words_of_its_results() {
    struct German;
    impl Texts for German {
        fn records_done(&self, count: Count) -> String {
            format!("{count} erledigt")
        }
        fn refused(&self, count: Count) -> String {
            format!("{count} abgelehnt")
        }
        fn partly_found(&self, found: Count, selected: Count) -> String {
            format!("{found} von {selected} gefunden")
        }
    }
    let agent = Agent::with(|builder| {
        let source = invoices(&["open", "paid"]);
        builder
            .actions(actions![remind])
            .records(source)
            .schema_file(false)
            .texts(German)
    });
    let agent = agent.await;
    let app = agent.serve().await;
    let answer = Call::post(action("remind"))
        .attributes(these([1, 2, 3]))
        .send(&app)
        .await;
    assert_eq!(answer.json()["success"], "1 erledigt, 1 abgelehnt (2 von 3 gefunden)");
}
