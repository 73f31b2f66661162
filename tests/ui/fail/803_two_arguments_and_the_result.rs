//! Two types that are no extractors, and a result that is no answer.

use forest_actions::prelude::*;

struct Order;

#[smart_action(collection = "orders")]
async fn refund(_id: i64, _caller: Caller, _reason: char) -> Order {
    Order
}

fn main() {}
