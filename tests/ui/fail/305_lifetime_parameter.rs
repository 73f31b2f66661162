//! A lifetime parameter.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund<'a>(_reason: &'a str) {}

fn main() {}
