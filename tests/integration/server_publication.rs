//! The publication of the schema at start, through the whole program (SCH-03 to SCH-09, SCH-12).

use std::time::Duration;

use forest_actions::testing::{FakeForest, Fault};
use forest_actions::{Environment, Forest, ForestBuilder};
use serde_json::json;
use tracing::Level;

use crate::support::connected::{HASH_CHECK, SAM, UPLOAD, project};
use crate::support::{Agent, Call, Log, SECRET, companies};

/// An agent that publishes.
async fn publishing(fake: &FakeForest, settings: impl FnOnce(ForestBuilder) -> ForestBuilder) -> Agent {
    Agent::of_with(fake, |builder| settings(builder.schema_upload(true))).await
}

#[actix_web::test]
async fn sch_04_a_schema_is_sent_once_and_again_after_a_change() {
    let fake = project().await;
    let log = Log::capture();
    let first = publishing(&fake, |builder| builder).await;
    log.wait_for("Schema file sent.").await;
    let requests: Vec<_> = fake
        .requests_to("/forest/**")
        .iter()
        .map(|request| request.path().to_owned())
        .collect();
    assert_eq!(
        requests,
        ["/forest/apimaps/hashcheck", "/forest/apimaps"],
        "the hash is asked about first"
    );
    let schema = fake.schemas().remove(0);
    let asked = fake.requests_to(HASH_CHECK)[0].json().unwrap();
    assert_eq!(asked, json!({"schemaFileHash": schema.hash().unwrap()}));
    assert_eq!(schema.collections(), ["companies"]);
    assert_eq!(schema.actions().len(), first.forest.actions().len());
    // the same schema again
    let log = Log::capture();
    let _second = publishing(&fake, |builder| builder).await;
    log.wait_for("No change in apimap, nothing sent to Forest.").await;
    assert_eq!((fake.count(HASH_CHECK), fake.count(UPLOAD)), (2, 1));
    // another one
    let log = Log::capture();
    let _third = publishing(&fake, |builder| builder.only(|action| action.name != "Archive")).await;
    log.wait_for("Schema file sent.").await;
    assert_eq!(fake.schemas().len(), 2);
}

#[actix_web::test]
async fn sch_05_disabled_publication_sends_nothing_and_is_logged() {
    let fake = project().await;
    fake.grant("Support", "companies", "Archive");
    let log = Log::capture();
    let agent = Agent::of_with(&fake, |builder| builder.schema_upload(false)).await;
    let line = log.wait_for("FOREST_DISABLE_AUTO_SCHEMA_APPLY is set to true").await;
    assert_eq!(line.level, Level::WARN);
    let app = agent.serve().await;
    let answer = Call::post("/forest/actions/archive").by(&fake, SAM).send(&app).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(fake.count("/forest/**"), 0);
}

#[actix_web::test]
async fn sch_06_production_publishes_the_committed_file_under_the_running_version() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("schema.json");
    let committed = Forest::builder().auth_secret(SECRET).schema_path(&path);
    // written by an older library, when there was an action more
    committed
        .actions(companies())
        .liana("forest-actions", "0.0.1")
        .start()
        .await
        .unwrap();
    let fake = project().await;
    let log = Log::capture();
    let settings = |builder: ForestBuilder| {
        let builder = builder
            .actions(companies())
            .environment(Environment::Production)
            .schema_path(&path);
        builder.only(|action| action.name != "Archive")
    };
    let agent = Agent::connected_to(fake.clone(), settings).await;
    log.wait_for("Schema file sent.").await;
    assert_eq!(log.about("the committed schema file was read").len(), 1);
    assert!(
        log.about("differs from the code")
            .iter()
            .any(|line| line.get("difference").contains("Archive"))
    );
    let schema = fake.schemas().remove(0);
    assert!(
        schema.actions().iter().any(|(_, name, _)| *name == "Archive"),
        "{:?}",
        schema.actions()
    );
    assert_eq!(schema.document()["meta"]["liana_version"], env!("CARGO_PKG_VERSION"));
    drop(agent);
}

#[actix_web::test]
async fn sch_07_production_without_a_file_runs_without_publishing() {
    let fake = project().await;
    fake.grant("Support", "companies", "Archive");
    let log = Log::capture();
    let settings = |builder: ForestBuilder| builder.actions(companies()).environment(Environment::Production);
    let agent = Agent::connected_to(fake.clone(), settings).await;
    let line = log.about("the schema file could not be used").remove(0);
    assert_eq!(line.level, Level::ERROR);
    let app = agent.serve().await;
    let answer = Call::post("/forest/actions/archive").by(&fake, SAM).send(&app).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    assert_eq!(fake.count("/forest/**"), 0);
}

