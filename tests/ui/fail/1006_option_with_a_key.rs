//! A text behind a key.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Reason {
    #[option(label = "It is broken")]
    Broken,
}

fn main() {}
