//! A list in a list.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    rows: Vec<Vec<f64>>,
}

fn main() {}