#[actix_web::test]
async fn sch_03_an_empty_schema_is_not_sent() {
    let fake = project().await;
    let log = Log::capture();
    let settings = |builder: ForestBuilder| builder.actions([]).schema_file(false);
    let _agent = Agent::connected_to(fake.clone(), settings).await;
    let line = log.wait_for("the schema has no collection and no action").await;
    assert_eq!(line.level, Level::ERROR);
    assert_eq!(fake.count("/forest/**"), 0);
}

#[actix_web::test]
async fn sch_08_every_response_is_logged_and_the_program_runs() {
    for route in [HASH_CHECK, UPLOAD] {
        for (fault, level, text) in [
            (
                Fault::Status(404),
                Level::ERROR,
                "Cannot find the project related to the envSecret",
            ),
            (Fault::Status(503), Level::WARN, "Forest is in maintenance"),
            (
                Fault::Status(500),
                Level::ERROR,
                "An error occured with the apimap sent to Forest",
            ),
            (
                Fault::Status(413),
                Level::ERROR,
                "An error occured with the apimap sent to Forest",
            ),
            (
                Fault::Status(422),
                Level::ERROR,
                "An error occured with the apimap sent to Forest",
            ),
            (Fault::Close, Level::WARN, "Are you online?"),
        ] {
            let fake = project().await;
            fake.grant("Support", "companies", "Archive");
            fake.fault(route, fault.clone());
            let log = Log::capture();
            let agent = publishing(&fake, |builder| builder).await;
            let line = log.wait_for(text).await;
            assert_eq!(line.level, level, "{route} {fault:?}");
            assert!(
                !line.get("cause").is_empty() && !line.get("hint").is_empty(),
                "{line:?}"
            );
            assert!(fake.schemas().is_empty(), "{route} {fault:?}");
            let app = agent.serve().await;
            let answer = Call::post("/forest/actions/archive").by(&fake, SAM).send(&app).await;
            assert_eq!(answer.status(), 200, "{route} {fault:?}");
            // the next start publishes
            fake.heal_all();
            let log = Log::capture();
            let _again = publishing(&fake, |builder| builder).await;
            log.wait_for("Schema file sent.").await;
        }
    }
}

#[actix_web::test]
async fn sch_08_every_2xx_is_success_and_warnings_are_logged() {
    for (status, body) in [
        (200, json!({})),
        (202, json!({"meta": {"job_id": 7}})),
        (204, json!(null)),
    ] {
        let fake = project().await;
        let fault = if status == 204 {
            Fault::Status(204)
        } else {
            Fault::json(status, &body)
        };
        fake.fault(UPLOAD, fault);
        let log = Log::capture();
        let _agent = publishing(&fake, |builder| builder).await;
        let line = log.wait_for("Schema file sent.").await;
        assert_eq!(line.get("status"), status.to_string());
        assert_eq!(line.get("job"), if status == 202 { "7" } else { "" });
    }
    let fake = project().await;
    fake.fault(UPLOAD, Fault::json(200, &json!({"warning": "a collection is odd"})));
    let log = Log::capture();
    let _agent = publishing(&fake, |builder| builder).await;
    let line = log.wait_for("the Forest server warns about the schema").await;
    assert_eq!((line.level, line.get("warning")), (Level::WARN, "a collection is odd"));
}

#[actix_web::test]
async fn sch_09_slow_servers_time_out_and_uploads_have_a_longer_timeout() {
    let fake = project().await;
    fake.grant("Support", "companies", "Archive");
    fake.fault(UPLOAD, Fault::Hang);
    let log = Log::capture();
    let timeouts = |builder: ForestBuilder| builder.schema_timeout(Duration::from_millis(250));
    let agent = publishing(&fake, timeouts).await;
    let line = log.wait_for("Are you online?").await;
    assert_eq!((line.level, line.get("kind")), (Level::WARN, "timeout"));
    let app = agent.serve().await;
    assert_eq!(
        Call::post("/forest/actions/archive")
            .by(&fake, SAM)
            .send(&app)
            .await
            .status(),
        200
    );
    // an answer that takes longer than an ordinary one may
    fake.heal_all();
    fake.fault(UPLOAD, Fault::Delay(Duration::from_millis(400)));
    let log = Log::capture();
    let _agent = publishing(&fake, |builder| builder.request_timeout(Duration::from_millis(200))).await;
    log.wait_for("Schema file sent.").await;
}

#[actix_web::test]
async fn sch_12_a_malformed_environment_secret_stops_the_start_before_anything_is_sent() {
    let fake = project().await;
    for secret in ["short", &"\u{1}".repeat(64), &"0".repeat(63), &"0".repeat(65)] {
        let builder = Forest::builder()
            .auth_secret(SECRET)
            .env_secret(secret)
            .server_url(fake.url());
        let refused = builder
            .actions(companies())
            .schema_file(false)
            .start()
            .await
            .unwrap_err()
            .to_string();
        assert!(refused.contains("64") && !refused.contains(secret), "{refused}");
    }
    assert!(fake.requests().is_empty());
}
