//! A load hook that gives back no form.

use forest_actions::prelude::*;

async fn prefill(_form: FormState) -> ActionResult {
    Ok(success("Filled"))
}

#[smart_action(collection = "orders", load = prefill)]
async fn refund() {}

fn main() {}
