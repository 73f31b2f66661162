//! Two variants with one text.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Reason {
    Broken,
    #[option("Broken")]
    Damaged,
}

fn main() {}
