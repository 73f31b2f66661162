//! A load hook that does not exist.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", load = prefill)]
async fn refund() {}

fn main() {}
