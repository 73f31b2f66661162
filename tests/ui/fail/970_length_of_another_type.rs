//! A length from a constant of another type.

use forest_actions::prelude::*;

const LIMIT: i64 = 80;

#[derive(ActionForm)]
struct Refund {
    #[field(max_length = LIMIT)]
    reason: String,
}

fn main() {}
