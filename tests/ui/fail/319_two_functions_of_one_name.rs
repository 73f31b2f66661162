//! Two actions by the same function name.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund() {}

#[smart_action(collection = "invoices")]
async fn refund() {}

fn main() {}
