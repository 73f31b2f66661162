//! A number as the answer.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund() -> u32 {
    42
}

fn main() {}
