//! Load, change and search hooks: what they see, what they may do, and what the browser gets.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::form_support::{Agent, edited, post};
use forest_actions::Environment;
use forest_actions::form::widgets;
use forest_actions::prelude::*;
use forest_actions::testing::FakeForest;
use serde_json::{Value, json};

#[derive(ActionEnum, Debug, Clone, Copy, PartialEq)]
enum Country {
    France,
    #[option("United States")]
    UnitedStates,
}

#[derive(ActionForm, Debug)]
#[allow(dead_code, reason = "only read by the derive, and printed")]
struct Shipping {
    #[field(change = country_changed, default = Country::France)]
    country: Option<Country>,
    #[field(options, search = search_city, widget = dropdown(dynamic_search))]
    city: Option<String>,
    #[field(label = "zip code", widget = text_input(placeholder = "75001"))]
    zip_code: Option<String>,
    #[field(reference = "companies.id", search = search_company)]
    company: Option<i64>,
    #[field(default = "none")]
    note: Option<String>,
}

async fn load_shipping(mut form: FormState<Shipping>, caller: Caller, ids: RecordIds<String>) -> HookResult<Shipping> {
    form.field("zip code").set_value(caller.id.clone()).set_read_only(true);
    form.field("note").set_description(ids.join(","));
    Ok(form)
}

async fn country_changed(mut form: FormState<Shipping>) -> HookResult<Shipping> {
    match form.typed_value::<Country>("country") {
        Some(Country::France) => form.field("city").set_options(["Paris", "Lyon"]),
        Some(Country::UnitedStates) => {
            form.push(Field::string("State").default_value("NY").required());
            form.field("city").set_options(["New York"])
        }
        None => form.field("city").clear_value(),
    };
    let previous = form.get("country").and_then(|field| field.previous_value::<String>());
    let changed = form.changed_field().unwrap_or_default().to_owned();
    form.field("note").set_value(format!("{changed} was {previous:?}"));
    Ok(form)
}

async fn search_city(mut form: FormState<Shipping>) -> HookResult<Shipping> {
    let text = form
        .search()
        .map(|(field, text)| format!("{field}: {text}"))
        .unwrap_or_default();
    form.field("city").set_options([text]);
    Ok(form)
}

async fn search_company(form: FormState<Shipping>) -> HookResult<Shipping> {
    Ok(form)
}

#[smart_action(collection = "form tests", name = "Ship parcel", kind = "bulk", load = load_shipping)]
async fn ship_parcel(form: Form<Shipping>) -> ActionResult {
    Ok(success(format!("{:?}", *form)))
}

#[smart_action(collection = "form tests", name = "Ship elsewhere", kind = "single", endpoint = "/other/place", load = load_shipping)]
async fn ship_elsewhere(form: Form<Shipping>) -> ActionResult {
    Ok(success(format!("{:?}", *form)))
}

#[actix_web::test]
async fn frm_03_hooks_answer_below_a_custom_endpoint() {
    let agent = Agent::serving(actions![ship_elsewhere]).await;
    for hook in ["load", "change", "search"] {
        let body =
            json!({"data": {"attributes": {"ids": ["7"], "changed_field": "x", "search_field": "x", "fields": []}}});
        let answer = agent
            .post(1, &format!("/other/place/hooks/{hook}"), body.to_string())
            .await;
        assert_eq!(answer.status, 200, "{hook}");
        let missing = agent
            .post(
                1,
                &format!("/forest/actions/ship-elsewhere/hooks/{hook}"),
                body.to_string(),
            )
            .await;
        assert_eq!(missing.status, 404, "{hook}");
    }
}

#[derive(ActionForm)]
struct Plain {
    #[field(default = 3)]
    count: Option<i32>,
    #[field(widget = text_area)]
    text: String,
}

#[smart_action(collection = "form tests", name = "No hooks", kind = "single")]
async fn no_hooks(form: Form<Plain>) -> ActionResult {
    Ok(success(format!("{:?} {}", form.count, form.text)))
}

#[smart_action(collection = "form tests", name = "No form", kind = "global")]
async fn no_form() {}

