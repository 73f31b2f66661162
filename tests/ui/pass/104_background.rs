//! Runs in the background, with every argument and with none.

#![deny(warnings)]

use forest_actions::ActionDescriptor;
use forest_actions::prelude::*;

#[smart_action(
    collection = "orders",
    background(over = 500),
    wait = "2s",
    attempts = 5,
    stall = "10m",
    one_at_a_time,
    keep = "30d"
)]
async fn recalculate(_orders: Selection) {}

#[smart_action(collection = "orders", background)]
async fn archive() -> ActionResult {
    Ok(success("Archived"))
}

#[smart_action(collection = "orders")]
async fn close() {}

#[test]
fn compiles_and_is_declared() {
    let [recalculate, archive, close] = actions![recalculate, archive, close];
    let background = |action: &ActionDescriptor| action.background.map(|background| format!("{background:?}"));
    assert_eq!(
        background(recalculate).unwrap(),
        "Background { over: Some(500), wait: 2s, attempts: 5, stall: 600s, one_at_a_time: true, keep: 2592000s }"
    );
    assert_eq!(
        background(archive).unwrap(),
        "Background { over: None, wait: 800ms, attempts: 3, stall: 300s, one_at_a_time: false, keep: 7776000s }"
    );
    assert!(background(close).is_none());
}
