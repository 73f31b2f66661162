//! No collection.

use forest_actions::prelude::*;

#[smart_action(kind = "single")]
async fn refund() {}

fn main() {}