#[actix_web::test]
async fn frm_04_every_action_answers_its_hook_routes() {
    let agent = Agent::serving(actions![no_hooks, no_form]).await;
    let load = agent.load("no-hooks").await;
    assert_eq!(load.names(), ["count", "text"]);
    assert_eq!(load.field("count")["defaultValue"], 3);
    // nobody else fills the form in: it opens with its defaults
    assert_eq!(load.field("count")["value"], 3);
    assert_eq!(load.field("text")["value"], Value::Null);
    assert_eq!(load.field("text")["widgetEdit"]["name"], "text area editor");
    assert_eq!(load.body["layout"], json!([]));
    assert_eq!(agent.load("no-form").await.body, json!({"fields": [], "layout": []}));

    // whatever a client holds comes back, even what a hook would not be allowed to answer
    let fields = json!([{"field": "count", "type": "Number", "value": 1, "hook": "renamed since", "x": {"y": 1}},
        {"field": "plan", "type": "Enum", "enums": ["a"], "value": "b"}]);
    for changed in ["count", "plan", "unknown"] {
        let change = agent.change("no-hooks", changed, fields.clone()).await;
        assert_eq!(change.body, json!({"fields": fields, "layout": []}), "{changed}");
    }
    let search = agent
        .hook("no-hooks", "search", json!({"search_field": "plan", "fields": fields}))
        .await;
    assert_eq!(search.names(), ["plan"]);
}

#[smart_action(collection = "form tests 2", name = "Ship parcel", kind = "bulk", endpoint = "/forest/actions/ship-2", load = load_other)]
async fn same_name(form: Form<Plain>) -> ActionResult {
    Ok(success(format!("{:?} {}", form.count, form.text)))
}

async fn load_other(mut form: FormState) -> HookResult {
    form.push(Field::string("other"));
    Ok(form)
}

#[actix_web::test]
async fn frm_05_actions_of_the_same_name_run_their_own_hooks() {
    let agent = Agent::serving(actions![ship_parcel, same_name]).await;
    assert_eq!(
        agent.load("ship-parcel").await.names(),
        ["country", "city", "zip code", "company", "note"]
    );
    assert_eq!(agent.load("ship-2").await.names(), ["count", "text", "other"]);
}

#[actix_web::test]
async fn frm_06_frm_20_the_hook_is_chosen_by_the_changed_field_and_knows_the_value_before() {
    let agent = Agent::serving(actions![ship_parcel]).await;
    let load = agent.load("ship-parcel").await;
    // all values differ from the last ones; only one field is said to have changed
    let mut fields = edited(&load.body, "country", json!("France"));
    fields[2]["value"] = json!("1");
    let unchanged = agent.change("ship-parcel", "zip code", fields.clone()).await;
    assert_eq!(unchanged.field("note")["value"], Value::Null);
    let first = agent.change("ship-parcel", "country", fields).await;
    assert_eq!(first.field("note")["value"], "country was None");
    let second = agent
        .change(
            "ship-parcel",
            "country",
            edited(&first.body, "country", json!("United States")),
        )
        .await;
    assert_eq!(second.field("note")["value"], "country was Some(\"France\")");
}

#[actix_web::test]
async fn frm_07_frm_08_what_the_hook_does_not_touch_is_kept_and_what_is_not_offered_is_reset() {
    let agent = Agent::serving(actions![ship_parcel]).await;
    let load = agent.load("ship-parcel").await;
    let mut fields = edited(&load.body, "country", json!("France"));
    fields[1]["value"] = json!("New York");
    fields[1]["somethingNew"] = json!([1]);
    let change = agent.change("ship-parcel", "country", fields).await;
    assert_eq!(change.field("city")["value"], Value::Null);
    assert_eq!(change.field("city")["enums"], json!(["Paris", "Lyon"]));
    assert_eq!(change.field("city")["somethingNew"], json!([1]));
    assert_eq!(
        change.field("city")["widgetEdit"]["parameters"]["static"]["options"],
        json!(["Paris", "Lyon"])
    );
    assert_eq!(
        change.field("city")["widgetEdit"]["parameters"]["searchType"],
        "dynamic"
    );
    assert_eq!(change.field("zip code"), load.field("zip code"));
    assert_eq!(
        change.field("zip code")["widgetEdit"]["parameters"]["placeholder"],
        "75001"
    );
    for field in change.body["fields"].as_array().unwrap() {
        let unknown = field.as_object().unwrap().keys().find(|key| key.contains('_'));
        assert_eq!(unknown, None);
    }
}

