//! A key as other agents write it.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(isReadOnly)]
    amount: f64,
}

fn main() {}
