//! A form type that does not say its fields.

use forest_actions::prelude::*;

struct Refund;

#[smart_action(collection = "orders", form = Refund)]
async fn refund() {}

fn main() {}
