//! A `preview` function that returns something else.

use forest_actions::prelude::*;

#[smart_action(collection = "companies", preview = what)]
async fn archive() {}

async fn what(_: RecordIds<i64>) -> String {
    String::new()
}

fn main() {}
