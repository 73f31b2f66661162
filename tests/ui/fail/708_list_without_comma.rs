//! Two actions without a comma between them.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund() {}

#[smart_action(collection = "orders")]
async fn cancel() {}

fn main() {
    let _ = actions![refund cancel];
}
