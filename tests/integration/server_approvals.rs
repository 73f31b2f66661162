//! Approvals through the whole program: the gate, the signed request, who may approve, and every way to forge one (APP-*).

use std::time::Duration;

use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType};
use forest_actions::testing::{ApprovalRequest, FakeForest, TestToken, TokenAlgorithm};
use serde_json::{Value, json};

use crate::support::connected::{ADA, ARCHIVE, OLGA, RECOUNT, SAM, condition, project, project_with};
use crate::support::{Agent, Answer, Call, ENV_SECRET, Log, Runs, SECRET};

#[allow(dead_code, reason = "printed by the handler")]
#[derive(ActionForm, Debug)]
pub(crate) struct Charge {
    amount: i64,
    note: Option<String>,
}

#[smart_action(collection = "server orders", name = "Charge", kind = "bulk")]
pub(crate) async fn charge(
    ids: RecordIds<String>,
    form: Form<Charge>,
    caller: Caller,
    runs: web::Data<Runs>,
) -> ActionResult {
    runs.add();
    Ok(success(format!("{} {:?} by {}", ids.join(","), form.amount, caller.id)))
}

const CHARGE: &str = "/forest/actions/charge";
pub(crate) const ORDERS: &str = "server orders";

pub(crate) fn request() -> ApprovalRequest {
    ApprovalRequest::new(ORDERS, "Charge")
        .records(["7", "8"])
        .value("amount", 42)
}

/// A project in which Sam charges and Olga approves.
pub(crate) async fn shop() -> FakeForest {
    let fake = project().await;
    fake.role("Support")
        .may_trigger(ORDERS, "Charge")
        .requires_approval(ORDERS, "Charge");
    fake.role("Operations").may_approve(ORDERS, "Charge");
    fake
}

async fn shop_agent(fake: &FakeForest) -> Agent {
    Agent::of_actions(fake, actions![charge]).await
}

fn gate(answer: &Answer) -> Value {
    assert_eq!(answer.status(), 403, "{answer:?}");
    assert_eq!(answer.name(), "CustomActionRequiresApprovalError");
    answer.json()["errors"][0]["data"].clone()
}

#[actix_web::test]
async fn app_01_an_execution_uses_only_the_signed_request() {
    let fake = shop().await;
    let agent = shop_agent(&fake).await;
    let app = agent.serve().await;
    let plain = Call::post(CHARGE).attributes(json!({"ids": ["7", "8"], "values": {"amount": 42}}));
    gate(&plain.by(&fake, SAM).send(&app).await);
    let number = fake.file_approval(SAM, request());
    let approved = fake.approve(number, OLGA).unwrap();
    // members beside the signed request are ignored
    let mut body = approved.body().clone();
    body["data"]["attributes"]["ids"] = json!(["999"]);
    body["data"]["attributes"]["values"] = json!({"amount": 1_000_000});
    body["data"]["attributes"]["all_records"] = json!(true);
    body["data"]["attributes"]["collection_name"] = json!("something else");
    let answer = Call::post(CHARGE).by(&fake, OLGA).json(&body).send(&app).await;
    assert_eq!(answer.success(), "7,8 42 by 3");
    assert_eq!(agent.runs.count(), 1);
    // of another collection, it is not for this route
    let other = fake.approval_token(SAM, &ApprovalRequest::new("companies", "Charge").records(["7"]));
    let call = Call::post(CHARGE).attributes(json!({"signed_approval_request": other.sign()}));
    let answer = call.by(&fake, OLGA).send(&app).await;
    assert_eq!(answer.detail(400), "Invalid signed action parameters");
    assert_eq!(agent.runs.count(), 1);
}

#[actix_web::test]
async fn app_02_a_signed_request_uses_the_approval_rules() {
    let fake = shop().await;
    // one person who may trigger, with approval, and approve
    fake.role("Operations")
        .may_trigger(ORDERS, "Charge")
        .requires_approval(ORDERS, "Charge");
    let agent = shop_agent(&fake).await;
    let app = agent.serve().await;
    let plain = Call::post(CHARGE)
        .by(&fake, OLGA)
        .attributes(json!({"ids": ["7"], "values": {"amount": 1}}));
    gate(&plain.send(&app).await);
    let signed = |token: &str| Call::post(CHARGE).attributes(json!({"signed_approval_request": token}));
    let token = fake.approval_token(SAM, &request());
    let answer = signed(&token.sign()).by(&fake, OLGA).send(&app).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    // signed and without a requester, it is triggered like any other
    gate(
        &signed(&token.without_requester().sign())
            .by(&fake, OLGA)
            .send(&app)
            .await,
    );
    // the trigger permission does not include approval
    let token = fake.approval_token(OLGA, &request());
    let answer = signed(&token.sign()).by(&fake, SAM).send(&app).await;
    assert_eq!(
        (answer.status(), answer.name().as_str()),
        (403, "ApprovalNotAllowedError")
    );
    assert_eq!(
        answer.json()["errors"][0]["data"]["roleIdsAllowedToApprove"],
        json!([fake.role("Operations").id()])
    );
    assert_eq!(agent.runs.count(), 1);
}

