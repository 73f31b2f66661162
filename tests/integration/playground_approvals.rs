//! The local page of an agent that is connected to a fake Forest server: its people, its rights, and approvals from the
//! request to the executed action.

use actix_web::{App, test, web};
use forest_actions::testing::{ApprovalStatus, FakeForest, FakeUser, Fault};
use serde_json::{Value, json};

use crate::support::page::{ask, mounted, session};
use crate::support::{Agent, Call, ENV_SECRET, Log, MARK_AS_LIVE, SECRET, companies};

/// A project in which Sam and Olga need an approval, and Ada and Olga give it.
async fn fake() -> FakeForest {
    let fake = FakeForest::builder()
        .env_secret(ENV_SECRET)
        .auth_secret(SECRET)
        .user(
            FakeUser::new(1, "ada@example.com")
                .name("Ada", "Lovelace")
                .role("Admin"),
        )
        .user(
            FakeUser::new(2, "sam@example.com")
                .name("Sam", "Porter")
                .role("Support")
                .team("Help"),
        )
        .role("Admin", |role| {
            role.may_trigger("companies", "Mark as Live")
                .may_trigger("companies", "Archive")
                .may_approve("companies", "Mark as Live")
        })
        .user(
            FakeUser::new(3, "olga@example.com")
                .name("Olga", "Marsh")
                .role("Operations"),
        )
        .role("Support", |role| {
            role.may_trigger("companies", "Mark as Live")
                .requires_approval("companies", "Mark as Live")
        })
        .role("Operations", |role| {
            role.may_trigger("companies", "Mark as Live")
                .requires_approval("companies", "Mark as Live")
                .may_approve("companies", "Mark as Live")
        });
    fake.start().await.unwrap()
}

async fn connected() -> Agent {
    Agent::connected_to(fake().await, |builder| builder.actions(companies())).await
}

fn get(path: &str, token: &str) -> Call {
    Call::bare("GET", format!("/playground/{path}")).bearer(token)
}

fn post(path: &str, token: &str, body: Value) -> Call {
    Call::bare("POST", format!("/playground/{path}"))
        .bearer(token)
        .header("content-type", "application/json")
        .json(&body)
}

fn request(id: &str) -> Value {
    json!({
        "collection": "companies",
        "action": "Mark as Live",
        "recordIds": [id],
        "values": {"why": "<b>it is late</b>"},
        "comment": "please",
    })
}

