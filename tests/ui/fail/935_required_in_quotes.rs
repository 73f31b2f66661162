//! `required` with a string.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(required = "yes")]
    amount: f64,
}

fn main() {}
