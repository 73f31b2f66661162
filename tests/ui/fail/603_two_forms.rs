//! Two forms in the signature.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    amount: f64,
}

#[derive(ActionForm)]
struct Charge {
    amount: f64,
}

#[smart_action(collection = "orders")]
async fn refund(_refund: Form<Refund>, _charge: Form<Charge>) {}

fn main() {}
