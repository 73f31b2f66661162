//! A count on a field that is no list.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(min_count = 1)]
    amount: i64,
}

fn main() {}
