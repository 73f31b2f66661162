//! Permissions from the Forest server, through the whole program: fetched once, cached, refetched before a denial,
//! invalidated on changes, and never guessed (PER-01 to PER-06).

use std::time::Duration;

use forest_actions::testing::{Fault, Gate, Right};
use futures_util::future::{join, join_all};
use serde_json::{Value, json};
use tracing::Level;

use crate::support::connected::{
    ADA, ARCHIVE, ENVIRONMENT, INVALIDATION, OLGA, RECOUNT, RENDERINGS, SAM, USERS, asked, condition, done, project,
};
use crate::support::{Agent, Answer, Call, Log, MARK_AS_LIVE};

const UNVERIFIED: &str = "The conditions to trigger this action cannot be verified. Please contact an administrator.";
const REFUSED: &str = "You don't have permission to trigger this action.";

fn assert_refused(answer: &Answer) {
    assert_eq!(answer.detail(403), REFUSED);
    assert_eq!(answer.name(), "CustomActionTriggerForbiddenError");
}

#[actix_web::test]
async fn per_01_permissions_are_refetched_before_a_denial() {
    let fake = project().await;
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let call = Call::post(MARK_AS_LIVE).by(&fake, SAM);
    assert_refused(&call.send(&app).await);
    assert_eq!(
        asked(&fake),
        [1, 1, 0],
        "what was asked for during the request is fresh enough"
    );
    fake.grant("Support", "companies", "Mark as Live");
    assert_eq!(call.send(&app).await.status(), 200);
    assert_eq!(fake.count(ENVIRONMENT), 2, "one more look, and one only");
    // denials cost at most one refetch per request
    fake.deny("Support", "companies", "Mark as Live");
    assert_eq!(call.send(&app).await.status(), 200, "a grant is kept for its time");
    assert_eq!(fake.count(ENVIRONMENT), 2);
    let other = Call::post(RECOUNT).by(&fake, SAM);
    assert_refused(&other.send(&app).await);
    assert_eq!(fake.count(ENVIRONMENT), 3);
    assert_eq!(agent.runs.count(), 2);
}

#[actix_web::test]
async fn per_01_concurrent_denials_share_one_refetch() {
    let fake = project().await;
    fake.grant("Operations", "companies", "Recount");
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    assert_eq!(Call::post(RECOUNT).by(&fake, OLGA).send(&app).await.status(), 200);
    assert_eq!(asked(&fake), [1, 1, 0]);
    // the look is held back until all of them wait for it
    let gate = Gate::new();
    fake.fault_next(ENVIRONMENT, [Fault::Hold(gate.clone())]);
    let call = Call::post(RECOUNT).by(&fake, SAM);
    let calls = join_all((0..20).map(|_| call.send(&app)));
    let opened = async {
        fake.wait_for(ENVIRONMENT, 2).await.unwrap();
        gate.open();
    };
    let (answers, ()) = join(calls, opened).await;
    for answer in &answers {
        assert_refused(answer);
    }
    assert_eq!(asked(&fake)[..2], [2, 2]);
    assert_eq!(agent.runs.count(), 1);
}

#[actix_web::test]
async fn per_01_a_newly_assigned_role_applies() {
    let fake = project().await;
    fake.grant("Operations", "companies", "Mark as Live");
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let call = Call::post(MARK_AS_LIVE).by(&fake, SAM);
    assert_refused(&call.send(&app).await);
    fake.set_role(SAM, Some("Operations")).unwrap();
    assert_eq!(call.send(&app).await.status(), 200);
    assert_eq!(fake.count(USERS), 2);
    // a new team member
    fake.add_user(forest_actions::testing::FakeUser::new(8, "new@example.com").role("Operations"));
    let joined = Call::post(MARK_AS_LIVE).by(&fake, 8).send(&app).await;
    assert_eq!(joined.status(), 200, "{joined:?}");
}