#[actix_web::test]
async fn app_03_self_approval_requires_its_permission() {
    let fake = shop().await;
    fake.role("Support").may_approve(ORDERS, "Charge");
    let agent = shop_agent(&fake).await;
    let app = agent.serve().await;
    let signed = |requester: Value| {
        let token = fake
            .approval_token(SAM, &request())
            .attribute("requester_id", requester);
        Call::post(CHARGE)
            .by(&fake, SAM)
            .attributes(json!({"signed_approval_request": token.sign()}))
    };
    // the id is the same person as a number and as a text
    for own in [json!(SAM), json!(SAM.to_string())] {
        let answer = signed(own).send(&app).await;
        assert_eq!(
            (answer.status(), answer.name().as_str()),
            (403, "ApprovalNotAllowedError")
        );
    }
    assert_eq!(
        signed(json!(OLGA)).send(&app).await.status(),
        200,
        "of somebody else it is"
    );
    fake.role("Support")
        .may_not_approve(ORDERS, "Charge")
        .may_approve_own(ORDERS, "Charge");
    assert_eq!(
        signed(json!(SAM)).send(&app).await.status(),
        200,
        "granted a moment ago"
    );
    assert_eq!(agent.runs.take(), 2);
    // the requester is never taken from an unsigned body
    let token = fake.approval_token(OLGA, &request()).sign();
    for attributes in [
        json!({"ids": ["7"], "values": {"amount": 1}, "requester_id": OLGA}),
        json!({"ids": ["7"], "values": {"amount": 1}, "requester_id": "3"}),
        json!({"requester_id": OLGA, "signed_approval_request": token}),
        json!({"requester_id": true, "signed_approval_request": "nonsense"}),
    ] {
        let answer = Call::post(CHARGE)
            .by(&fake, SAM)
            .attributes(attributes.clone())
            .send(&app)
            .await;
        assert_eq!(answer.detail(422), "Unprocessable", "{attributes}");
        assert_eq!(answer.name(), "UnprocessableError");
    }
    assert_eq!(agent.runs.count(), 0);
}

#[actix_web::test]
async fn app_04_the_approval_error_has_name_text_and_approver_roles() {
    let fake = project().await;
    fake.role("Support")
        .may_trigger("companies", "Archive")
        .requires_approval_if("companies", "Archive", condition("amount", "greater_than", 1_000));
    let always = fake.role("Operations").may_approve("companies", "Archive").id();
    let rich = fake
        .role("Rich")
        .may_approve_if("companies", "Archive", condition("amount", "greater_than", 1_000))
        .id();
    fake.role("British")
        .may_approve_if("companies", "Archive", condition("country", "equal", "UK"));
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let call = |ids: &[&str]| Call::post(ARCHIVE).by(&fake, SAM).ids(ids.iter().copied());
    assert_eq!(
        call(&["1", "3"]).send(&app).await.success(),
        "1,3",
        "below the condition"
    );
    let answer = call(&["2"]).send(&app).await;
    assert_eq!(
        answer.json(),
        json!({"errors": [{
            "name": "CustomActionRequiresApprovalError", "detail": "This action requires to be approved.", "status": 403,
            "data": {"roleIdsAllowedToApprove": [always, rich]},
        }]})
    );
    // one of them is enough to need it, and who approves must be allowed to for all
    assert_eq!(
        gate(&call(&["1", "2"]).send(&app).await)["roleIdsAllowedToApprove"],
        json!([always])
    );
    assert_eq!(agent.runs.count(), 1);
}

