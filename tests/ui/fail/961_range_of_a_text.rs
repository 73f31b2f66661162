//! A range on a text.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(min = 1)]
    reason: String,
}

fn main() {}
