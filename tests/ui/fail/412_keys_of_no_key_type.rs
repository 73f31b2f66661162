//! A key type that is no key, in a selection.

use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund(_ids: RecordIds<char>) {}

fn main() {}
