//! An argument of `#[form(...)]` that is not known.

use forest_actions::prelude::*;

#[derive(ActionForm)]
#[form(layuot = pages)]
struct Refund {
    amount: f64,
}

fn main() {}
