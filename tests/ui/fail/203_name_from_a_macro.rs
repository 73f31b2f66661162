//! A macro instead of a string.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", name = concat!("Re", "fund"))]
async fn refund() {}

fn main() {}
