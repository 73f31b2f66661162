//! An unsafe function.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async unsafe fn refund() {}

fn main() {}
