//! A map, which only `serde_json::Value` can hold.

use forest_actions::prelude::*;

use std::collections::HashMap;

#[derive(ActionForm)]
struct Refund {
    details: HashMap<String, String>,
}

fn main() {}
