//! A limit as a string.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(min = "1")]
    amount: f64,
}

fn main() {}
