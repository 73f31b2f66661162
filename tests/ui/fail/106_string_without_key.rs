//! A value without its key.

use forest_actions::prelude::*;

#[smart_action("orders", kind = "single")]
async fn refund() {}

fn main() {}
