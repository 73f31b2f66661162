//! A composite key of which one part is no key.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", kind = "single")]
async fn refund(_id: RecordId<(i64, f64)>) {}

fn main() {}
