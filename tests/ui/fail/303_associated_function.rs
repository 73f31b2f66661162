//! An associated function, without `self`.

use forest_actions::prelude::*;

struct Shop;

impl Shop {
    #[smart_action(collection = "orders")]
    async fn refund(_id: RecordId<i64>) {}
}

fn main() {}
