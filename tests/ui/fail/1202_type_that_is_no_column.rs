//! A column of a type of one's own.

use forest_actions::prelude::*;

struct Money(i64);

#[derive(ImportRow)]
struct Payment {
    #[column(name = "Amount")]
    amount: Money,
}

fn main() {}
