//! Options beside those of the type.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Reason {
    Broken,
    Late,
}

#[derive(ActionForm)]
struct Refund {
    #[field(options)]
    reason: Reason,
}

fn main() {}
