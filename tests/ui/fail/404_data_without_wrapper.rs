//! Application state without `web::Data`.

use forest_actions::prelude::*;

struct Pool;

#[smart_action(collection = "orders")]
async fn refund(_pool: Pool, _caller: Caller, _connection: Option<Pool>) {}

fn main() {}
