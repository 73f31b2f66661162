//! A body of a type that serde cannot read.

use forest_actions::prelude::*;

struct Order;

#[smart_action(collection = "orders")]
async fn refund(_order: web::Json<Order>) {}

fn main() {}