#[actix_web::test]
async fn frm_09_a_conditional_field_has_its_default_until_it_has_a_value_and_then_keeps_it() {
    let agent = Agent::serving(actions![ship_parcel]).await;
    let load = agent.load("ship-parcel").await;
    let shown = agent
        .change(
            "ship-parcel",
            "country",
            edited(&load.body, "country", json!("United States")),
        )
        .await;
    assert_eq!(
        shown.names(),
        ["country", "city", "zip code", "company", "note", "State"]
    );
    assert_eq!(shown.field("State")["value"], "NY");
    assert_eq!(shown.field("State")["isRequired"], true);
    // the same hook adds the same field again, and the user has written something into it
    let again = agent
        .change("ship-parcel", "country", edited(&shown.body, "State", json!("CA")))
        .await;
    assert_eq!(again.field("State")["value"], "CA");
    assert_eq!(again.field("State")["previousValue"], "NY");
    let emptied = agent
        .change("ship-parcel", "country", edited(&shown.body, "State", Value::Null))
        .await;
    assert_eq!(
        emptied.field("State")["value"],
        Value::Null,
        "FRM-10: what the user has emptied stays empty"
    );
}

#[derive(ActionForm)]
#[allow(dead_code, reason = "only read by the derive")]
struct Rebuilt {
    #[field(change = rebuild)]
    first: Option<String>,
    #[field(default = 10)]
    amount: Option<i64>,
}

async fn rebuild(mut form: FormState) -> HookResult {
    form.clear();
    form.restore("first");
    form.restore("amount");
    form.push(Field::string("note").default_value("none"));
    form.push(Field::boolean("copy").default_value(true));
    Ok(form)
}

#[smart_action(collection = "form tests", name = "Rebuilt", kind = "single")]
async fn rebuilt(_form: Form<Rebuilt>) {}

#[actix_web::test]
async fn frm_10_a_field_that_a_hook_adds_anew_keeps_what_the_user_has_said() {
    let agent = Agent::serving(actions![rebuilt]).await;
    let load = agent.load("rebuilt").await;
    let shown = agent
        .change("rebuilt", "first", edited(&load.body, "amount", json!(3)))
        .await;
    assert_eq!(shown.field("amount")["value"], 3);
    assert_eq!(shown.field("note")["value"], "none");
    assert_eq!(shown.field("copy")["value"], true);
    for (field, value) in [
        ("amount", Value::Null),
        ("amount", json!(0)),
        ("note", Value::Null),
        ("note", json!("")),
        ("copy", json!(false)),
        ("copy", Value::Null),
    ] {
        let again = agent
            .change("rebuilt", "first", edited(&shown.body, field, value.clone()))
            .await;
        assert_eq!(again.field(field)["value"], value, "{field}");
    }
}

async fn mistaken(mut form: FormState<Shipping>) -> HookResult<Shipping> {
    if form.value::<String>("note").as_deref() == Some("options") {
        form.field("city").set_options([Value::Null]);
    } else {
        form.push(Field::string(""));
    }
    Ok(form)
}

#[smart_action(collection = "form tests", name = "Mistaken", kind = "bulk", change("note" = mistaken))]
async fn mistaken_hook(_form: Form<Shipping>) {}

/// The texts are the vendor's.
#[actix_web::test]
async fn frm_16_a_field_that_no_client_could_show_is_the_failure_of_its_hook() {
    let agent = Agent::serving(actions![ship_parcel, mistaken_hook]).await;
    let load = agent.load("ship-parcel").await;
    let a_type = "type of \"x\" on the smart action \"Ship parcel\" must be a valid type. See the documentation";
    for (properties, expected) in [
        (
            json!({"field": 5}),
            "field attribute inside fields array on the smart action \"Ship parcel\" must be a string.",
        ),
        (
            json!({}),
            "field attribute inside fields array on the smart action \"Ship parcel\" must be defined.",
        ),
        (json!({"field": "x", "type": "Color"}), a_type),
        (json!({"field": "x", "type": ["Json"]}), a_type),
        (json!({"field": "x", "type": []}), a_type),
        (
            json!({"field": "x", "description": 7}),
            "description of \"x\" on the smart action \"Ship parcel\" must be a string.",
        ),
        (
            json!({"field": "x", "enums": "x"}),
            "enums of \"x\" on the smart action \"Ship parcel\" must be an array.",
        ),
        (
            json!({"field": "x", "enums": [null]}),
            "Invalid null or undefined option inside \"x\" on the smart action \"Ship parcel\".",
        ),
        (
            json!({"field": "x", "isRequired": "yes"}),
            "isRequired of \"x\" on the smart action \"Ship parcel\" must be a boolean.",
        ),
        (
            json!({"field": "x", "isReadOnly": 1}),
            "isReadOnly of \"x\" on the smart action \"Ship parcel\" must be a boolean.",
        ),
        (
            json!({"field": "x", "reference": 5}),
            "reference of \"x\" on the smart action \"Ship parcel\" must be a string.",
        ),
    ] {
        let mut fields = load.body["fields"].clone();
        fields.as_array_mut().unwrap().push(properties.clone());
        let answer = agent.change("ship-parcel", "country", fields).await;
        assert!(
            answer.hook_failure().starts_with(expected),
            "{properties}: {}",
            answer.body
        );
    }
    // what is falsy says nothing, and neither does a type that is left out
    for properties in [
        json!({"field": "x", "description": "", "enums": false, "isRequired": 0, "isReadOnly": null, "reference": null}),
        json!({"field": "x", "type": "Time"}),
        json!({"field": "x", "type": ["boolean"], "value": [true]}),
    ] {
        let mut fields = load.body["fields"].clone();
        fields.as_array_mut().unwrap().push(properties.clone());
        assert_eq!(
            agent.change("ship-parcel", "country", fields).await.status,
            200,
            "{properties}"
        );
    }
    let mut fields = agent.load("mistaken").await.body["fields"].clone();
    fields[4]["value"] = json!("options");
    let options = agent.change("mistaken", "note", fields.clone()).await;
    assert_eq!(
        options.hook_failure(),
        "Invalid null or undefined option inside \"city\" on the smart action \"Mistaken\"."
    );
    fields[4]["value"] = json!("name");
    let name = agent.change("mistaken", "note", fields).await;
    assert!(name.hook_failure().ends_with("must be defined."));
}

