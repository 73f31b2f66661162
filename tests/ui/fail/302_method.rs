//! A method of a type, with `self`.

use forest_actions::prelude::*;

struct Shop;

impl Shop {
    #[smart_action(collection = "orders")]
    async fn refund(&self, _id: RecordId<i64>) {}
}

fn main() {}