#[actix_web::test]
async fn app_05_select_all_is_resolved_to_the_approved_records() {
    let fake = project().await;
    fake.role("Support")
        .may_trigger("companies", "Archive")
        .requires_approval("companies", "Archive");
    fake.role("Operations").may_approve("companies", "Archive");
    fake.rendering(1).scope("companies", condition("vip", "equal", true));
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let all = json!({"all_records": true, "all_records_ids_excluded": ["5"],
        "all_records_subset_query": {"filters": condition("amount", "greater_than", 10).to_string()}});
    let data = gate(&Call::post(ARCHIVE).by(&fake, SAM).attributes(all).send(&app).await);
    assert_eq!(data["recordIds"], json!(["1", "3"]));
    // the approval of exactly these runs on exactly these
    let ids = data["recordIds"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| id.as_str().unwrap());
    let request = ApprovalRequest::new("companies", "Archive").records(ids);
    let approved = fake.approve(fake.file_approval(SAM, request), OLGA).unwrap();
    let answer = Call::post(ARCHIVE)
        .by(&fake, OLGA)
        .json(approved.body())
        .send(&app)
        .await;
    assert_eq!(answer.success(), "1,3");
    // individual ids need no resolution
    let data = gate(&Call::post(ARCHIVE).by(&fake, SAM).ids(["1"]).send(&app).await);
    assert_eq!(data.get("recordIds"), None);
}

#[actix_web::test]
async fn app_06_an_approval_request_is_limited_to_500_records() {
    let model = CollectionModel::new("companies")
        .field(FieldModel::new("id", ValueType::Integer))
        .key(["id"]);
    let records = MemoryRecords::new().collection(model, (1..=501).map(|id| json!({"id": id})).collect());
    let fake = project().await;
    fake.role("Support")
        .may_trigger("companies", "Archive")
        .requires_approval("companies", "Archive");
    fake.role("Operations").may_trigger("companies", "Archive");
    let settings = |builder: forest_actions::ForestBuilder| {
        let builder = builder.actions(crate::support::companies()).records(records);
        builder.schema_upload(false).schema_file(false)
    };
    let agent = Agent::connected_to(fake.clone(), settings).await;
    let app = agent.serve().await;
    let all = |excluded: Value| {
        let subset = json!({"all_records": true, "all_records_subset_query": {}, "all_records_ids_excluded": excluded});
        Call::post(ARCHIVE).attributes(subset)
    };
    let answer = all(json!([])).by(&fake, SAM).send(&app).await;
    assert_eq!(
        answer.detail(422),
        "This action requires to be approved, and an approval covers at most 500 records. Please select fewer."
    );
    assert_eq!(answer.name(), "ApprovalSelectionTooLargeError");
    let data = gate(&all(json!(["501"])).by(&fake, SAM).send(&app).await);
    assert_eq!(data["recordIds"].as_array().unwrap().len(), 500);
    assert_eq!(agent.runs.count(), 0);
    let answer = all(json!([])).by(&fake, OLGA).send(&app).await;
    assert_eq!(answer.success().split(',').count(), 501);
}

#[actix_web::test]
async fn app_06_the_approval_record_limit_is_configurable() {
    let fake = project().await;
    fake.role("Support")
        .may_trigger("companies", "Archive")
        .requires_approval("companies", "Archive");
    let subset = json!({"all_records": true, "all_records_subset_query": {}, "all_records_ids_excluded": []});
    let call = Call::post(ARCHIVE).attributes(subset).by(&fake, SAM);
    let agent = Agent::of_with(&fake, |builder| builder.approval_cap(4)).await;
    let answer = call.send(&agent.serve().await).await;
    assert!(answer.detail(422).contains("at most 4 records"), "{answer:?}");
    let agent = Agent::of_with(&fake, |builder| builder.approval_cap(5)).await;
    let data = gate(&call.send(&agent.serve().await).await);
    assert_eq!(data["recordIds"].as_array().unwrap().len(), 5);
    for cap in [0, 100_001] {
        let builder = forest_actions::Forest::builder().actions([]).approval_cap(cap);
        let error = builder.schema_file(false).start().await.err().unwrap().to_string();
        assert!(error.contains("approval_cap"), "{error}");
    }
}

