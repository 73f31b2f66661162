//! A widget that cannot edit the field.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(widget = checkbox)]
    reason: String,
}

fn main() {}
