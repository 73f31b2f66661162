//! An action that is private to its module.

use forest_actions::prelude::*;

mod orders {
    use forest_actions::prelude::*;

    #[smart_action(collection = "orders")]
    async fn refund() {}
}

fn main() {
    let _ = actions![orders::refund];
}
