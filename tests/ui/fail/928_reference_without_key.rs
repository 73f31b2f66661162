//! A reference that names a collection only.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(reference = "customers")]
    customer: i64,
}

fn main() {}
