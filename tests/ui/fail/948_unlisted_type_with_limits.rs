//! A type that is no field, with limits that are not to blame.

use forest_actions::prelude::*;

struct Money(i64);

#[derive(ActionForm)]
struct Refund {
    #[field(label = "Amount", default = Money(1), min = 1, max = 9)]
    amount: Money,
}

fn main() {}
