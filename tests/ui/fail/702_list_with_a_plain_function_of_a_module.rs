//! A function of a module that is no action.

use forest_actions::prelude::*;

mod orders {
    pub async fn refund() {}
}

fn main() {
    let _ = actions![orders::refund];
}