/// Every way in which a signed request can be wrong.
fn forgeries(fake: &FakeForest) -> Vec<(&'static str, String)> {
    let token = || fake.approval_token(SAM, &request());
    let good = token().sign();
    let parts: Vec<&str> = good.split('.').collect();
    let (header, body, signature) = (parts[0], parts[1], parts[2]);
    let other = fake
        .approval_token(SAM, &request())
        .attribute("ids", json!(["1"]))
        .sign();
    let foreign: Vec<&str> = other.split('.').collect();
    vec![
        (
            "signed with another secret",
            token().signed_with("another secret").sign(),
        ),
        ("signed with the sessions' secret", token().signed_with(SECRET).sign()),
        ("signed with nothing", token().signed_with("").sign()),
        (
            "signed with the secret in capitals",
            token().signed_with(&ENV_SECRET.to_uppercase()).sign(),
        ),
        ("not signed", token().algorithm(TokenAlgorithm::None).sign()),
        ("another algorithm", token().algorithm(TokenAlgorithm::Hs384).sign()),
        ("yet another algorithm", token().algorithm(TokenAlgorithm::Hs512).sign()),
        ("alg none over a good signature", token().header("alg", "none").sign()),
        ("alg RS256 over a good signature", token().header("alg", "RS256").sign()),
        ("alg in lower case", token().header("alg", "hs256").sign()),
        ("alg null", token().header("alg", Value::Null).sign()),
        ("alg as a list", token().header("alg", json!(["HS256"])).sign()),
        ("expired", token().expired().sign()),
        ("not yet good", token().not_yet().sign()),
        ("an expiry that is a text", token().claim("exp", "tomorrow").sign()),
        ("an expiry in the past, negative", token().claim("exp", -1).sign()),
        ("without data", token().without("data").sign()),
        ("data that is a list", token().claim("data", json!([])).sign()),
        (
            "data without attributes",
            token().claim("data", json!({"id": "x"})).sign(),
        ),
        (
            "attributes that are a text",
            token().claim("data", json!({"attributes": "x"})).sign(),
        ),
        ("a session of the approver", fake.user_token(OLGA).sign()),
        (
            "a session signed with this secret",
            fake.user_token(OLGA).signed_with(ENV_SECRET).sign(),
        ),
        ("a payload of another", format!("{header}.{}.{signature}", foreign[1])),
        ("a signature of another", format!("{header}.{body}.{}", foreign[2])),
        ("no signature", format!("{header}.{body}.")),
        ("two parts", format!("{header}.{body}")),
        ("one part", header.to_owned()),
        ("four parts", format!("{good}.{signature}")),
        ("five parts", format!("{good}.{body}.{signature}")),
        ("dots", "..".to_owned()),
        ("a signature cut by a character", good[..good.len() - 1].to_owned()),
        (
            "a payload cut by a character",
            format!("{header}.{}.{signature}", &body[..body.len() - 1]),
        ),
        (
            "a header cut by a character",
            format!("{}.{body}.{signature}", &header[..header.len() - 1]),
        ),
        ("padding", format!("{good}=")),
        ("a blank in front", format!(" {good}")),
        ("a newline behind", format!("{good}\n")),
        ("a NUL behind", format!("{good}\0")),
        ("letters beyond ASCII", format!("{header}.é{body}.{signature}")),
        ("no token at all", "yes".to_owned()),
        ("a huge one", format!("{good}{}", "x".repeat(100_000))),
        ("many dots", ".".repeat(10_000)),
        (
            "an action of another collection",
            token().attribute("collection_name", "companies").sign(),
        ),
    ]
}

#[actix_web::test]
async fn app_07_forged_requests_are_a_neutral_400() {
    let fake = shop().await;
    let agent = shop_agent(&fake).await;
    let app = agent.serve().await;
    let attacks = forgeries(&fake);
    assert!(attacks.len() >= 40, "{}", attacks.len());
    for (name, token) in &attacks {
        let log = Log::capture();
        // ids and values that would do if they were taken from here
        let attributes = json!({"ids": ["7"], "values": {"amount": 1}, "signed_approval_request": token});
        let answer = Call::post(CHARGE)
            .by(&fake, OLGA)
            .attributes(attributes)
            .send(&app)
            .await;
        assert_eq!(answer.status(), 400, "{name}: {answer:?}");
        assert_eq!(answer.name(), "BadRequestError", "{name}");
        assert_eq!(answer.detail(400), "Invalid signed action parameters", "{name}");
        assert_eq!(agent.runs.count(), 0, "{name}");
        let line = log.end();
        assert_eq!(line.level, tracing::Level::WARN, "{name}");
        let said = format!("{} {}", log.text(), answer.text());
        assert!(!said.contains(ENV_SECRET) && !said.contains(SECRET), "{name}");
        for part in token.split('.').filter(|part| part.len() > 20 && part.len() < 10_000) {
            assert!(!said.contains(part), "{name}: {part}");
        }
    }
    // other shapes than a text
    for signed in [json!(7), json!({"token": "x"}), json!([]), json!(true)] {
        let attributes = json!({"ids": ["7"], "values": {"amount": 1}, "signed_approval_request": signed});
        let answer = Call::post(CHARGE)
            .by(&fake, OLGA)
            .attributes(attributes)
            .send(&app)
            .await;
        assert_eq!(answer.status(), 400, "{signed}: {answer:?}");
    }
    assert_eq!(agent.runs.count(), 0);
    let good = json!({"signed_approval_request": fake.approval_token(SAM, &request()).sign()});
    assert_eq!(
        Call::post(CHARGE)
            .by(&fake, OLGA)
            .attributes(good)
            .send(&app)
            .await
            .status(),
        200
    );
}

