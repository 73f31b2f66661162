//! A function that is not async.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
fn refund() {}

fn main() {}
