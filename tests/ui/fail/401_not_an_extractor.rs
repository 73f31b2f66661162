//! An argument of a type that cannot be extracted.

use forest_actions::prelude::*;

struct Order;

#[smart_action(collection = "orders")]
async fn refund(_id: RecordId<i64>, _order: Order) -> ActionResult {
    Ok(success("Refunded"))
}

fn main() {}