#[actix_web::test]
async fn people_and_sessions_come_from_the_connected_server() {
    let agent = connected().await;
    let app = mounted(&agent, |page| page.fake_forest(agent.fake().clone())).await;
    let document = Call::bare("GET", "/").send(&app).await;
    assert!(document.text().contains(r#""mode":"fake""#) && document.text().contains(r#""approvals":true"#));
    let ada = session(&app, 1).await;
    let answer = Call::post(MARK_AS_LIVE).bearer(&ada).send(&app).await;
    assert_eq!(answer.success(), "Company 1 is now live!");
}

#[actix_web::test]
async fn without_a_fake_server_a_connected_agent_lists_no_people() {
    let log = Log::capture();
    let agent = connected().await;
    let other = FakeForest::start().await.unwrap();
    // reported by the first one that is mounted
    for page in [agent.forest.playground().fake_forest(other), agent.forest.playground()] {
        let app = test::init_service(App::new().configure(agent.forest.routes()).configure(page.routes())).await;
        let document = Call::bare("GET", "/").send(&app).await;
        assert!(document.text().contains(r#""mode":"connected""#) && document.text().contains(r#""people":[]"#));
        assert_eq!(ask(1).send(&app).await.status(), 404);
    }
    let said = log.about("the local page");
    let problems = said
        .iter()
        .filter(|line| line.get("problem").contains("not connected to the fake"));
    assert_eq!(problems.count(), 1);
}

#[actix_web::test]
async fn per_19_rights_come_from_the_server_and_an_outage_is_not_a_denial() {
    let agent = connected().await;
    let app = mounted(&agent, |page| page.fake_forest(agent.fake().clone())).await;
    let sam = session(&app, 2).await;
    let rights = get("rights", &sam).send(&app).await.json();
    for shown in rights["actions"].as_array().unwrap() {
        // Ping is unprotected, and Mark as Live requires an approval
        let expected = shown["name"] == "Mark as Live" || shown["name"] == "Ping";
        assert_eq!(shown["allowed"], expected, "{shown}");
    }
    // any number of denials causes one refetch
    let asked = agent.fake().count("GET /liana/v4/permissions/environment");
    assert!(asked <= 2, "{asked}");
    agent.fake().grant("Support", "companies", "Archive");
    let rights = get("rights", &sam).send(&app).await.json();
    let archive = rights["actions"]
        .as_array()
        .unwrap()
        .iter()
        .find(|shown| shown["name"] == "Archive");
    assert_eq!(
        archive.unwrap()["allowed"],
        true,
        "per_01: asked again before a refusal"
    );
    let other = connected().await;
    let app = mounted(&other, |page| page.fake_forest(other.fake().clone())).await;
    let sam = session(&app, 2).await;
    other
        .fake()
        .fault("GET /liana/v4/permissions/environment", Fault::Status(503));
    assert_eq!(get("rights", &sam).send(&app).await.status(), 503);
}

#[actix_web::test]
async fn app_03_an_approval_runs_from_request_through_review_to_execution() {
    let agent = connected().await;
    let app = mounted(&agent, |page| page.fake_forest(agent.fake().clone())).await;
    let (ada, sam) = (session(&app, 1).await, session(&app, 2).await);
    let refused = Call::post(MARK_AS_LIVE).bearer(&sam).send(&app).await;
    assert_eq!(refused.name(), "CustomActionRequiresApprovalError");
    let filed = post("approvals", &sam, request("7")).send(&app).await;
    assert_eq!(filed.status(), 201);
    let filed = filed.json();
    let at = |step: usize| filed["history"][step]["at"].clone();
    let sam_is = json!({"id": 2, "name": "Sam Porter"});
    let mut expected = json!({
        "id": 1,
        "collection": "companies",
        "action": "Mark as Live",
        "kind": "single",
        "recordIds": ["7"],
        "values": {"why": "<b>it is late</b>"},
        "requester": {"id": 2, "name": "Sam Porter"},
        "status": "pending",
        "reviewer": null,
        "mayDecide": false,
        "reason": "You don't have permission to approve this action.",
        "comments": [{"author": {"id": 2, "name": "Sam Porter"}, "text": "please"}],
        "history": [
            {"at": at(0), "by": sam_is, "step": "requested"},
            {"at": at(1), "by": sam_is, "step": "commented"},
        ],
        "endpoint": MARK_AS_LIVE,
    });
    assert_eq!(filed, expected);
    assert!(
        at(0)
            .as_str()
            .is_some_and(|at| at.starts_with("20") && at.ends_with('Z')),
        "{filed}"
    );
    expected["mayDecide"] = json!(true);
    expected["reason"] = json!(null);
    assert_eq!(get("approvals", &ada).send(&app).await.json(), json!([expected]));

    let approved = post("approvals/1/approve", &ada, json!({"message": " go on "}));
    let approved = approved.send(&app).await.json();
    let execute = Call::post(approved["endpoint"].as_str().unwrap())
        .bearer(&ada)
        .json(&approved["body"]);
    assert_eq!(execute.send(&app).await.success(), "Company 7 is now live!");
    let list = get("approvals", &sam).send(&app).await.json();
    assert_eq!(list[0]["status"], "approved");
    assert_eq!(list[0]["reviewer"], json!({"id": 1, "name": "Ada Lovelace"}));
    assert_eq!(list[0]["comments"][1]["text"], "go on");
    assert_eq!(
        (&list[0]["mayDecide"], &list[0]["reason"]),
        (&json!(false), &json!(null))
    );
    let twice = post("approvals/1/approve", &ada, json!({})).send(&app).await;
    assert!(twice.detail(409).contains("already approved"));
}

#[actix_web::test]
async fn app_03_an_unauthorized_review_leaves_the_request_unchanged() {
    let agent = connected().await;
    let app = mounted(&agent, |page| page.fake_forest(agent.fake().clone())).await;
    let sam = session(&app, 2).await;
    post("approvals", &sam, request("7")).send(&app).await;
    for verb in ["approve", "reject"] {
        let path = format!("approvals/1/{verb}");
        let refused = post(&path, &sam, json!({"message": "me"})).send(&app).await;
        assert_eq!(refused.name(), "ApprovalNotAllowedError", "{verb}");
    }
    let approval = agent.fake().approval(1).unwrap();
    assert_eq!(
        (approval.status(), approval.comments().len()),
        (ApprovalStatus::Pending, 1)
    );
    assert_eq!(agent.runs.count(), 0);
}

#[actix_web::test]
async fn app_03_a_reviewer_cannot_review_their_own_request() {
    let agent = connected().await;
    let app = mounted(&agent, |page| page.fake_forest(agent.fake().clone())).await;
    let (sam, olga) = (session(&app, 2).await, session(&app, 3).await);
    post("approvals", &olga, request("7")).send(&app).await;
    post("approvals", &sam, request("8")).send(&app).await;
    let list = get("approvals", &olga).send(&app).await.json();
    assert_eq!(
        (&list[0]["mayDecide"], &list[1]["mayDecide"]),
        (&json!(false), &json!(true))
    );
    for verb in ["approve", "reject"] {
        let refused = post(&format!("approvals/1/{verb}"), &olga, json!({})).send(&app).await;
        assert_eq!(refused.status(), 403, "{verb}");
    }
    assert_eq!(
        post("approvals/2/reject", &olga, json!({})).send(&app).await.status(),
        200
    );
}

#[actix_web::test]
async fn app_04_a_request_requires_the_trigger_permission() {
    let agent = connected().await;
    let app = mounted(&agent, |page| page.fake_forest(agent.fake().clone())).await;
    let sam = session(&app, 2).await;
    let body = json!({"collection": "companies", "action": "Archive", "recordIds": ["7"]});
    let refused = post("approvals", &sam, body).send(&app).await;
    assert_eq!(
        (refused.status(), refused.name()),
        (403, "CustomActionTriggerForbiddenError".to_owned())
    );
    assert!(agent.fake().approvals().is_empty());
}

#[actix_web::test]
async fn app_04_records_are_checked_at_execution() {
    let agent = connected().await;
    let app = mounted(&agent, |page| page.fake_forest(agent.fake().clone())).await;
    let (ada, sam) = (session(&app, 1).await, session(&app, 2).await);
    for (id, ids) in [(1, json!([])), (2, json!(["7", "8"]))] {
        let body = json!({"collection": "companies", "action": "Mark as Live", "recordIds": ids});
        assert_eq!(post("approvals", &sam, body).send(&app).await.status(), 201);
        let approved = post(&format!("approvals/{id}/approve"), &ada, json!({}))
            .send(&app)
            .await
            .json();
        let execute = Call::post(MARK_AS_LIVE).bearer(&ada).json(&approved["body"]);
        let answer = execute.send(&app).await;
        assert_eq!(
            (answer.status(), answer.name()),
            (400, "BadRequestError".to_owned()),
            "{ids}"
        );
    }
    assert_eq!(agent.runs.count(), 0);
}

#[actix_web::test]
async fn per_02_reviews_are_rejected_while_rights_are_unknown() {
    let agent = connected().await;
    let app = mounted(&agent, |page| page.fake_forest(agent.fake().clone())).await;
    let sam = session(&app, 2).await;
    post("approvals", &sam, request("7")).send(&app).await;
    agent
        .fake()
        .fault("GET /liana/v4/permissions/environment", Fault::Status(503));
    // a refusal is looked at once more, with fresher facts
    assert_eq!(get("approvals", &sam).send(&app).await.status(), 503);
}

#[actix_web::test]
async fn a_rejection_keeps_its_message_and_closes_the_request() {
    let agent = connected().await;
    let app = mounted(&agent, |page| page.fake_forest(agent.fake().clone())).await;
    let (ada, sam) = (session(&app, 1).await, session(&app, 2).await);
    post("approvals", &sam, request("7")).send(&app).await;
    let rejected = post("approvals/1/reject", &ada, json!({"message": " not today "}))
        .send(&app)
        .await
        .json();
    assert_eq!(rejected["status"], "rejected");
    assert_eq!(
        rejected["comments"][1],
        json!({"author": {"id": 1, "name": "Ada Lovelace"}, "text": "not today"})
    );
    assert_eq!(
        post("approvals/1/approve", &ada, json!({})).send(&app).await.status(),
        409
    );
}

#[actix_web::test]
async fn approvals_require_a_session_and_report_errors() {
    let agent = connected().await;
    let app = mounted(&agent, |page| page.fake_forest(agent.fake().clone())).await;
    let sam = session(&app, 2).await;
    assert_eq!(
        Call::bare("GET", "/playground/approvals").send(&app).await.status(),
        401
    );
    assert_eq!(post("approvals", "x.y.z", request("7")).send(&app).await.status(), 401);
    let form = post("approvals", &sam, request("7")).header("content-type", "text/plain");
    assert_eq!(form.send(&app).await.status(), 415);
    for (path, body, status) in [
        ("approvals", json!({}), 400),
        (
            "approvals",
            json!({"collection": "companies", "action": "Nothing"}),
            404,
        ),
        (
            "approvals",
            json!({"collection": "companies", "action": "Mark as Live", "recordIds": 7}),
            400,
        ),
        ("approvals/9/approve", json!({}), 404),
        ("approvals/9/reject", json!({}), 404),
        ("approvals/x/approve", json!({}), 404),
        ("approvals/1/delete", json!({}), 404),
        ("approvals/1/approve/more", json!({}), 404),
    ] {
        let answer = post(path, &sam, body.clone()).send(&app).await;
        assert_eq!(answer.status(), status, "{path} {body}");
    }
    let read = get("approvals/1/approve", &sam).send(&app).await;
    assert_eq!((read.status(), read.header("allow")), (405, Some("POST")));
    assert!(agent.fake().approvals().is_empty());
}

#[actix_web::test]
async fn app_01_only_the_parent_attributes_are_signed() {
    let agent = connected().await;
    let app = mounted(&agent, |page| page.fake_forest(agent.fake().clone())).await;
    let (ada, sam) = (session(&app, 1).await, session(&app, 2).await);
    let mut body = request("7");
    body["attributes"] = json!({"requester_id": 1, "ids": ["8"], "all_records": true});
    post("approvals", &sam, body).send(&app).await;
    let approved = post("approvals/1/approve", &ada, json!({})).send(&app).await.json();
    let execute = Call::post(MARK_AS_LIVE).bearer(&ada).json(&approved["body"]);
    assert_eq!(execute.send(&app).await.success(), "Company 7 is now live!");
}

#[actix_web::test]
async fn app_03_approval_endpoints_below_a_scope_are_full_paths() {
    let agent = connected().await;
    let page = agent.forest.playground().fake_forest(agent.fake().clone()).routes();
    let scope = web::scope("/api").configure(agent.forest.routes()).configure(page);
    let app = test::init_service(App::new().app_data(agent.runs.clone()).service(scope)).await;
    let session = async |user: u64| {
        let ask = Call::bare("POST", "/api/playground/session")
            .header("sec-fetch-site", "same-origin")
            .header("content-type", "application/json")
            .json(&json!({"userId": user}));
        ask.send(&app).await.json()["token"].as_str().unwrap().to_owned()
    };
    let (ada, sam) = (session(1).await, session(2).await);
    let send = |path: &str, token: &str, body: &Value| {
        Call::bare("POST", path)
            .bearer(token)
            .header("content-type", "application/json")
            .json(body)
    };
    let filed = send("/api/playground/approvals", &sam, &request("7")).send(&app).await;
    assert_eq!(filed.json()["endpoint"], format!("/api{MARK_AS_LIVE}"));
    let approved = send("/api/playground/approvals/1/approve", &ada, &json!({}));
    let approved = approved.send(&app).await.json();
    let execute = Call::post(approved["endpoint"].as_str().unwrap())
        .bearer(&ada)
        .json(&approved["body"]);
    assert_eq!(execute.send(&app).await.success(), "Company 7 is now live!");
}
