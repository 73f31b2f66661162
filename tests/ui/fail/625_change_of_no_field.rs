//! A number instead of a field.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", change(3 = recalculate))]
async fn refund() {}

fn main() {}
