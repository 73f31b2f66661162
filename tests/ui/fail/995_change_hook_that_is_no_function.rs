//! A change hook that is no function.

use forest_actions::prelude::*;

const RATE: u8 = 1;

#[derive(ActionForm)]
struct Refund {
    #[field(change = RATE)]
    amount: f64,
}

fn main() {}
