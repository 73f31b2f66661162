//! Two arguments without a comma between them.

use forest_actions::prelude::*;

#[smart_action(collection = "orders" kind = "single")]
async fn refund() {}

fn main() {}
