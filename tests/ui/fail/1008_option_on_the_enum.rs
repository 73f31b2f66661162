//! A text for the whole enum.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
#[option("Why")]
enum Reason {
    Broken,
}

fn main() {}
