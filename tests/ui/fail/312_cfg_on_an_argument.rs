//! A conditional argument.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund(#[cfg(unix)] _id: RecordId<i64>) {}

fn main() {}
