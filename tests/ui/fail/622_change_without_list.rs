//! A change hook without its field.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", change = recalculate)]
async fn refund() {}

fn main() {}
