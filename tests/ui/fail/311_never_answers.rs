//! A function that never returns.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund() -> ! {
    loop {}
}

fn main() {}
