//! A size in a unit that is none.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(max_size = "5 megs")]
    proof: FormFile,
}

fn main() {}
