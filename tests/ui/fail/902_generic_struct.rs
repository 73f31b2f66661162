//! A form with a type parameter.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund<T> {
    amount: T,
}

fn main() {}
