//! An enum that does not derive `ActionEnum`.

use forest_actions::prelude::*;

enum Reason {
    Broken,
    Late,
}

#[derive(ActionForm)]
struct Refund {
    reason: Option<Reason>,
}

fn main() {}
