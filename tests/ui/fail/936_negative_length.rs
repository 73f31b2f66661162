//! A length below zero.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(max_length = -1)]
    reason: String,
}

fn main() {}
