//! A parameter that needs a value.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(widget = text_area(rows))]
    reason: String,
}

fn main() {}
