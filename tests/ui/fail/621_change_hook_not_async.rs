//! A change hook that is not async.

use forest_actions::prelude::*;

fn recalculate(form: FormState) -> HookResult {
    Ok(form)
}

#[smart_action(collection = "orders", change(Amount = recalculate))]
async fn refund() {}

fn main() {}
