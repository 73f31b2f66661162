//! A field without its change hook.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", change(Amount))]
async fn refund() {}

fn main() {}
