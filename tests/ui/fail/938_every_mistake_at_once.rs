//! Mistakes in several places, all of them reported.

use forest_actions::prelude::*;

#[derive(ActionForm)]
#[form(colour)]
struct Refund {
    #[field(lable = "Amount", min = "1")]
    amount: f64,
    #[field(widget = slider, reference = "customers")]
    customer: i64,
    #[field(label = "amount")]
    other: f64,
}

fn main() {}
