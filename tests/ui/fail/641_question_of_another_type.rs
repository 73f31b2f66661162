//! A `confirm` function that returns something else.

use forest_actions::prelude::*;

#[smart_action(collection = "companies", confirm = warning)]
async fn archive() {}

async fn warning(_: &Selection, _: &Caller) -> String {
    String::new()
}

fn main() {}
