//! Generic arguments in the path of an action.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund() {}

fn main() {
    let _ = actions![refund::<u8>];
}
