//! A form in the signature whose type does not derive `ActionForm`.

use forest_actions::prelude::*;

struct Refund {
    amount: f64,
}

#[smart_action(collection = "orders")]
async fn refund(_form: Form<Refund>) {}

fn main() {}
