//! A load hook that is called.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", load = prefill())]
async fn refund() {}

fn main() {}
