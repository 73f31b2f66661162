//! A type of one's own as the key.

use forest_actions::prelude::*;

struct Sku(String);

#[smart_action(collection = "products", kind = "single")]
async fn restock(_id: RecordId<Sku>) {}

fn main() {}
