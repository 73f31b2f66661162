//! A path instead of a key.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", forest::kind = "single")]
async fn refund() {}

fn main() {}
