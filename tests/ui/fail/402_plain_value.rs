//! The id as a plain number.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", kind = "single")]
async fn refund(_id: i64) {}

fn main() {}
