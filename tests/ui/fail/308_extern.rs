//! A foreign ABI.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async extern "C" fn refund() {}

fn main() {}
