//! An enum as a form.

use forest_actions::prelude::*;

#[derive(ActionForm)]
enum Refund {
    Full,
    Partial,
}

fn main() {}
