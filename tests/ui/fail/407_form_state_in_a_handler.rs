//! The form of a hook, in a handler.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund(_form: FormState) {}

fn main() {}
