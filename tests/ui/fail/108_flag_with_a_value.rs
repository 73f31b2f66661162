//! A value for a key that takes none.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", unprotected = true)]
async fn refund() {}

fn main() {}
