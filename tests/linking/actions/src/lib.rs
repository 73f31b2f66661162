//! A library with actions, which programs link by name or forget.

use forest_actions::prelude::*;

/// An action at the top of the crate.
#[smart_action(collection = "orders")]
pub async fn refund() {}

/// Not referenced by any other module.
mod deeper {
    use forest_actions::prelude::*;

    #[smart_action(collection = "orders")]
    async fn cancel() {}
}
