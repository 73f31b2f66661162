//! A field of a type of one's own.

use forest_actions::prelude::*;

struct Money(i64);

#[derive(ActionForm)]
struct Refund {
    amount: Money,
}

fn main() {}