#[actix_web::test]
async fn per_02_missing_permissions_are_denied_with_a_logged_cause() {
    let fake = project().await;
    fake.grant("Admin", "companies", "Mark as Live");
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let environment = |payload: Value| Fault::json(200, &payload);
    let allowed = json!({"triggerEnabled": true, "triggerConditions": [], "approvalRequired": false,
        "approvalRequiredConditions": [], "userApprovalEnabled": true, "userApprovalConditions": [],
        "selfApprovalEnabled": true});
    for (payload, cause) in [
        (json!({"collections": {}}), "do not know the collection"),
        (
            json!({"collections": {"companies": {"collection": {}, "actions": {}}}}),
            "no action of this name",
        ),
        (
            json!({"collections": {"companies": {"collection": {}, "actions": {"mark as live": allowed}}}}),
            "no action of this name",
        ),
        (
            json!({"collections": {"companies": {"collection": {}, "actions": {"Mark as Live": {}}}}}),
            "does not have the right",
        ),
    ] {
        fake.heal_all();
        fake.fault(ENVIRONMENT, environment(payload.clone()));
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        let log = Log::capture();
        assert_refused(&Call::post(MARK_AS_LIVE).by(&fake, SAM).send(&app).await);
        let line = log.end();
        assert!(line.get("error").contains(cause), "{payload}: {line:?}");
        assert_eq!(agent.runs.count(), 0);
    }
    // a person whom the project does not know, and one without a role
    fake.heal_all();
    fake.set_role(OLGA, None).unwrap();
    for (user, cause) in [(99, "not among the users"), (OLGA, "has no role")] {
        let log = Log::capture();
        assert_refused(&Call::post(MARK_AS_LIVE).by(&fake, user).send(&app).await);
        assert!(log.end().get("error").contains(cause), "{user}");
    }
}

#[actix_web::test]
async fn per_02_a_malformed_payload_grants_nothing() {
    let fake = project().await;
    fake.grant("Support", "companies", "Mark as Live");
    for (route, payloads) in [
        (
            ENVIRONMENT,
            vec![
                json!(false),
                json!("true"),
                json!([]),
                json!(null),
                json!({"collections": []}),
                json!({"collections": {"companies": {"actions": {"Mark as Live": {"triggerEnabled": "yes"}}}}}),
            ],
        ),
        (USERS, vec![json!({}), json!([7]), json!([{"roleId": 20}]), json!(true)]),
        (RENDERINGS, vec![json!([]), json!({"collections": [1]}), json!("no")]),
    ] {
        for payload in payloads {
            fake.heal_all();
            fake.fault(route, Fault::json(200, &payload));
            let agent = Agent::of(&fake).await;
            let app = agent.serve().await;
            let answer = Call::post(MARK_AS_LIVE).by(&fake, SAM).send(&app).await;
            assert!(matches!(answer.status(), 403 | 503), "{route} {payload}: {answer:?}");
            assert_eq!(agent.runs.count(), 0, "{route} {payload}");
            fake.heal_all();
            let answer = Call::post(MARK_AS_LIVE).by(&fake, SAM).send(&app).await;
            assert_eq!(answer.status(), 200, "{route} {payload}: nothing of it is kept");
        }
    }
}

#[actix_web::test]
async fn per_03_a_failed_fetch_is_not_cached() {
    let fake = project().await;
    fake.grant("Support", "companies", "Mark as Live");
    for route in [ENVIRONMENT, USERS, RENDERINGS] {
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        fake.fault_next(route, [Fault::Status(500)]);
        let call = Call::post(MARK_AS_LIVE).by(&fake, SAM);
        let answer = call.send(&app).await;
        assert_eq!(answer.detail(503), "the test asked for this answer", "{route}");
        assert_eq!(answer.name(), "PermissionsUnavailableError");
        assert_eq!(call.send(&app).await.status(), 200, "{route}");
        assert_eq!(agent.runs.count(), 1);
    }
}

