//! A method that an action cannot have.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", http_method = "GET")]
async fn refund() {}

fn main() {}
