//! A load hook that is no function.

use forest_actions::prelude::*;

const PREFILL: u8 = 1;

#[smart_action(collection = "orders", load = PREFILL)]
async fn refund() {}

fn main() {}
