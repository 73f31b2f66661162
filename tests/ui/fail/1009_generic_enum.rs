//! An enum with a type parameter.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Reason<T> {
    Broken,
    Other(T),
}

fn main() {}
