//! Options that are neither texts nor numbers.

use forest_actions::prelude::*;

struct Reason;

fn reasons() -> Vec<Reason> {
    vec![Reason]
}

#[derive(ActionForm)]
struct Refund {
    #[field(options = reasons)]
    reason: String,
}

fn main() {}
