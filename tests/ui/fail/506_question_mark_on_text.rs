//! `?` on a text.

use forest_actions::prelude::*;

fn pay_back() -> Result<(), String> {
    Err("declined".to_owned())
}

#[smart_action(collection = "orders")]
async fn refund() -> ActionResult {
    pay_back()?;
    Ok(success("Refunded"))
}

fn main() {}
