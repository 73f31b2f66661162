//! The defaults: the name from the function, the endpoint from the name.

#![deny(warnings)]

use forest_actions::ActionKind;
use forest_actions::prelude::*;

#[smart_action(collection = "companies")]
async fn mark_as_live() {}

#[test]
fn compiles_and_is_declared() {
    let [action] = actions![mark_as_live];
    assert_eq!(action.name, "Mark as live");
    assert_eq!(action.endpoint, "/forest/actions/mark-as-live");
    assert_eq!(action.kind, ActionKind::Bulk);
    assert!(action.protected);
    assert!(!action.download);
    assert!(action.form.is_none());
}
