//! A range without a value in it.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(min = 10, max = 5)]
    amount: f64,
}

fn main() {}
