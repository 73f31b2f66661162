//! A form in the signature that is a plain value.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund(_form: Form<f64>) {}

fn main() {}
