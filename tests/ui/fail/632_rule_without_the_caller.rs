//! A rule that does not take the caller.

use forest_actions::prelude::*;

#[smart_action(collection = "companies", can_run = may_archive)]
async fn archive() {}

fn may_archive(_: &serde_json::Value) -> Result<(), NotDone> {
    Ok(())
}

fn main() {}
