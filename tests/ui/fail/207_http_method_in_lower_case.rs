//! A method in lower case.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", http_method = "put")]
async fn refund() {}

fn main() {}
