//! An empty name.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", name = "")]
async fn refund() {}

fn main() {}
