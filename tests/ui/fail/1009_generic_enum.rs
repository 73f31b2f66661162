//! An enum with a type parameter.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Reason<T> {
    Broken,
    Late,
}

fn main() {}
