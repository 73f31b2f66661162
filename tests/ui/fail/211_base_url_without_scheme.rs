//! A URL without its scheme.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", base_url = "api.example.com")]
async fn refund() {}

fn main() {}
