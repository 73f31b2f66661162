//! A broken entry of a list does not break the rest.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund() {}

fn main() {
    let _ = Forest::builder().actions(actions![refund, "cancel"]);
}
