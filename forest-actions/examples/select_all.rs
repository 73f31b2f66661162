//! A bulk action over any number of records: `Selection` is read in chunks, whether ids or "select all" were sent.
//!
//! `cargo run -p forest-actions --example select_all` archives 10,000 records in memory.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program and its tests")]

use std::sync::Arc;

use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, Condition, FieldModel, MemoryRecords, RecordQuery, ValueType};
use futures_util::TryStreamExt as _;
use serde_json::json;

/// How many keys are in memory at a time.
const CHUNK: usize = 500;

#[smart_action(collection = "letters", name = "Archive", kind = "bulk")]
async fn archive(selection: Selection) -> ActionResult {
    let mut archived = 0;
    let mut chunks = selection.chunks::<i64>(CHUNK);
    while let Some(ids) = chunks.try_next().await? {
        // UPDATE letters SET archived = true WHERE id = ANY($1)
        archived += ids.len();
    }
    Ok(success(format!("{archived} letters archived")))
}

/// Stands for a database: `SqlRecords` reads one with the feature `sqlite` or `postgres`.
fn letters(count: i64) -> MemoryRecords {
    let letters = CollectionModel::new("letters")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("language", ValueType::Text))
        .key(["id"]);
    let language = |id: i64| if id % 2 == 0 { "fr" } else { "en" };
    let rows = (1..=count).map(|id| json!({"id": id, "language": language(id)}));
    MemoryRecords::new().collection(letters, rows.collect())
}

#[actix_web::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let everything = RecordQuery::new("letters", Condition::always());
    let selection = Selection::all(Arc::new(letters(10_000)), everything);
    println!("{:?}", archive(selection).await);
    Ok(())
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use forest_actions::testing::TestForest;

    use super::*;

    #[actix_web::test]
    async fn select_all_is_the_list_without_what_was_unticked() {
        let agent = Forest::builder().actions(actions![archive]).records(letters(1_200));
        let forest = TestForest::start(agent, |forest| App::new().configure(forest.routes()))
            .await
            .unwrap();
        let archive = || forest.admin().trigger("letters", "Archive");
        assert_eq!(archive().ids([1, 2, 3]).await.success(), "3 letters archived");
        let french = json!({"filters": {"field": "language", "operator": "equal", "value": "fr"}});
        let answer = archive().all_of(french).except([2, 4]).await;
        assert_eq!(answer.success(), "598 letters archived");
    }
}
