//! Tests of an action with roles and approvals: `TestForest` runs it connected, to a Forest server that the test controls.
//!
//! Needs no account and no network: the tests of this file need the feature `testing` in the
//! dev-dependencies, and the program itself nothing.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a program and its tests")]

use forest_actions::prelude::*;

#[derive(ActionForm)]
struct Refund {
    #[field(min = 1)]
    amount: i64,
}

#[smart_action(collection = "orders", name = "Refund order", kind = "single")]
async fn refund(id: RecordId<i64>, form: Form<Refund>) -> String {
    format!("Order {}: {} refunded", *id, form.amount)
}

fn main() -> Result<(), forest_actions::Error> {
    println!("{}", Forest::builder().schema()?.to_file_text());
    Ok(())
}

#[cfg(test)]
mod tests {
    use actix_web::App;
    use forest_actions::testing::TestForest;

    use super::*;

    #[actix_web::test]
    async fn support_refunds_once_a_manager_has_approved() {
        let agent = Forest::builder().actions(actions![refund]);
        let forest = TestForest::start(agent, |forest| App::new().configure(forest.routes()))
            .await
            .unwrap();
        let sam = forest.user("Support");
        let refund = || sam.trigger("orders", "Refund order").ids([7]).value("amount", 5);
        assert_eq!(refund().await.error_name(), "CustomActionTriggerForbiddenError");

        forest
            .fake()
            .grant("Support", "orders", "Refund order")
            .requires_approval("orders", "Refund order");
        forest.fake().role("Manager").may_approve("orders", "Refund order");
        let approval = refund().await.request_approval();
        let approved = forest.user("Manager").approve(&approval).await;
        assert_eq!(approved.success(), "Order 7: 5 refunded");
    }
}