#[actix_web::test]
async fn app_07_a_signed_request_without_or_before_expiry_is_accepted() {
    let fake = project_with(|builder| builder.approval_lifetime(Duration::from_secs(60))).await;
    fake.role("Operations").may_approve("companies", "Recount");
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let recount = ApprovalRequest::new("companies", "Recount");
    let approved = fake.approve(fake.file_approval(ADA, recount.clone()), OLGA).unwrap();
    let answer = Call::post(RECOUNT)
        .by(&fake, OLGA)
        .json(approved.body())
        .send(&app)
        .await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    // signed with the secret of another environment, the request is invalid
    let foreign = fake.approval_token(ADA, &recount).signed_with(&"1".repeat(64)).sign();
    let call = Call::post(RECOUNT).attributes(json!({"signed_approval_request": foreign}));
    assert_eq!(call.by(&fake, OLGA).send(&app).await.status(), 400);
    assert_eq!(agent.runs.count(), 1);
}

#[smart_action(collection = "companies", name = "Count them", kind = "bulk")]
async fn count_them(selection: Selection, runs: web::Data<Runs>) -> ActionResult {
    runs.add();
    Ok(success(selection.count().await?.to_string()))
}

const COUNT: &str = "/forest/actions/count-them";

async fn counting_agent(fake: &FakeForest) -> Agent {
    Agent::of_with(fake, |builder| builder.actions(actions![count_them])).await
}

/// A signed request with these attributes besides its own.
fn signed(fake: &FakeForest, attributes: &[(&str, Value)]) -> TestToken {
    let request = ApprovalRequest::new("companies", "Count them").records(["1", "2"]);
    attributes
        .iter()
        .fold(fake.approval_token(SAM, &request), |token, (name, value)| {
            token.attribute(name, value.clone())
        })
}

#[actix_web::test]
async fn app_05_an_approval_for_all_records_is_rejected() {
    let fake = project().await;
    fake.role("Operations").may_approve("companies", "Count them");
    let agent = counting_agent(&fake).await;
    let app = agent.serve().await;
    let send = |token: String| {
        Call::post(COUNT)
            .by(&fake, OLGA)
            .attributes(json!({ "signed_approval_request": token }))
    };
    let all = [
        ("all_records", json!(true)),
        ("all_records_subset_query", json!({"timezone": "UTC"})),
        ("ids", json!([])),
    ];
    let refused = send(signed(&fake, &all).sign()).send(&app).await;
    assert!(refused.detail(400).contains("for a list of records"), "{refused:?}");
    assert_eq!(agent.runs.count(), 0);
    assert_eq!(send(signed(&fake, &[]).sign()).send(&app).await.success(), "2");
}

#[actix_web::test]
async fn app_01_url_parameters_do_not_extend_the_signed_request() {
    let fake = project().await;
    fake.role("Admin").may_trigger("companies", "Count them");
    let agent = counting_agent(&fake).await;
    let app = agent.serve().await;
    let query = "?segmentQuery=SELECT%20id%20FROM%20companies&connectionName=main";
    let all = json!({"all_records": true, "all_records_subset_query": {"timezone": "UTC"}, "ids": []});
    // unsigned, the live query of the URL belongs to the list and is not permitted
    let plain = Call::post(format!("{COUNT}{query}"))
        .by(&fake, ADA)
        .attributes(all.clone());
    let refused = plain.send(&app).await;
    assert!(refused.detail(403).contains("not authorized to browse"), "{refused:?}");
    let attributes: Vec<(&str, Value)> = ["all_records", "all_records_subset_query", "ids"]
        .into_iter()
        .map(|name| (name, all[name].clone()))
        .collect();
    let token = signed(&fake, &attributes).without_requester();
    let call = Call::post(format!("{COUNT}{query}"))
        .by(&fake, ADA)
        .attributes(json!({"signed_approval_request": token.sign()}));
    assert_eq!(call.send(&app).await.success(), "5");
}
