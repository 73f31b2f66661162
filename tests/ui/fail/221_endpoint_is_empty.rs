//! An empty endpoint.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", endpoint = "")]
async fn refund() {}

fn main() {}
