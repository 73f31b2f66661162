//! A type parameter.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund<T>(_id: RecordId<i64>, _shop: web::Data<T>) {}

fn main() {}
