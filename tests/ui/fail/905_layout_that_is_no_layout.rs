//! A layout function that gives no layout.

use forest_actions::prelude::*;

fn pages() -> Vec<&'static str> {
    vec!["amount"]
}

#[derive(ActionForm)]
#[form(layout = pages)]
struct Refund {
    amount: f64,
}

fn main() {}
