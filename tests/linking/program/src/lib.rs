//! The library of a package whose `main.rs` may omit it, and `served.rs`, which the package's tests include.

use forest_actions::prelude::*;

/// An action of the package's own library.
#[smart_action(collection = "orders")]
pub async fn ship() {}
