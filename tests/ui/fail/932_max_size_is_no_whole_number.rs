//! A size that is no number of bytes.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(max_size = 1.5)]
    proof: FormFile,
}

fn main() {}
