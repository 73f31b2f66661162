//! A label without its key.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field("Amount")]
    amount: f64,
}

fn main() {}
