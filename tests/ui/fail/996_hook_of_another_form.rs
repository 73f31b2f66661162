//! A change hook of a field, over another form.

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Charge {
    amount: f64,
}

#[derive(ActionForm)]
struct Refund {
    #[field(change = recalculate)]
    amount: f64,
}

async fn recalculate(form: FormState<Charge>) -> HookResult<Charge> {
    Ok(form)
}

fn main() {}
