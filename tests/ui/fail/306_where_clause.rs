//! A `where` clause.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund()
where
    u8: Copy,
{
}

fn main() {}
