//! A method that Forest Admin no longer wants: a warning, made an error here.

#![deny(deprecated)]

use forest_actions::prelude::*;

#[smart_action(collection = "orders", http_method = "PUT")]
async fn refund() {}

fn main() {}
