//! A `Result` whose error is no error.

use forest_actions::prelude::*;

struct Declined;

#[smart_action(collection = "orders")]
async fn refund(_id: RecordId<i64>) -> Result<ActionResponse, Declined> {
    Err(Declined)
}

fn main() {}
