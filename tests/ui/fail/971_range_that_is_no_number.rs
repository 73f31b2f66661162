//! A range from a constant that is no number.

use forest_actions::prelude::*;

const LEAST: &str = "1";

#[derive(ActionForm)]
struct Refund {
    #[field(min = LEAST)]
    amount: f64,
}

fn main() {}
