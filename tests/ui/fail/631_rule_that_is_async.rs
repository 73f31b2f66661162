//! A rule that is async.

use forest_actions::prelude::*;

#[smart_action(collection = "companies", can_run = may_archive)]
async fn archive() {}

async fn may_archive(_: &serde_json::Value, _: &Caller) -> Result<(), NotDone> {
    Ok(())
}

fn main() {}