/// JavaScript writes half a character for a text that was cut within one, and has one kind of number.
#[actix_web::test]
async fn frm_07_frm_08_a_form_is_read_as_a_browser_writes_it() {
    let agent = Agent::serving(actions![ship_parcel]).await;
    let load = agent.load("ship-parcel").await;
    let mut fields = edited(&load.body, "country", json!("France"));
    let more = json!([
        {"field": "cut", "value": "x HALF"},
        {"field": "rate", "type": "Number", "enums": [1.0, 2], "value": 1},
        {"field": "odd", "widget": 5, "value": null},
        {"field": "plain", "widget": null},
    ]);
    fields.as_array_mut().unwrap().extend(more.as_array().unwrap().clone());
    let body = json!({"data": {"attributes": {"ids": ["7"], "changed_field": "country", "fields": fields}}});
    let body = body.to_string().replace("HALF", "\\ud83d");
    let answer = agent.post(1, "/forest/actions/ship-parcel/hooks/change", body).await;
    assert_eq!(answer.field("cut")["value"], "x \u{fffd}");
    assert_eq!(answer.field("rate")["value"], 1);
    assert_eq!(
        answer.field("odd"),
        &json!({"field": "odd", "widgetEdit": null, "value": null})
    );
    assert_eq!(
        answer.field("plain"),
        &json!({"field": "plain", "widget": null, "value": null})
    );
}

#[derive(ActionForm)]
#[allow(dead_code, reason = "only read by the derive")]
struct Conditional {
    #[field(change = full_changed)]
    full: Option<bool>,
    #[field(default = 10, widget = number_input(min = 1.0))]
    amount: Option<i64>,
    reason: Option<String>,
}

async fn full_changed(mut form: FormState<Conditional>) -> HookResult<Conditional> {
    match form.value("full") {
        Some(true) => _ = form.remove("amount"),
        _ => _ = form.restore("amount").set_required(true),
    }
    Ok(form)
}

#[smart_action(collection = "form tests", name = "Conditional", kind = "single", change("amount" = full_changed))]
async fn conditional(_form: Form<Conditional>) {}

#[actix_web::test]
async fn frm_09_a_declared_field_comes_back_at_its_place_with_its_default() {
    let agent = Agent::serving(actions![conditional]).await;
    let load = agent.load("conditional").await;
    let hidden = agent
        .change("conditional", "full", edited(&load.body, "full", json!(true)))
        .await;
    assert_eq!(hidden.names(), ["full", "reason"]);
    let shown = agent
        .change("conditional", "full", edited(&hidden.body, "full", json!(false)))
        .await;
    assert_eq!(shown.names(), ["full", "amount", "reason"]);
    let mut expected = load.field("amount").clone();
    expected["value"] = json!(10);
    expected["isRequired"] = json!(true);
    assert_eq!(shown.field("amount"), &expected);
    assert_eq!(expected["hook"], "amount");
    // a field that is there keeps what the user has entered
    let kept = agent
        .change("conditional", "full", edited(&shown.body, "amount", json!(3)))
        .await;
    assert_eq!(kept.field("amount")["value"], 3);
}

