//! The test client: it runs the whole pipeline, fills in forms like a browser, and reports errors.

use std::cell::Cell;
use std::net::{IpAddr, Ipv4Addr};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::rc::Rc;

use actix_web::dev::Service as _;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::{App, web};
use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType};
use forest_actions::testing::{FakeForest, FakeUser, Fault, IpRule, TestForest, TestForestError};
use forest_actions::{ActionDescriptor, ForestBuilder, FormFile};
use serde::Serialize;
use serde_json::json;

#[derive(ActionForm)]
struct Refund {
    #[field(min = 1)]
    amount: i64,
    #[field(default = "damaged")]
    reason: String,
    note: Option<String>,
}

/// Returns its input.
#[smart_action(collection = "orders", name = "Refund order", kind = "single")]
async fn refund(id: RecordId<i64>, form: Form<Refund>, caller: Caller) -> ActionResult {
    let note = form.note.as_deref().unwrap_or("no note");
    let role = caller.role;
    Ok(success(format!(
        "{}: {} {} {note} {role}",
        *id, form.amount, form.reason
    )))
}

#[derive(ActionForm)]
struct Ship {
    #[field(change = look_up)]
    city: Option<String>,
    zip: Option<String>,
    country: Option<String>,
    label: Option<FormFile>,
}

async fn open(mut form: FormState<Ship>, id: RecordId<i64>) -> HookResult<Ship> {
    if *id == 13 {
        return Err(failure("13 does not open"));
    }
    form.field("country").set_value("DE");
    Ok(form)
}

async fn look_up(mut form: FormState<Ship>) -> HookResult<Ship> {
    let zip = match form.value::<String>("city").as_deref() {
        Some("Bremen") => json!("28195"),
        _ => json!(null),
    };
    form.field("zip").set_value(zip);
    Ok(form)
}

#[smart_action(collection = "orders", name = "Ship", kind = "single", load = open)]
async fn ship(form: Form<Ship>) -> String {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let label = form.label.as_ref().map_or(0, FormFile::size);
    format!(
        "{}|{}|{}|{label}",
        text(&form.city),
        text(&form.zip),
        text(&form.country)
    )
}

#[derive(ActionForm)]
struct Assign {
    #[field(options, search = find, widget = dropdown(dynamic_search))]
    to: Option<String>,
    note: Option<String>,
}

async fn find(mut form: FormState<Assign>) -> HookResult<Assign> {
    let typed = form.search().map(|(_, text)| text.to_owned()).unwrap_or_default();
    form.field("to")
        .set_options([format!("{typed} one"), format!("{typed} two")]);
    Ok(form)
}

#[smart_action(collection = "orders", name = "Assign", kind = "single")]
async fn assign(form: Form<Assign>) -> String {
    format!("{:?} {:?}", form.to, form.note)
}

#[smart_action(collection = "orders", name = "Label", kind = "bulk")]
async fn label(ids: RecordIds<i64>) -> Download {
    Download::new("label é.txt", format!("{:?}", ids.into_inner()))
}

#[smart_action(collection = "orders", name = "Announce", kind = "global")]
async fn announce(values: Values) -> ActionResult {
    Ok(success(format!("{} values", values.len()))
        .html("<p>told</p>")
        .refresh(["lines"])
        .redirect_to("/shop/production/team")
        .webhook(
            Webhook::post("https://example.com/hook")
                .header("x-a", "b")
                .json(&json!({"id": 1})),
        ))
}

#[smart_action(collection = "orders", name = "Decline", kind = "global")]
async fn decline() -> ActionResult {
    Err(failure("not today"))
}

fn actions() -> [&'static ActionDescriptor; 6] {
    actions![refund, ship, assign, label, announce, decline]
}

fn agent() -> ForestBuilder {
    Forest::builder().actions(actions())
}

async fn forest() -> TestForest {
    on(FakeForest::start().await.unwrap(), agent()).await.unwrap()
}

async fn on(fake: FakeForest, agent: ForestBuilder) -> Result<TestForest, TestForestError> {
    TestForest::connect(fake, agent, |forest| App::new().configure(forest.routes())).await
}

/// The message of a panic.
fn complaint<T>(of: impl FnOnce() -> T) -> String {
    match catch_unwind(AssertUnwindSafe(of)) {
        Ok(_) => panic!("nothing went wrong"),
        Err(panic) => panic.downcast_ref::<String>().unwrap().clone(),
    }
}

