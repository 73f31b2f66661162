//! A struct instead of a function.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
struct Refund;

fn main() {}
