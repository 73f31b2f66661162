//! A result of the type `impl Trait`.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund() -> impl IntoActionResponse {
    success("Refunded")
}

fn main() {}
