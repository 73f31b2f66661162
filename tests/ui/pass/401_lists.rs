//! Lists of actions: empty, with a trailing comma, in constants, added up.

#![deny(warnings)]

use forest_actions::ActionDescriptor;
use forest_actions::prelude::*;

#[smart_action(collection = "orders")]
async fn refund() {}

#[smart_action(collection = "orders")]
async fn cancel() {}

static ALL: [&ActionDescriptor; 2] = actions![refund, cancel,];

#[test]
fn compiles_and_is_declared() {
    let none: [&ActionDescriptor; 0] = actions![];
    assert_eq!(none.len(), 0);
    assert_eq!(ALL[1].name, "Cancel");
    let builder = Forest::builder().actions(actions![refund]).actions(ALL);
    // The same action twice is a mistake, and found.
    assert!(builder.schema().is_err());
}
