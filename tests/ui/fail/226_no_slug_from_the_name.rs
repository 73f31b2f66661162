//! A name of which nothing remains in an endpoint.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", name = "日本")]
async fn refund() {}

fn main() {}
