//! A default of another type.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(default = 1)]
    reason: String,
}

fn main() {}
