//! An argument of the type `impl Trait`.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund(_shop: web::Data<impl Send>) {}

fn main() {}
