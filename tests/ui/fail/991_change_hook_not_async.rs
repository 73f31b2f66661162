//! A change hook that is not async.

use forest_actions::prelude::*;

fn recalculate(form: FormState) -> HookResult {
    Ok(form)
}

#[derive(ActionForm)]
struct Refund {
    #[field(change = recalculate)]
    amount: f64,
}

fn main() {}
