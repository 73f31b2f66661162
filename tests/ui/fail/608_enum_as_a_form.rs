//! An enum of options as a form.

use forest_actions::prelude::*;

#[derive(ActionEnum)]
enum Reason {
    Broken,
}

#[smart_action(collection = "orders")]
async fn refund(_form: Form<Reason>) {}

fn main() {}
