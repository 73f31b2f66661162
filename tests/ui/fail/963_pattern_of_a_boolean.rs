//! A pattern on a boolean.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(pattern = "^y")]
    really: bool,
}

fn main() {}
