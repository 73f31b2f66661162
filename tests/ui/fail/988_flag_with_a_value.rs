//! A parameter that takes no value.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(widget = dropdown(searchable = true))]
    reason: String,
}

fn main() {}
