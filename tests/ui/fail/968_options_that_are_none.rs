//! A function of options that gives something else.

use forest_actions::prelude::*;

fn reasons() -> u8 {
    3
}

#[derive(ActionForm)]
struct Refund {
    #[field(options = reasons)]
    reason: String,
}

fn main() {}
