//! A length on a number.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(max_length = 3)]
    amount: f64,
}

fn main() {}
