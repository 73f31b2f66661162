//! A path that browsers rewrite.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", endpoint = "/orders/../refund")]
async fn refund() {}

fn main() {}
