//! Two change hooks of one field.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", change(Amount = a, "Amount" = b))]
async fn refund() {}

fn main() {}
