//! A text without quotes.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Reason {
    #[option(Damaged)]
    Broken,
}

fn main() {}
