//! More arguments than the runtime can pass.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund(
    _1: Values,
    _2: Values,
    _3: Values,
    _4: Values,
    _5: Values,
    _6: Values,
    _7: Values,
    _8: Values,
    _9: Values,
    _10: Values,
    _11: Values,
    _12: Values,
    _13: Values,
) {
}

fn main() {}
