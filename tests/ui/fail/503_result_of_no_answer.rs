//! A `Result` whose value is no answer.

use forest_actions::prelude::*;

struct Order;

#[smart_action(collection = "orders")]
async fn refund(_id: RecordId<i64>) -> ActionResult<Order> {
    Ok(Order)
}

fn main() {}
