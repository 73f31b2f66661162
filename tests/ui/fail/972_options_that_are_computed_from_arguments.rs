//! A function of options that wants something.

use forest_actions::prelude::*;

fn reasons(of: u8) -> Vec<String> {
    vec![of.to_string()]
}

#[derive(ActionForm)]
struct Refund {
    #[field(options = reasons)]
    reason: String,
}

fn main() {}