#[actix_web::test]
async fn every_response_is_parsed_into_types() {
    let forest = forest().await;
    let ada = forest.admin();
    let answer = ada.trigger("orders", "Announce").value("anything", 1).await;
    assert_eq!(answer.success(), "1 values");
    assert_eq!(answer.html(), "<p>told</p>");
    assert_eq!(answer.refreshed(), ["lines"]);
    assert_eq!(answer.redirect(), "/shop/production/team");
    let webhook = answer.webhook();
    assert_eq!(
        (webhook.url.as_str(), webhook.method.as_str()),
        ("https://example.com/hook", "POST")
    );
    assert_eq!((&webhook.headers["x-a"], webhook.body), (&json!("b"), json!({"id": 1})));

    let file = ada.trigger("orders", "Label").ids([1, 2]).await.file();
    assert_eq!((file.name.as_str(), &file.bytes[..]), ("label é.txt", &b"[1, 2]"[..]));
    assert!(file.media_type.starts_with("text/plain"), "{file:?}");

    let answer = ada.trigger("orders", "Decline").await;
    assert_eq!((answer.status(), answer.error()), (400, "not today"));
}

#[actix_web::test]
async fn a_form_without_a_load_hook_starts_with_the_schema_defaults() {
    let forest = forest().await;
    let ada = forest.admin();
    let refund = || ada.trigger("orders", "Refund order").ids(["7"]);
    assert_eq!(
        refund().value("amount", 5).await.success(),
        "7: 5 damaged no note Admin"
    );

    #[derive(Serialize)]
    struct Given {
        amount: i64,
        note: Option<&'static str>,
    }
    let given = Given {
        amount: 6,
        note: Some("x"),
    };
    assert_eq!(refund().values(given).await.success(), "7: 6 damaged x Admin");
    // a browser sends a field that was emptied as null, and a required one is missed
    let answer = refund().value("reason", json!(null)).await;
    assert_eq!(
        answer.problems(),
        [("amount", "a value is required"), ("reason", "a value is required")]
    );
    let answer = refund().value("amount", 7).value("extra", 1).only_these_values().await;
    assert_eq!(answer.success(), "7: 7 damaged no note Admin");
    // opening it sends a request, with the same result
    let form = ada.open("orders", "Refund order").ids([7]).await.unwrap();
    assert_eq!(form.names(), ["amount", "reason", "note"]);
    assert_eq!(form.value("reason"), "damaged");
    assert_eq!(form.field("amount")["isRequired"], true);
}

#[actix_web::test]
async fn form_hooks_run_while_filling_in() {
    let forest = forest().await;
    let ada = forest.admin();
    let label = FormFile::new("a.txt", "text/plain", "abc").to_data_uri();
    let shipped = ada
        .trigger("orders", "Ship")
        .ids([1])
        .value("city", "Bremen")
        .value("label", &label);
    assert_eq!(shipped.await.success(), "Bremen|28195|DE|3");
    // in the order of the values: those set after the hook win
    let shipped = ada
        .trigger("orders", "Ship")
        .ids([1])
        .value("city", "Bremen")
        .value("zip", "1");
    assert_eq!(shipped.await.success(), "Bremen|1|DE|0");

    let form = ada.open("orders", "Ship").ids([1]).await.unwrap();
    assert_eq!((form.value("country"), form.value("zip")), (&json!("DE"), &json!(null)));
    let form = form.change("city", "Bremen").await.unwrap();
    assert_eq!(form.field("city")["value"], "Bremen");
    assert_eq!(
        form.change("country", "AT").await.unwrap().submit().await.success(),
        "Bremen|28195|AT|0"
    );

    let refused = ada.open("orders", "Ship").ids([13]).await.unwrap_err();
    assert_eq!((refused.status(), refused.error()), (500, "13 does not open"));
}

