//! A load hook with an argument that cannot be extracted.

use forest_actions::prelude::*;

async fn prefill(form: FormState, _id: i64) -> HookResult {
    Ok(form)
}

#[smart_action(collection = "orders", load = prefill)]
async fn refund() {}

fn main() {}
