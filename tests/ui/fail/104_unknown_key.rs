//! A key that resembles nothing.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", colour = "red")]
async fn refund() {}

fn main() {}
