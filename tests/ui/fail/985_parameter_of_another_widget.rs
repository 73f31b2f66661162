//! A parameter that the widget lacks.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(widget = text_input(rows = 4))]
    reason: String,
}

fn main() {}
