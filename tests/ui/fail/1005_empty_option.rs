//! A text without a character.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Reason {
    #[option("")]
    Broken,
}

fn main() {}