#[actix_web::test]
async fn frm_11_frm_12_a_search_answers_its_field_only_and_others_keep_theirs() {
    let agent = Agent::serving(actions![ship_parcel]).await;
    let load = agent.load("ship-parcel").await;
    let mut fields = load.body["fields"].clone();
    fields[1]["searchValue"] = json!("par");
    fields[3]["searchValue"] = json!("acme");
    let search = |field: &str| {
        agent.hook(
            "ship-parcel",
            "search",
            json!({"ids": ["7"], "search_field": field, "fields": fields}),
        )
    };
    let city = search("city").await;
    assert_eq!(city.names(), ["city"]);
    assert_eq!(city.field("city")["enums"], json!(["city: par"]));
    let company = search("company").await;
    assert_eq!(company.names(), ["company"]);
    assert_eq!(company.field("company")["searchValue"], "acme");
    fields[0]["value"] = json!("France");
    let change = agent.change("ship-parcel", "country", fields).await;
    assert_eq!(change.field("city")["searchValue"], "par");
    assert_eq!(change.field("company")["searchValue"], "acme");
}

#[actix_web::test]
async fn frm_17_hooks_run_with_many_ids_or_none_and_know_the_caller() {
    let agent = Agent::serving(actions![ship_parcel]).await;
    for (ids, expected) in [(json!(["1", "2", "3"]), "1,2,3"), (json!([]), ""), (Value::Null, "")] {
        let body = json!({"data": {"attributes": {"ids": ids}}}).to_string();
        for user in [1, 2] {
            let load = agent
                .post(user, "/forest/actions/ship-parcel/hooks/load", body.clone())
                .await;
            assert_eq!(load.field("note")["description"], expected);
            assert_eq!(load.field("zip code")["value"], user.to_string());
        }
    }
    // “select all” has no ids to give without a record source: the hook that asks for them is refused, others run
    let all = json!({"all_records": true, "ids": []});
    assert_eq!(agent.hook("ship-parcel", "load", all.clone()).await.status, 422);
    let mut change = all;
    change["changed_field"] = json!("country");
    change["fields"] = edited(&agent.load("ship-parcel").await.body, "country", json!("France"));
    assert_eq!(agent.hook("ship-parcel", "change", change).await.status, 200);
}

async fn one_record(mut form: FormState, id: RecordId<i64>) -> HookResult {
    form.field("text").set_value(*id);
    Ok(form)
}

#[smart_action(collection = "form tests", name = "One record", kind = "global", load = one_record)]
async fn global_one_record(form: Form<Plain>) -> ActionResult {
    Ok(success(form.text.clone()))
}

#[actix_web::test]
async fn frm_17_a_hook_that_needs_one_record_says_so_when_there_is_none() {
    let agent = Agent::serving(actions![global_one_record]).await;
    let answer = agent.load("one-record").await;
    assert_eq!(answer.status, 400);
    assert_eq!(answer.body["error"], "`ids`: a record is needed, none was sent");
}

#[actix_web::test]
async fn frm_18_fields_are_shown_in_the_order_of_the_declaration() {
    let agent = Agent::serving(actions![ship_parcel]).await;
    let load = agent.load("ship-parcel").await;
    assert_eq!(load.names(), ["country", "city", "zip code", "company", "note"]);
    for (position, field) in load.body["fields"].as_array().unwrap().iter().enumerate() {
        assert_eq!(field["position"], position);
    }
    let change = agent
        .change("ship-parcel", "country", edited(&load.body, "country", json!("France")))
        .await;
    assert_eq!(change.names(), load.names());
}

async fn dynamic(mut form: FormState) -> HookResult {
    form.push(Field::of::<Vec<Country>>("countries").value(vec!["France"]));
    form.push(Field::choice("size", ["S", "M"]).value("XL").read_only());
    form.insert_after(
        "count",
        Field::number("price").widget(widgets::currency_input().currency("eur").cents()),
    );
    form.insert_after(
        "nowhere",
        Field::of::<File>("scan").description("A PDF").reference("x.id"),
    );
    form.field("count")
        .set_required(true)
        .set_widget(widgets::number_input().min(1.0));
    Ok(form)
}

#[smart_action(collection = "form tests", name = "Dynamic fields", kind = "single", load = dynamic)]
async fn dynamic_fields(form: Form<Plain>) -> ActionResult {
    Ok(success(form.text.clone()))
}

