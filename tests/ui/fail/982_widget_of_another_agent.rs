//! A widget as another agent calls it.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(widget = "price editor")]
    amount: f64,
}

fn main() {}
