//! The attribute of a field, on the form.

use forest_actions::prelude::*;

#[derive(ActionForm)]
#[field(label = "Refund")]
struct Refund {
    amount: f64,
}

fn main() {}
