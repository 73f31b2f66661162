//! A form as an argument, without `Form`.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    amount: f64,
}

#[smart_action(collection = "orders")]
async fn refund(_form: Refund) {}

fn main() {}
