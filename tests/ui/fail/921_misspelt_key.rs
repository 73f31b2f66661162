//! A key with a slip.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(lable = "Amount")]
    amount: f64,
}

fn main() {}
