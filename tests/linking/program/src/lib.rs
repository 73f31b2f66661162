//! The library of a package whose `main.rs` may forget it; and what the tests of the package share by
//! including this directory's `served.rs`.

use forest_actions::prelude::*;

/// An action of the package's own library.
#[smart_action(collection = "orders")]
pub async fn ship() {}
