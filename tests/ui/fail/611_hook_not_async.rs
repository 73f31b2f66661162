//! A load hook that is not async.

use forest_actions::prelude::*;

fn prefill(form: FormState) -> HookResult {
    Ok(form)
}

#[smart_action(collection = "orders", load = prefill)]
async fn refund() {}

fn main() {}
