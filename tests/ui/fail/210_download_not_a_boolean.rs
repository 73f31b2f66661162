//! A word instead of a boolean.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", download = "yes")]
async fn refund() {}

fn main() {}
