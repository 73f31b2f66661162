//! A string instead of a type.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", form = "Refund")]
async fn refund() {}

fn main() {}
