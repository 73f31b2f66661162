//! A widget with a slip.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(widget = text_aera(rows = 4))]
    reason: String,
}

fn main() {}
