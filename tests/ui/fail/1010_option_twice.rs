//! A variant with two texts.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Reason {
    #[option("Broken")]
    #[option("Damaged")]
    Broken,
}

fn main() {}
