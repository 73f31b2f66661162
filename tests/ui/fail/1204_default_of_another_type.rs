//! A text as the default of a number.

use forest_actions::prelude::*;

#[derive(ImportRow)]
struct NewCompany {
    #[column(default = "1")]
    employees: u32,
}

fn main() {}
