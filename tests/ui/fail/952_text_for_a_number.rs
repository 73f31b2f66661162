//! A text as the default of a number.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(default = "1")]
    amount: f64,
}

fn main() {}
