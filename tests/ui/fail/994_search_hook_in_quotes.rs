//! A search hook in quotes.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(search = "find")]
    customer: String,
}

fn main() {}
