//! A text that may be missing.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund() -> Result<Option<String>, ActionError> {
    Ok(None)
}

fn main() {}
