//! An answer that may be missing.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund() -> Option<ActionResponse> {
    None
}

fn main() {}
