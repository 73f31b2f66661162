//! A label without quotes.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(label = Amount)]
    amount: f64,
}

fn main() {}
