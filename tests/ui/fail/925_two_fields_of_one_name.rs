//! Two fields that are sent under one name.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    amount: f64,
    #[field(label = "amount")]
    other: f64,
}

fn main() {}
