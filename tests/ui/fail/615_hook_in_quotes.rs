//! A load hook in quotes.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", load = "prefill")]
async fn refund() {}

fn main() {}
