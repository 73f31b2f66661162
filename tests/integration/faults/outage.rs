//! An unreachable Forest server: programs start and handlers run, access is denied, and everything recovers.

use actix_web::App;
use actix_web::test::init_service;
use forest_actions::ForestBuilder;
use forest_actions::prelude::*;
use futures_util::future::join;
use tokio::sync::Notify;

use super::rows::{UNREACHABLE, impatient};
use crate::support::connected::{SAM, begin_login, come_back, log_in, login_start, project, visit};
use crate::support::{Agent, Call, Log, MARK_AS_LIVE, Runs};

#[smart_action(collection = "companies", name = "Wait for the outage", kind = "global")]
async fn wait_for_the_outage(outage: web::Data<Outage>, runs: web::Data<Runs>) -> ActionResult {
    outage.started.notify_one();
    outage.over.notified().await;
    runs.add();
    Ok(success("done"))
}

/// Channels between a running handler and its test.
#[derive(Default)]
struct Outage {
    started: Notify,
    over: Notify,
}

#[actix_web::test]
async fn an_unreachable_server_does_not_stop_the_program_and_grants_nothing() {
    let fake = project().await;
    fake.login_as(Some(SAM));
    fake.role("Support")
        .may_trigger("companies", "Mark as Live")
        .may_trigger("companies", "Wait for the outage");
    // the provider's key takes longer to make than the agents of these tests wait
    let patient = Agent::of(&fake).await;
    assert_eq!(log_in(&patient.serve().await).await.status(), 200);
    let waiting = |builder: ForestBuilder| impatient(builder).actions(actions![wait_for_the_outage]);
    let agent = Agent::of_with(&fake, waiting).await;
    let outage = web::Data::new(Outage::default());
    let app = App::new()
        .app_data(agent.runs.clone())
        .app_data(outage.clone())
        .configure(agent.forest.routes());
    let app = init_service(app).await;
    let address = visit(&begin_login(&app, "").await).await;
    let call = Call::post("/forest/actions/wait-for-the-outage").by(&fake, SAM);
    let during = async {
        outage.started.notified().await;
        // scopes, which a global action does not fetch, are fetched by another action
        assert_eq!(Call::post(MARK_AS_LIVE).by(&fake, SAM).send(&app).await.status(), 200);
        fake.go_offline().await;
        // cached permissions stay valid
        let known = Call::post(MARK_AS_LIVE).by(&fake, SAM).send(&app).await;
        assert_eq!(known.status(), 200, "{known:?}");
        // unknown permissions are denied, even if the cache lacks only that one
        let unknown = Call::post("/forest/actions/archive").by(&fake, SAM).send(&app).await;
        assert!(unknown.detail(503).contains(UNREACHABLE), "{unknown:?}");
        let finished = come_back(&app, &address).await;
        assert!(finished.detail(500).contains(UNREACHABLE), "{finished:?}");
        // a program that starts now runs, and denies access
        let log = Log::capture();
        let late = Agent::of_with(&fake, |builder| impatient(builder).schema_upload(true).events(true)).await;
        let late_app = late.serve().await;
        log.wait_for("Are you online?").await;
        assert_eq!(Call::bare("GET", "/forest").send(&late_app).await.status(), 200);
        let remote = Call::post(MARK_AS_LIVE).by(&fake, SAM).peer("192.0.2.1");
        let local = Call::post(MARK_AS_LIVE).by(&fake, SAM).peer("127.0.0.1");
        assert_eq!(local.send(&late_app).await.detail(403), "IP whitelist not retrieved");
        assert_eq!(login_start(&late_app, "").await.status(), 500);
        assert_eq!(late.runs.count(), 0);
        fake.go_online().await.unwrap();
        // everything heals by itself
        assert_eq!(remote.send(&late_app).await.status(), 200);
        assert_eq!(log_in(&late_app).await.status(), 200);
        assert_eq!(log_in(&app).await.status(), 200);
        outage.over.notify_one();
    };
    let (answer, ()) = join(call.send(&app), during).await;
    assert_eq!(answer.success(), "done", "what runs is not touched");
    assert_eq!(agent.runs.count(), 3);
}
