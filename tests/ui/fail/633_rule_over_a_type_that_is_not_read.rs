//! A rule over a type that records are not read as.

use forest_actions::prelude::*;

struct Company;

#[smart_action(collection = "companies", can_run = may_archive)]
async fn archive() {}

fn may_archive(_: &Company, _: &Caller) -> Result<(), NotDone> {
    Ok(())
}

fn main() {}
