//! A text that is borrowed.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    reason: &'static str,
}

fn main() {}
