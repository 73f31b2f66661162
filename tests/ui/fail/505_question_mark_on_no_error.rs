//! `?` on a type that is no error.

use forest_actions::prelude::*;

struct Declined;

fn pay_back() -> Result<(), Declined> {
    Err(Declined)
}

#[smart_action(collection = "orders")]
async fn refund() -> ActionResult {
    pay_back()?;
    Ok(success("Refunded"))
}

fn main() {}
