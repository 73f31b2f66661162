//! A key that is given twice.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(min = 1, max = 5, min = 2)]
    amount: f64,
}

fn main() {}