#[actix_web::test]
async fn per_04_an_invalidation_drops_only_the_rendering() {
    let fake = project().await;
    fake.grant("Support", "companies", "Archive");
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let call = Call::post(ARCHIVE).by(&fake, SAM).ids(["1", "2", "3"]);
    assert_eq!(done(&call.send(&app).await), "1,2,3");
    fake.rendering(1)
        .scope("companies", condition("country", "equal", "FR"));
    assert_eq!(done(&call.send(&app).await), "1,2,3", "it is kept for its time");
    // of another rendering, of an unknown one, of one whose id is a text
    for rendering in [json!(2), json!("7777")] {
        assert_eq!(Call::invalidation(&fake, rendering).send(&app).await.status(), 204);
    }
    assert_eq!(done(&call.send(&app).await), "1,2,3");
    for same in [json!("1"), json!(1.0)] {
        assert_eq!(Call::invalidation(&fake, same).send(&app).await.status(), 204);
    }
    assert_eq!(done(&call.send(&app).await), "2,3");
    assert_eq!(asked(&fake), [1, 1, 2]);
    // the request has a session, which names its rendering
    for (call, status) in [
        (Call::invalidation(&fake, 1).without("authorization"), 401),
        (Call::invalidation(&fake, 1).method("GET"), 405),
        (Call::invalidation(&fake, json!(null)), 400),
        (Call::invalidation(&fake, "1/../2"), 400),
        (Call::post(INVALIDATION).by(&fake, ADA).body("{"), 400),
        (Call::post(INVALIDATION).by(&fake, ADA).body("x".repeat(1 << 20)), 413),
    ] {
        assert_eq!(call.send(&app).await.status(), status);
    }
    assert_eq!(fake.count(RENDERINGS), 2);
}

#[actix_web::test]
async fn per_04_a_response_older_than_an_invalidation_is_discarded() {
    let fake = project().await;
    fake.grant("Support", "companies", "Archive");
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let gate = Gate::new();
    // the first answer was made before the scope changed, and arrives afterwards
    fake.fault_next(RENDERINGS, [Fault::Hold(gate.clone())]);
    let call = Call::post(ARCHIVE).by(&fake, SAM).ids(["1", "2", "3"]);
    let changed = async {
        fake.wait_for(RENDERINGS, 1).await.unwrap();
        fake.rendering(1)
            .scope("companies", condition("country", "equal", "FR"));
        let answer = Call::invalidation(&fake, 1).send(&app).await;
        assert_eq!(answer.status(), 204);
        gate.open();
    };
    let (answer, ()) = join(call.send(&app), changed).await;
    assert_eq!(done(&answer), "1,2,3", "it was asked for by whoever came before");
    assert_eq!(done(&call.send(&app).await), "2,3", "and was not stored");
    assert_eq!(fake.count(RENDERINGS), 2);
}

#[actix_web::test]
async fn per_04_repeated_invalidations_cost_a_request_one_call() {
    let fake = project().await;
    fake.grant("Support", "companies", "Archive");
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let call = Call::post(ARCHIVE).by(&fake, SAM).ids(["1", "2", "3"]);
    for number in 1..=5 {
        let gate = Gate::new();
        fake.fault_next(RENDERINGS, [Fault::Hold(gate.clone())]);
        let invalidated = async {
            fake.wait_for(RENDERINGS, number).await.unwrap();
            for _ in 0..20 {
                assert_eq!(Call::invalidation(&fake, 1).send(&app).await.status(), 204);
            }
            gate.open();
        };
        let (answer, ()) = join(call.send(&app), invalidated).await;
        assert_eq!(done(&answer), "1,2,3");
        assert_eq!(fake.count(RENDERINGS), number);
    }
}

