//! A key that is nearly right.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", descripton = "Pays back")]
async fn refund() {}

fn main() {}
