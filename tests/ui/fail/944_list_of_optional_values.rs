//! A list whose elements are optional.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    labels: Vec<Option<String>>,
}

fn main() {}
