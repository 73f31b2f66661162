//! A variant that holds something.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Reason {
    Broken,
    Other(String),
}

fn main() {}
