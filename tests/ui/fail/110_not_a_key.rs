//! Something that is no key.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", 3 = 4)]
async fn refund() {}

fn main() {}
