//! Two attributes on one function.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
#[smart_action(collection = "invoices")]
async fn refund() {}

fn main() {}
