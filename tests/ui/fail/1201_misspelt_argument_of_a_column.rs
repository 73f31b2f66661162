//! An argument that columns do not have, and a second mistake.

use forest_actions::prelude::*;

#[derive(ImportRow)]
struct NewCompany {
    #[column(label = "Company")]
    name: String,
    #[column(pattern = "")]
    city: String,
}

fn main() {}
