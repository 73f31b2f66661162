//! A form in the attribute, another one in the signature.

use forest_actions::prelude::*;

struct Form<T>(T);
struct Refund;
struct Charge;

#[smart_action(collection = "orders", form = Charge)]
async fn refund(_form: Form<Refund>) {}

fn main() {}
