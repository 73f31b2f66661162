//! Functions in modules, in blocks, private and public; raw identifiers.

#![deny(warnings)]

use forest_actions::ActionDescriptor;
use forest_actions::prelude::*;

mod orders {
    use forest_actions::prelude::*;

    #[smart_action(collection = "orders")]
    pub(crate) async fn refund() {}

    #[smart_action(collection = "orders")]
    pub(super) async fn r#move() {}

    pub mod deeper {
        #[forest_actions::smart_action(collection = "orders")]
        pub(in super::super) async fn cancel() {}

        #[forest_actions::smart_action(collection = "orders")]
        async fn private() {}
    }
}

// A module and an action may have the same name.
mod export {}

#[smart_action(collection = "orders")]
async fn export() {}

#[test]
fn compiles_and_is_declared() {
    #[smart_action(collection = "orders", name = "Inside a function")]
    async fn inside(id: RecordId<i64>) -> String {
        id.to_string()
    }

    let here = actions![
        inside,
        self::export,
        orders::refund,
        crate::places::orders::r#move,
        orders::deeper::cancel
    ];
    assert_eq!(
        here.map(|action| action.name),
        ["Inside a function", "Export", "Refund", "Move", "Cancel"]
    );
    assert_eq!(here[3].endpoint, "/forest/actions/move");
    // `private` is not reachable by a path, and is served all the same.
    let written_here = |action: &ActionDescriptor| action.origin.module.contains("places");
    let schema = Forest::builder().only(written_here).schema().unwrap();
    assert!(schema.find_action("orders", "Private").is_some());
}
