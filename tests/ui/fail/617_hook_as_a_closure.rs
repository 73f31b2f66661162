//! A load hook written in place.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", load = |form| async { Ok(form) })]
async fn refund() {}

fn main() {}
