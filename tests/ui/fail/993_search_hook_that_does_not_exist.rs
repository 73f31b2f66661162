//! A search hook that is not there.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(search = find)]
    customer: String,
}

fn main() {}
