//! A list of a type that has no lists.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    flags: Vec<bool>,
}

fn main() {}
