//! A field with an empty name.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", change("" = recalculate))]
async fn refund() {}

fn main() {}
