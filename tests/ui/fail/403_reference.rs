//! A reference to an extractor.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund(_caller: &Caller) {}

fn main() {}
