//! A key as other agents call it.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", type = "single")]
async fn refund() {}

fn main() {}
