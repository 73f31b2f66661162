//! A form that the attribute cannot see.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    amount: f64,
}

type RefundForm = Form<Refund>;

#[smart_action(collection = "orders")]
async fn refund(_form: RefundForm) {}

fn main() {}
