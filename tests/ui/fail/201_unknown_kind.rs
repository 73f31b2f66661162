//! A kind that does not exist.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", kind = "singel")]
async fn refund() {}

fn main() {}
