//! A form in the attribute, another one in the signature.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    amount: f64,
}

#[derive(ActionForm)]
struct Charge {
    amount: f64,
}

#[smart_action(collection = "orders", form = Charge)]
async fn refund(_form: Form<Refund>) {}

fn main() {}
