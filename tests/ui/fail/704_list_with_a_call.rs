//! A call instead of a path.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund() {}

fn main() {
    let _ = actions![refund()];
}
