//! A label without a character.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(label = "")]
    amount: f64,
}

fn main() {}
