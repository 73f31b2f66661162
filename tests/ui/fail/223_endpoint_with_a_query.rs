//! A path with a query.

use forest_actions::prelude::*;

#[smart_action(collection = "orders", endpoint = "/refund?fast=1")]
async fn refund() {}

fn main() {}
