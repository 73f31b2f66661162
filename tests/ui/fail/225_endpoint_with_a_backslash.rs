//! A path with a backslash.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", endpoint = "\\refund")]
async fn refund() {}

fn main() {}
