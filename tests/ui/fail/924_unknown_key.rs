//! A key that is close to none.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(colour = "red")]
    amount: f64,
}

fn main() {}
