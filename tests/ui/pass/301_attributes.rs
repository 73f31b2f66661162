//! Attributes of the function are kept, and `cfg` is honoured.

#![deny(warnings)]
#![deny(missing_docs, unreachable_pub, deprecated)]

use forest_actions::prelude::*;

/// Developers read this; it is not sent to Forest Admin.
#[smart_action(collection = "orders")]
#[inline]
#[must_use]
pub(crate) async fn documented() -> &'static str {
    "Done"
}

#[smart_action(collection = "orders")]
#[deprecated(note = "use `documented`")]
async fn old() {}

#[cfg(all(unix, not(unix)))]
#[smart_action(collection = "orders")]
async fn never(argument: TypeThatDoesNotExist) {}

#[smart_action(collection = "orders")]
#[cfg(not(all(unix, not(unix))))]
async fn always() {}

#[cfg_attr(all(), smart_action(collection = "orders"))]
async fn conditional_attribute() {}

#[smart_action(collection = "orders", name = "Platform")]
#[cfg(unix)]
async fn platform() {}

#[smart_action(collection = "orders", name = "Platform")]
#[cfg(not(unix))]
async fn platform() {}

#[test]
fn compiles_and_is_declared() {
    let [documented, always, conditional, platform] = actions![documented, always, conditional_attribute, platform];
    assert_eq!(documented.description, None);
    assert_eq!(always.name, "Always");
    assert_eq!(conditional.name, "Conditional attribute");
    assert_eq!(platform.name, "Platform");
    #[allow(deprecated)]
    let [old] = actions![old];
    assert_eq!(old.name, "Old");
}
