//! The range of a text.

use forest_actions::prelude::*;

#[derive(ImportRow)]
struct NewCompany {
    #[column(min = 1)]
    name: String,
}

fn main() {}
