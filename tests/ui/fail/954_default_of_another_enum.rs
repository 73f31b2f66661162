//! A default that is no variant of the field's enum.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Reason {
    Broken,
    Late,
}

enum Plan {
    Free,
}

#[derive(ActionForm)]
struct Refund {
    #[field(default = Plan::Free)]
    reason: Reason,
}

fn main() {}
