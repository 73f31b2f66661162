//! A layout function that is called.

use forest_actions::prelude::*;

use forest_actions::form::layout::{Layout, input, page};

fn pages() -> Layout {
    Layout::from([page([input("amount")])])
}

#[derive(ActionForm)]
#[form(layout = pages())]
struct Refund {
    amount: f64,
}

fn main() {}
