//! A struct as an enum of options.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
struct Reason {
    text: String,
}

fn main() {}
