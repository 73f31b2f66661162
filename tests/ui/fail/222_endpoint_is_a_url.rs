//! A URL instead of a path.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", endpoint = "https://api.example.com/refund")]
async fn refund() {}

fn main() {}
