//! A load hook over the form of another action.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    amount: f64,
}

#[derive(ActionForm)]
struct Charge {
    amount: f64,
}

async fn prefill(form: FormState<Charge>) -> HookResult<Charge> {
    Ok(form)
}

#[smart_action(collection = "orders", load = prefill)]
async fn refund(_form: Form<Refund>) {}

fn main() {}
