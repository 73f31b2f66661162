//! A collection of white space.

use forest_actions::prelude::*;

#[smart_action(collection = " ")]
async fn refund() {}

fn main() {}