#[actix_web::test]
async fn a_hook_adds_fields_of_all_types_where_it_wants_them() {
    let agent = Agent::serving(actions![dynamic_fields]).await;
    let load = agent.load("dynamic-fields").await;
    assert_eq!(load.names(), ["count", "price", "text", "countries", "size", "scan"]);
    let countries =
        json!({"field": "countries", "type": ["Enum"], "enums": ["France", "United States"], "value": ["France"]});
    assert_eq!(load.field("countries"), &countries);
    // an option that is not offered is no value, whoever sets it
    assert_eq!(load.field("size")["value"], Value::Null);
    assert_eq!(load.field("size")["isReadOnly"], true);
    assert_eq!(load.field("price")["widgetEdit"]["parameters"]["currency"], "EUR");
    assert_eq!(load.field("price")["widgetEdit"]["parameters"]["base"], "Cents");
    assert_eq!(load.field("scan")["type"], "File");
    assert_eq!(load.field("count")["isRequired"], true);
}

#[actix_web::test]
async fn both_shapes_of_the_body_are_read_and_malformed_ones_are_refused() {
    let agent = Agent::serving(actions![ship_parcel]).await;
    let path = "/forest/actions/ship-parcel/hooks/change";
    let fields = edited(&agent.load("ship-parcel").await.body, "country", json!("France"));
    let flat =
        json!({"recordIds": ["70"], "collectionName": "form tests", "fields": fields, "changedField": "country"});
    let nested = json!({"data": {"attributes": {"ids": [70], "collection_name": "form tests", "fields": fields,
        "changed_field": "country"}, "type": "custom-action-hook-requests"}});
    let answers = [
        agent.post(1, path, flat.to_string()).await,
        agent.post(1, path, nested.to_string()).await,
    ];
    assert_eq!(answers[0].body, answers[1].body);
    assert_eq!(answers[0].field("city")["enums"], json!(["Paris", "Lyon"]));
    for (body, expected) in [
        ("{", "not JSON"),
        ("[]", "expected an object"),
        ("{}", "`data.attributes` is missing"),
        (r#"{"data":{"attributes":{}}}"#, "`fields` is missing"),
        (r#"{"data":{"attributes":{"fields":[]}}}"#, "`changed_field` is missing"),
        (r#"{"data":{"attributes":{"fields":{}}}}"#, "`data.attributes.fields`"),
        (
            r#"{"data":{"attributes":{"fields":[1]}}}"#,
            "`data.attributes.fields[0]`",
        ),
        (
            r#"{"data":{"attributes":{"fields":[],"changed_field":3}}}"#,
            "`data.attributes.changed_field`",
        ),
        (r#"{"fields":[],"changedField":[]}"#, "`changedField`"),
    ] {
        let answer = agent.post(1, path, body).await;
        assert_eq!(answer.status, 400, "{body}: {}", answer.body);
        assert!(
            answer.body["error"].as_str().unwrap().contains(expected),
            "{body}: {}",
            answer.body
        );
    }
}

#[smart_action(collection = "form tests", name = "In production", kind = "single", load = load_other, unprotected)]
async fn in_production(form: Form<Plain>) -> ActionResult {
    Ok(success(form.text.clone()))
}

/// The token is made by an agent in local mode that has the same secret.
#[actix_web::test]
async fn frm_02_hooks_work_in_production_from_a_stored_schema() {
    let secret = "an authentication secret that is long enough";
    let development = Agent::start(Forest::builder().actions(actions![in_production]).auth_secret(secret)).await;
    let token = development.forest.local_token(1).unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("schema.json");
    std::fs::write(&path, development.schema_file()).unwrap();
    let fake = FakeForest::start().await.unwrap();
    let forest = Forest::builder()
        .actions(actions![in_production])
        .auth_secret(secret)
        .env_secret(fake.env_secret())
        .server_url(fake.url())
        .environment(Environment::Production)
        .schema_path(&path)
        .start()
        .await
        .unwrap();
    assert!(!forest.is_local());
    let body = json!({"data": {"attributes": {"ids": ["7"], "changed_field": "text", "fields": [{"field": "text"}]}}});
    for hook in ["load", "change"] {
        let url = format!("/forest/actions/in-production/hooks/{hook}");
        let in_development = development.post(1, &url, body.to_string()).await;
        let answer = post(&forest, &token, &url, body.to_string().into_bytes()).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        assert_eq!(answer.body, in_development.body, "{hook}");
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap(), development.schema_file());
}
