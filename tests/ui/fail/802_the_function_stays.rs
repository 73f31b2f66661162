//! A broken declaration does not break the calls of its function.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", kind = "singel")]
async fn refund(id: i64) -> i64 {
    id
}

async fn twice(id: i64) -> i64 {
    refund(id).await + refund(id).await
}

fn main() {}
