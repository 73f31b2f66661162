//! A word instead of a string.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", name = Refund)]
async fn refund() {}

fn main() {}
