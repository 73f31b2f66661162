//! The default of a type that has none.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Plan {
    Free,
    Paid,
}

#[derive(ImportRow)]
struct NewCustomer {
    #[column(default)]
    plan: Plan,
}

fn main() {}
