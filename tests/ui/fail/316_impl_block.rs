//! The attribute on a whole `impl` block.

use forest_actions::prelude::*;

struct Shop;

#[smart_action(collection = "orders")]
impl Shop {
    async fn refund() {}
}

fn main() {}
