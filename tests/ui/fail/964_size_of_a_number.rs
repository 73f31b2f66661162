//! A file size on a number.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(max_size = "5 MB")]
    amount: f64,
}

fn main() {}
