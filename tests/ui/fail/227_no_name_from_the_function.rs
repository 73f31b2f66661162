//! A function name that makes no label.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn __() {}

fn main() {}
