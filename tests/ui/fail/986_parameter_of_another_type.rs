//! A parameter with a value of another type.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(widget = text_area(rows = "4"))]
    reason: String,
}

fn main() {}
