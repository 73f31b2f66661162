//! What a signed approval may run: the action it names, once with success.

use forest_actions::prelude::*;
use forest_actions::testing::ApprovalRequest;
use serde_json::json;

use crate::server_approvals::{self, ORDERS, request, shop};
use crate::support::connected::{OLGA, SAM};
use crate::support::{Agent, Call, Log, Runs};

#[smart_action(collection = "server orders", name = "Invoice", kind = "bulk")]
async fn invoice(_ids: RecordIds<String>, runs: web::Data<Runs>) {
    runs.add();
}

// the back office escapes both names to the same text
#[smart_action(
    collection = "server orders",
    name = "退款",
    kind = "bulk",
    endpoint = "/forest/actions/refund-cn"
)]
async fn refund_cn(_ids: RecordIds<String>, runs: web::Data<Runs>) {
    runs.add();
}

#[smart_action(
    collection = "server orders",
    name = "删除",
    kind = "bulk",
    endpoint = "/forest/actions/remove-cn"
)]
async fn remove_cn(_ids: RecordIds<String>, runs: web::Data<Runs>) {
    runs.add();
}

#[actix_web::test]
async fn rte_06_an_approval_is_bound_to_its_action() {
    let fake = shop().await;
    for action in ["Invoice", "退款", "删除"] {
        fake.role("Operations").may_approve(ORDERS, action);
    }
    let log = Log::capture();
    for strict in [false, true] {
        let settings = |builder: forest_actions::ForestBuilder| {
            let builder = builder.actions(actions![server_approvals::charge, invoice, refund_cn, remove_cn]);
            builder.strict_approvals(strict).schema_upload(false).schema_file(false)
        };
        let agent = Agent::connected_to(fake.clone(), settings).await;
        let app = agent.serve().await;
        for (path, id, accepted) in [
            ("invoice", json!(null), false),
            ("invoice", json!(""), false),
            ("invoice", json!("server orders-Charge"), false),
            ("invoice", json!("Charge"), false),
            ("invoice", json!("server orders-Invoice"), true),
            ("invoice", json!("server orders-0-invoice"), true),
            // forms of the future, or of an action that was renamed
            ("invoice", json!("12345"), !strict),
            ("invoice", json!("Charge-v2"), !strict),
            ("invoice", json!("5b0f8a0e-7d4e-4a86-9a6c-6d2b3f1f0a11"), !strict),
            // the same for both names
            ("refund-cn", json!("server orders-@@@@@@"), false),
            ("remove-cn", json!("server orders-@@@@@@"), false),
            ("refund-cn", json!("server orders-退款"), true),
            ("remove-cn", json!("server orders-退款"), false),
        ] {
            let token = fake
                .approval_token(SAM, &request())
                .attribute("smart_action_id", id.clone());
            let call = Call::post(format!("/forest/actions/{path}"))
                .by(&fake, OLGA)
                .attributes(json!({"signed_approval_request": token.sign()}));
            let answer = call.send(&app).await;
            assert_eq!(
                answer.status(),
                if accepted { 204 } else { 400 },
                "{path} {id} {strict}: {answer:?}"
            );
            assert_eq!(agent.runs.take(), usize::from(accepted), "{path} {id}");
        }
    }
    assert_eq!(log.about("has an unknown form").len(), 3);
    // at the start of each agent
    assert_eq!(log.about("gives these two actions one id").len(), 2);
}

static GATE: tokio::sync::Semaphore = tokio::sync::Semaphore::const_new(0);

/// Fails, then waits at the gate.
#[smart_action(collection = "server orders", name = "Ship", kind = "bulk")]
async fn ship(ids: RecordIds<String>, runs: web::Data<Runs>) -> ActionResult {
    if runs.count() == 0 {
        runs.add();
        return Err(failure("not yet"));
    }
    GATE.acquire().await?.forget();
    runs.add();
    Ok(success(ids.join(",")))
}

#[actix_web::test]
async fn app_07_an_approval_that_has_run_does_not_run_again() {
    let fake = shop().await;
    fake.role("Operations").may_approve(ORDERS, "Ship");
    let agent = Agent::of_actions(&fake, actions![ship, server_approvals::charge]).await;
    let app = agent.serve().await;
    let approved = || {
        let id = fake.file_approval(SAM, ApprovalRequest::new(ORDERS, "Ship").records(["7"]));
        let approved = fake.approve(id, OLGA).unwrap();
        Call::post("/forest/actions/ship").by(&fake, OLGA).json(approved.body())
    };
    let call = approved();
    // one that ended with an error may be tried again
    assert_eq!(call.send(&app).await.status(), 400);
    let (first, second, ()) = tokio::join!(call.send(&app), call.send(&app), async {
        tokio::task::yield_now().await;
        GATE.add_permits(1);
    });
    let (ran, refused) = if first.status() == 200 {
        (first, second)
    } else {
        (second, first)
    };
    assert_eq!(ran.success(), "7");
    assert_eq!(refused.detail(409), "this approval is being executed");
    let again = call.send(&app).await;
    assert_eq!(
        again.detail(409),
        "this approval has been executed: request the action again"
    );
    assert_eq!(agent.runs.take(), 2);
    // another approval of the same records
    GATE.add_permits(1);
    agent.runs.add();
    assert_eq!(approved().send(&app).await.success(), "7");
}