#[actix_web::test]
async fn per_02_a_malformed_entry_denies_only_its_own_permission() {
    let fake = project().await;
    let role = fake.role("Support").id();
    let right = |conditions: Value| json!({"triggerEnabled": {"roles": [role]}, "triggerConditions": conditions});
    let unreadable = json!([{"roleId": role, "filter": null}]);
    let environment = json!({"collections": {
        "weird": null,
        "companies": {
            "collection": {"browseEnabled": {"roles": null}},
            "actions": {"Mark as Live": right(json!([])), "Archive": right(unreadable), "Recount": {"triggerEnabled": "yes"}},
        },
    }});
    let users = json!([{"id": null}, {"id": SAM, "roleId": role, "email": "sam@example.com"}, 7]);
    let rendering = json!({"team": {"id": 7, "name": "Ops"}, "collections": {
        "weird": null,
        "companies": {"scope": null, "segments": [{"query": 1}], "liveQuerySegments": [{"connectionName": null, "query": null}]},
    }});
    for (route, payload) in [(ENVIRONMENT, &environment), (USERS, &users), (RENDERINGS, &rendering)] {
        fake.fault(route, Fault::json(200, payload));
    }
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let log = Log::capture();
    let send = async |path: &str| Call::post(path).by(&fake, SAM).ids(["1"]).send(&app).await;
    let answer = send(MARK_AS_LIVE).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    for (call, places) in [
        (
            "permissions of the environment",
            &[
                "collections.weird",
                "browseEnabled.roles",
                "triggerConditions[0].filter",
            ][..],
        ),
        ("users", &["[0].id", "[2]"]),
        (
            "permissions of a rendering",
            &[
                "collections.weird",
                "companies.segments[0]",
                "companies.liveQuerySegments[0].query",
            ],
        ),
    ] {
        let lines = log.about("the rights and records that they describe are denied");
        let lines: Vec<_> = lines.iter().filter(|line| line.get("call") == call).collect();
        assert!(lines.len() == 1 && lines[0].level == Level::ERROR, "{call}: {lines:?}");
        for place in places {
            assert!(lines[0].get("cause").contains(place), "{place}: {lines:?}");
        }
    }
    assert_eq!(send(ARCHIVE).await.detail(422), UNVERIFIED);
    assert_refused(&send(RECOUNT).await);
    let list = Call::read("/forest/companies").by(&fake, SAM).send(&app).await;
    assert_eq!(list.status(), 403);
    assert_eq!(agent.runs.count(), 1);
    // an invalid scope hides the collection's records
    fake.heal(RENDERINGS);
    fake.fault(
        RENDERINGS,
        Fault::json(200, &json!({"collections": {"companies": null}})),
    );
    assert_eq!(Call::invalidation(&fake, 1).send(&app).await.status(), 204);
    let hidden = send(MARK_AS_LIVE).await;
    assert_eq!(hidden.name(), "InvalidScopeError", "{hidden:?}");
}

#[actix_web::test]
async fn per_05_64_concurrent_first_requests_make_one_call_of_each_kind() {
    let fake = project().await;
    fake.grant("Support", "companies", "Mark as Live");
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let call = Call::post(MARK_AS_LIVE).by(&fake, SAM);
    let answers = join_all((0..64).map(|_| call.send(&app))).await;
    for answer in &answers {
        assert_eq!(answer.status(), 200, "{answer:?}");
    }
    assert_eq!(asked(&fake), [1, 1, 1]);
    assert_eq!(agent.runs.take(), 64);
    // cached permissions need no request
    assert_eq!(call.send(&app).await.status(), 200);
    assert_eq!(asked(&fake), [1, 1, 1]);
}

#[actix_web::test]
async fn per_06_zero_lifetime_is_clamped_with_a_warning() {
    let fake = project().await;
    fake.grant("Support", "companies", "Mark as Live");
    let log = Log::capture();
    let agent = Agent::of_with(&fake, |builder| builder.permissions_lifetime(Duration::ZERO)).await;
    let said = log.about("permissions are kept for");
    assert!(said.len() == 1 && said[0].level == Level::WARN, "{said:?}");
    assert_eq!((said[0].get("asked"), said[0].get("used")), ("0", "60"));
    let app = agent.serve().await;
    let call = Call::post(MARK_AS_LIVE).by(&fake, SAM);
    for _ in 0..3 {
        assert_eq!(call.send(&app).await.status(), 200);
    }
    assert_eq!(asked(&fake), [1, 1, 1]);
}

#[actix_web::test]
async fn per_03_a_failed_refetch_before_a_denial_grants_nothing() {
    let fake = project().await;
    fake.set_right(
        forest_actions::testing::ActionRight::Trigger,
        "companies",
        "Mark as Live",
        Right::Nobody,
    );
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let call = Call::post(MARK_AS_LIVE).by(&fake, SAM);
    assert_refused(&call.send(&app).await);
    fake.fault(ENVIRONMENT, Fault::Status(503));
    let answer = call.send(&app).await;
    assert!(answer.detail(503).contains("maintenance"), "{answer:?}");
    fake.heal_all();
    assert_refused(&call.send(&app).await);
    assert_eq!(agent.runs.count(), 0);
}
