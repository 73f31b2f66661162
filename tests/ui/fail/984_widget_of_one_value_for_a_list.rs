//! A widget for one value, on a list.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(widget = text_area(rows = 4))]
    reasons: Vec<String>,
}

fn main() {}
