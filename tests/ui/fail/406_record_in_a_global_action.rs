//! A record, in an action that runs without records.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", kind = "global")]
async fn refund(_id: RecordId<i64>) {}

fn main() {}
