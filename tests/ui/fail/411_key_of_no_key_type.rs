//! A key type that is no key.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", kind = "single")]
async fn refund(_id: RecordId<f64>) {}

fn main() {}