#[actix_web::test]
async fn a_search_changes_only_the_options_of_its_field() {
    let forest = forest().await;
    let form = forest.admin().open("orders", "Assign").ids([1]).await.unwrap();
    let form = form.change("note", "kept").await.unwrap();
    let form = form.search("to", "Sam").await.unwrap();
    assert_eq!(form.options("to"), [json!("Sam one"), json!("Sam two")]);
    assert_eq!((form.names(), form.value("note")), (vec!["to", "note"], &json!("kept")));
    let answer = form.change("to", "Sam two").await.unwrap().submit().await;
    assert_eq!(answer.success(), r#"Some("Sam two") Some("kept")"#);
}

#[actix_web::test]
async fn per_19_an_action_is_checked_even_when_its_form_is_forbidden() {
    let forest = forest().await;
    let sam = forest.user("Support");
    let refused = sam.open("orders", "Ship").ids([1]).await.unwrap_err();
    assert_eq!(
        (refused.status(), refused.error_name()),
        (403, "CustomActionTriggerForbiddenError")
    );
    let answer = sam.trigger("orders", "Ship").ids([1]).value("city", "Bremen").await;
    assert_eq!(
        (answer.status(), answer.error_name()),
        (403, "CustomActionTriggerForbiddenError")
    );
    let text = format!("{answer:?}");
    assert!(
        text.contains(r#"forest.fake().grant("Support", "orders", "Ship")"#),
        "{text}"
    );
    assert!(text.contains("test_forest.rs") && text.contains("403"), "{text}");
}

#[actix_web::test]
async fn server_changes_apply_to_the_next_request() {
    let forest = forest().await;
    let sam = forest.user("Support");
    let refund = || sam.trigger("orders", "Refund order").ids([7]).value("amount", 1);
    for _ in 0..2 {
        assert_eq!(refund().await.status(), 403);
        forest.fake().grant("Support", "orders", "Refund order");
        assert_eq!(refund().await.status(), 200);
        forest.fake().deny("Support", "orders", "Refund order");
    }
    let asked = || forest.fake().count("GET /liana/v4/permissions/environment");
    forest.fake().grant("Support", "orders", "Refund order");
    assert_eq!(refund().await.status(), 200);
    let before = asked();
    assert_eq!(refund().await.status(), 200);
    assert_eq!(asked(), before, "nothing has changed, so the agent's cache serves");

    forest
        .fake()
        .fault("GET /liana/v4/permissions/environment", Fault::Status(500));
    assert_eq!(refund().await.status(), 200);
    forest.forget_permissions().await;
    assert_eq!(refund().await.status(), 503);
}

#[actix_web::test]
async fn an_agent_with_events_receives_changes_by_events() {
    let fake = FakeForest::builder().push_events(true).start().await.unwrap();
    let forest = on(fake, agent().events(true)).await.unwrap();
    assert_eq!(forest.fake().subscribers(), 1);
    let sam = forest.user("Support");
    assert_eq!(sam.trigger("orders", "Decline").await.status(), 403);
    forest.fake().grant("Support", "orders", "Decline");
    assert_eq!(sam.trigger("orders", "Decline").await.status(), 400);
}

#[actix_web::test]
async fn app_01_an_approval_is_requested_granted_and_executed() {
    let forest = forest().await;
    let support = forest.fake().grant("Support", "orders", "Refund order");
    support.requires_approval("orders", "Refund order");
    forest.fake().role("Manager").may_approve("orders", "Refund order");
    let (sam, maria) = (forest.user("Support"), forest.user("Manager"));
    let answer = sam.trigger("orders", "Refund order").ids([7]).value("amount", 5).await;
    assert!(answer.requires_approval());
    assert_eq!(answer.approvers(), ["Manager"]);

    let approval = answer.request_approval();
    assert_eq!(approval.filed().values()["reason"], "damaged");
    let refused = sam.approve(&approval).await;
    assert_eq!(
        (refused.status(), refused.error_name()),
        (403, "ApprovalNotAllowedError")
    );
    assert_eq!(maria.approve(&approval).await.success(), "7: 5 damaged no note Manager");

    let rejected = sam
        .trigger("orders", "Refund order")
        .ids([8])
        .value("amount", 5)
        .await
        .request_approval();
    maria.reject(&rejected, "too late");
    assert_eq!(rejected.filed().comments().last().unwrap().text, "too late");
    assert!(complaint(|| drop(maria.approve(&rejected))).contains("already rejected"));
}

#[actix_web::test]
async fn test_mistakes_panic_with_the_caller_location() {
    let forest = forest().await;
    let ada = forest.admin();
    let said = complaint(|| ada.trigger("orders", "Refund ordr"));
    assert!(
        said.contains("no action `Refund ordr`; did you mean `Refund order`?"),
        "{said}"
    );
    assert!(said.contains("test_forest.rs"), "{said}");
    let said = complaint(|| ada.open("order", "Ship"));
    assert!(said.contains("`order`; did you mean `orders`?"), "{said}");
    let form = ada.open("orders", "Ship").ids([1]).await.unwrap();
    let said = complaint(|| form.value("cty").clone());
    assert!(said.contains("no field `cty`; did you mean `city`?"), "{said}");
    let said = complaint(|| ada.trigger("orders", "Ship").values(5));
    assert!(said.contains("an object, found 5"), "{said}");
    let answer = ada.trigger("orders", "Decline").await;
    for said in [
        complaint(|| answer.success().len()),
        complaint(|| answer.html().len()),
        complaint(|| answer.file()),
        complaint(|| answer.webhook()),
        complaint(|| answer.request_approval()),
    ] {
        assert!(
            said.starts_with("expected ") && said.contains("400") && said.contains("not today"),
            "{said}"
        );
    }
}

#[actix_web::test]
async fn the_application_can_be_customized() {
    let seen = Rc::new(Cell::new(0));
    let counter = seen.clone();
    let agent = agent().application_url("https://shop.example.com/back/office/");
    let forest = TestForest::start(agent, move |forest| {
        let agent = web::scope("/back/office").configure(forest.routes());
        App::new()
            .wrap_fn(move |request, service| {
                counter.set(counter.get() + 1);
                let answer = service.call(request);
                async move {
                    let mut answer = answer.await?;
                    let name = HeaderName::from_static("x-host");
                    answer.headers_mut().insert(name, HeaderValue::from_static("mine"));
                    Ok(answer)
                }
            })
            .service(agent)
    });
    let forest = forest.await.unwrap();
    let answer = forest.admin().trigger("orders", "Decline").await;
    assert_eq!(
        (answer.status(), answer.header("x-host"), seen.get()),
        (400, Some("mine"), 1)
    );
    assert_eq!(forest.admin().get("/forest/healthcheck").await.status(), 200);
}

#[actix_web::test]
async fn sel_01_select_all_is_resolved_with_user_records() {
    let orders = CollectionModel::new("orders")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("open", ValueType::Boolean))
        .key(["id"]);
    let rows = (1..=4).map(|id| json!({"id": id, "open": id > 1})).collect::<Vec<_>>();
    let agent = agent().records(MemoryRecords::new().collection(orders, rows));
    let forest = on(FakeForest::start().await.unwrap(), agent).await.unwrap();
    let ada = forest.admin();
    let list = json!({"filters": {"field": "open", "operator": "equal", "value": true}});
    let file = ada.trigger("orders", "Label").all_of(list).except([3]).await.file();
    assert_eq!(file.bytes, "[2, 4]");
    let file = ada.trigger("orders", "Label").all().await.file();
    assert_eq!(file.bytes, "[1, 2, 3, 4]");
    let answer = ada.get("/forest/orders?timezone=UTC&fields[orders]=id").await;
    assert_eq!(answer.json()["data"].as_array().unwrap().len(), 4);
}

#[actix_web::test]
async fn net_06_a_user_can_call_from_another_address() {
    let forest = forest().await;
    let ada = forest.add(FakeUser::new(50, "ada@example.com").role("Admin"));
    forest.fake().set_ip_rules([IpRule::Address("203.0.113.7".to_owned())]);
    let from = |last| IpAddr::V4(Ipv4Addr::new(203, 0, 113, last));
    let known = ada.clone().from_address(from(7));
    let stranger = ada.clone().from_address(from(8));
    assert_eq!(known.trigger("orders", "Decline").await.status(), 400);
    assert_eq!(stranger.trigger("orders", "Decline").await.status(), 403);
    forest.fake().switch_ip_rules_off();
    assert_eq!(stranger.trigger("orders", "Decline").await.status(), 400);
}

#[actix_web::test]
async fn any_token_can_be_sent() {
    let forest = forest().await;
    let ada = forest.admin();
    let expired = ada.clone().with_token(ada.session().expired().sign());
    assert_eq!(expired.trigger("orders", "Decline").await.status(), 401);
    assert_eq!(
        forest
            .user_with_id(ada.id())
            .trigger("orders", "Decline")
            .await
            .status(),
        400
    );
}

#[actix_web::test]
async fn a_failed_start_returns_its_cause() {
    let fake = FakeForest::start().await.unwrap();
    let refused = on(fake, agent().application_url("nowhere")).await.unwrap_err();
    assert!(matches!(refused, TestForestError::Agent(_)), "{refused:?}");
}
