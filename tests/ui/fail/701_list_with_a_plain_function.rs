//! A function that is no action.

use forest_actions::prelude::*;

async fn refund() {}

fn main() {
    let _ = actions![refund];
}
