//! Rows of a struct without the derive.

use forest_actions::prelude::*;

struct NewCompany {
    name: String,
}

fn rows(file: &FormFile) {
    let _ = file.import::<NewCompany>();
}

fn main() {}
