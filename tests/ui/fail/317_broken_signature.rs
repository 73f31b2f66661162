//! A signature that cannot be read.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund(id RecordId<i64>) {}

fn main() {}
