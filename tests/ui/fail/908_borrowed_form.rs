//! A form that borrows.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund<'a> {
    reason: &'a str,
}

fn main() {}
