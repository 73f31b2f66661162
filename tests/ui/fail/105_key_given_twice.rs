//! The same key twice.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", kind = "single", kind = "bulk")]
async fn refund() {}

fn main() {}
