//! Two forms in the signature.

use forest_actions::prelude::*;

struct Form<T>(T);
struct Refund;
struct Charge;

#[smart_action(collection = "orders")]
async fn refund(_refund: Form<Refund>, _charge: Form<Charge>) {}

fn main() {}
