//! A default that is wrapped as the field's type is.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(default = Some(1.0))]
    amount: Option<f64>,
}

fn main() {}
