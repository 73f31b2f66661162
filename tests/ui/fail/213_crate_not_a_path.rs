//! A number instead of the path of a crate.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", crate = 3)]
async fn refund() {}

fn main() {}
