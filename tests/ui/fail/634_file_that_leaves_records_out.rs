//! A file as the answer, which has no place for refused records.

use forest_actions::prelude::*;

#[smart_action(collection = "companies", can_run = may_export)]
async fn export() -> Download {
    Download::new("companies.csv", "")
}

fn may_export(_: &serde_json::Value, _: &Caller) -> Result<(), NotDone> {
    Ok(())
}

fn main() {}
