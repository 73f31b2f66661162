//! A half-typed body: the compiler says so by itself, and nothing else is said.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund(_id: RecordId<i64>) -> ActionResult {
    let order = ;
    Ok(success("Refunded"))
}

fn main() {}
