//! The forms of load, change and search hooks: their input, the permitted changes, and the response.

use forest_actions::form::widgets;
use forest_actions::prelude::*;
use serde_json::{Value, json};

use crate::support::forms::edited;
use crate::support::{Agent, Call, token_of_user};

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
            form.push(FormField::string("State").default_value("NY").required());
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

#[actix_web::test]
async fn frm_06_frm_20_the_changed_field_hook_runs_with_the_previous_value() {
    let agent = Agent::local(actions![ship_parcel]).await;
    let app = agent.serve().await;
    let load = Call::load("ship-parcel").send(&app).await;
    // all values differ from the previous ones; only one field is marked as changed
    let mut fields = edited(&load, "country", json!("France"));
    fields[2]["value"] = json!("1");
    let unchanged = Call::change("ship-parcel", "zip code", fields.clone()).send(&app).await;
    assert_eq!(unchanged.field("note")["value"], Value::Null);
    let first = Call::change("ship-parcel", "country", fields).send(&app).await;
    assert_eq!(first.field("note")["value"], "country was None");
    let second = Call::change(
        "ship-parcel",
        "country",
        edited(&first, "country", json!("United States")),
    )
    .send(&app)
    .await;
    assert_eq!(second.field("note")["value"], "country was Some(\"France\")");
}

#[actix_web::test]
async fn frm_07_frm_08_untouched_values_are_kept_and_unavailable_options_reset() {
    let agent = Agent::local(actions![ship_parcel]).await;
    let app = agent.serve().await;
    let load = Call::load("ship-parcel").send(&app).await;
    let mut fields = edited(&load, "country", json!("France"));
    fields[1]["value"] = json!("New York");
    fields[1]["somethingNew"] = json!([1]);
    let change = Call::change("ship-parcel", "country", fields).send(&app).await;
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
    for field in change.fields() {
        let unknown = field.as_object().unwrap().keys().find(|key| key.contains('_'));
        assert_eq!(unknown, None);
    }
}

#[actix_web::test]
async fn frm_09_a_conditional_field_keeps_its_value_over_the_default() {
    let agent = Agent::local(actions![ship_parcel]).await;
    let app = agent.serve().await;
    let load = Call::load("ship-parcel").send(&app).await;
    let shown = Call::change(
        "ship-parcel",
        "country",
        edited(&load, "country", json!("United States")),
    )
    .send(&app)
    .await;
    assert_eq!(
        shown.field_names(),
        ["country", "city", "zip code", "company", "note", "State"]
    );
    assert_eq!(shown.field("State")["value"], "NY");
    assert_eq!(shown.field("State")["isRequired"], true);
    // the same hook adds the same field again, and the user has written something into it
    let again = Call::change("ship-parcel", "country", edited(&shown, "State", json!("CA")))
        .send(&app)
        .await;
    assert_eq!(again.field("State")["value"], "CA");
    assert_eq!(again.field("State")["previousValue"], "NY");
    let emptied = Call::change("ship-parcel", "country", edited(&shown, "State", Value::Null))
        .send(&app)
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
    form.push(FormField::string("note").default_value("none"));
    form.push(FormField::boolean("copy").default_value(true));
    Ok(form)
}

#[smart_action(collection = "form tests", name = "Rebuilt", kind = "single")]
async fn rebuilt(_form: Form<Rebuilt>) {}

#[actix_web::test]
async fn frm_10_a_re_added_field_keeps_the_user_value() {
    let agent = Agent::local(actions![rebuilt]).await;
    let app = agent.serve().await;
    let load = Call::load("rebuilt").send(&app).await;
    let shown = Call::change("rebuilt", "first", edited(&load, "amount", json!(3)))
        .send(&app)
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
        let again = Call::change("rebuilt", "first", edited(&shown, field, value.clone()))
            .send(&app)
            .await;
        assert_eq!(again.field(field)["value"], value, "{field}");
    }
}

async fn mistaken(mut form: FormState<Shipping>) -> HookResult<Shipping> {
    if form.value::<String>("note").as_deref() == Some("options") {
        form.field("city").set_options([Value::Null]);
    } else {
        form.push(FormField::string(""));
    }
    Ok(form)
}

#[smart_action(collection = "form tests", name = "Mistaken", kind = "bulk", change("note" = mistaken))]
async fn mistaken_hook(_form: Form<Shipping>) {}

/// The texts are the vendor's.
#[actix_web::test]
async fn frm_16_an_undisplayable_field_fails_its_hook() {
    let agent = Agent::local(actions![ship_parcel, mistaken_hook]).await;
    let app = agent.serve().await;
    let load = Call::load("ship-parcel").send(&app).await;
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
        let mut fields = load.fields();
        fields.push(properties.clone());
        let answer = Call::change("ship-parcel", "country", fields).send(&app).await;
        // the mistake is one of the request
        let expected = format!("invalid request body: `fields`: {expected}");
        assert!(
            answer.detail(400).starts_with(&expected),
            "{properties}: {}",
            answer.json()
        );
    }
    // falsy and missing members are ignored
    for properties in [
        json!({"field": "x", "description": "", "enums": false, "isRequired": 0, "isReadOnly": null, "reference": null}),
        json!({"field": "x", "type": "Time"}),
        json!({"field": "x", "type": ["boolean"], "value": [true]}),
    ] {
        let mut fields = load.fields();
        fields.push(properties.clone());
        assert_eq!(
            Call::change("ship-parcel", "country", fields).send(&app).await.status(),
            200,
            "{properties}"
        );
    }
    let mut fields = Call::load("mistaken").send(&app).await.fields();
    fields[4]["value"] = json!("options");
    let options = Call::change("mistaken", "note", fields.clone()).send(&app).await;
    assert_eq!(
        options.hook_failure(),
        "Invalid null or undefined option inside \"city\" on the smart action \"Mistaken\"."
    );
    fields[4]["value"] = json!("name");
    let name = Call::change("mistaken", "note", fields).send(&app).await;
    assert!(name.hook_failure().ends_with("must be defined."));
}

/// JavaScript writes half a character for a text that was cut within one, and has one kind of number.
#[actix_web::test]
async fn frm_07_frm_08_browser_form_encoding_is_parsed() {
    let agent = Agent::local(actions![ship_parcel]).await;
    let app = agent.serve().await;
    let load = Call::load("ship-parcel").send(&app).await;
    let mut fields = edited(&load, "country", json!("France"));
    let more = json!([
        {"field": "cut", "value": "x HALF"},
        {"field": "rate", "type": "Number", "enums": [1.0, 2], "value": 1},
        {"field": "odd", "widget": 5, "value": null},
        {"field": "plain", "widget": null},
    ]);
    fields.as_array_mut().unwrap().extend(more.as_array().unwrap().clone());
    let body = json!({"data": {"attributes": {"ids": ["7"], "changed_field": "country", "fields": fields}}});
    let body = body.to_string().replace("HALF", "\\ud83d");
    let answer = Call::post("/forest/actions/ship-parcel/hooks/change")
        .body(body)
        .send(&app)
        .await;
    assert_eq!(answer.field("cut")["value"], "x \u{fffd}");
    assert_eq!(answer.field("rate")["value"], 1);
    assert_eq!(
        answer.field("odd"),
        json!({"field": "odd", "widgetEdit": null, "value": null})
    );
    assert_eq!(
        answer.field("plain"),
        json!({"field": "plain", "widget": null, "value": null})
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
async fn frm_09_a_restored_field_returns_at_its_position_with_its_default() {
    let agent = Agent::local(actions![conditional]).await;
    let app = agent.serve().await;
    let load = Call::load("conditional").send(&app).await;
    let hidden = Call::change("conditional", "full", edited(&load, "full", json!(true)))
        .send(&app)
        .await;
    assert_eq!(hidden.field_names(), ["full", "reason"]);
    let shown = Call::change("conditional", "full", edited(&hidden, "full", json!(false)))
        .send(&app)
        .await;
    assert_eq!(shown.field_names(), ["full", "amount", "reason"]);
    let mut expected = load.field("amount").clone();
    expected["value"] = json!(10);
    expected["isRequired"] = json!(true);
    assert_eq!(shown.field("amount"), expected);
    assert_eq!(expected["hook"], "amount");
    // a present field keeps the user's value
    let kept = Call::change("conditional", "full", edited(&shown, "amount", json!(3)))
        .send(&app)
        .await;
    assert_eq!(kept.field("amount")["value"], 3);
}

#[actix_web::test]
async fn frm_11_frm_12_a_search_returns_only_its_field() {
    let agent = Agent::local(actions![ship_parcel]).await;
    let app = agent.serve().await;
    let load = Call::load("ship-parcel").send(&app).await;
    let mut fields = load.fields();
    fields[1]["searchValue"] = json!("par");
    fields[3]["searchValue"] = json!("acme");
    let search = async |field: &str| {
        Call::hook(
            "ship-parcel",
            "search",
            json!({"ids": ["7"], "search_field": field, "fields": fields}),
        )
        .send(&app)
        .await
    };
    let city = search("city").await;
    assert_eq!(city.field_names(), ["city"]);
    assert_eq!(city.field("city")["enums"], json!(["city: par"]));
    let company = search("company").await;
    assert_eq!(company.field_names(), ["company"]);
    assert_eq!(company.field("company")["searchValue"], "acme");
    fields[0]["value"] = json!("France");
    let change = Call::change("ship-parcel", "country", fields).send(&app).await;
    assert_eq!(change.field("city")["searchValue"], "par");
    assert_eq!(change.field("company")["searchValue"], "acme");
}

#[actix_web::test]
async fn frm_17_hooks_get_the_caller_and_any_number_of_ids() {
    let agent = Agent::local(actions![ship_parcel]).await;
    let app = agent.serve().await;
    for (ids, expected) in [(json!(["1", "2", "3"]), "1,2,3"), (json!([]), ""), (Value::Null, "")] {
        for user in [1, 2] {
            let load = Call::hook("ship-parcel", "load", json!({"ids": ids}))
                .bearer(&token_of_user(user, "ada@example.com"))
                .send(&app)
                .await;
            assert_eq!(load.field("note")["description"], expected);
            assert_eq!(load.field("zip code")["value"], user.to_string());
        }
    }
    // without a record source, hooks that need the ids of “select all” are refused; others run
    let all = json!({"all_records": true, "ids": []});
    assert_eq!(
        Call::hook("ship-parcel", "load", all.clone()).send(&app).await.status(),
        422
    );
    let mut change = all;
    change["changed_field"] = json!("country");
    change["fields"] = edited(&Call::load("ship-parcel").send(&app).await, "country", json!("France"));
    assert_eq!(
        Call::hook("ship-parcel", "change", change).send(&app).await.status(),
        200
    );
}

#[actix_web::test]
async fn frm_18_fields_are_shown_in_the_order_of_the_declaration() {
    let agent = Agent::local(actions![ship_parcel]).await;
    let app = agent.serve().await;
    let load = Call::load("ship-parcel").send(&app).await;
    assert_eq!(load.field_names(), ["country", "city", "zip code", "company", "note"]);
    for (position, field) in load.fields().iter().enumerate() {
        assert_eq!(field["position"], position);
    }
    let change = Call::change("ship-parcel", "country", edited(&load, "country", json!("France")))
        .send(&app)
        .await;
    assert_eq!(change.field_names(), load.field_names());
}

#[derive(ActionForm)]
#[allow(dead_code, reason = "only read by the derive")]
struct Plain {
    #[field(default = 3)]
    count: Option<i32>,
    #[field(widget = text_area)]
    text: String,
}

async fn dynamic(mut form: FormState) -> HookResult {
    form.push(FormField::new::<Vec<Country>>("countries").value(vec!["France"]));
    form.push(FormField::choice("size", ["S", "M"]).value("XL").read_only());
    form.insert_after(
        "count",
        FormField::number("price").widget(widgets::currency_input().currency("eur").cents()),
    );
    form.insert_after(
        "nowhere",
        FormField::new::<FormFile>("scan")
            .description("A PDF")
            .reference("x.id"),
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
async fn a_hook_can_insert_fields_of_every_type() {
    let agent = Agent::local(actions![dynamic_fields]).await;
    let app = agent.serve().await;
    let load = Call::load("dynamic-fields").send(&app).await;
    assert_eq!(
        load.field_names(),
        ["count", "price", "text", "countries", "size", "scan"]
    );
    let countries =
        json!({"field": "countries", "type": ["Enum"], "enums": ["France", "United States"], "value": ["France"]});
    assert_eq!(load.field("countries"), countries);
    // an unavailable option is rejected, even from a hook
    assert_eq!(load.field("size")["value"], Value::Null);
    assert_eq!(load.field("size")["isReadOnly"], true);
    assert_eq!(load.field("price")["widgetEdit"]["parameters"]["currency"], "EUR");
    assert_eq!(load.field("price")["widgetEdit"]["parameters"]["base"], "Cents");
    assert_eq!(load.field("scan")["type"], "File");
    assert_eq!(load.field("count")["isRequired"], true);
}

fn logo() -> FormFile {
    FormFile::new("logo.png", "image/png", [0, 1, 2])
}

#[derive(ActionForm)]
struct WithFile {
    #[field(default = logo())]
    logo: Option<FormFile>,
    #[field(change = file_changed)]
    contract: Option<FormFile>,
}

async fn file_changed(mut form: FormState<WithFile>) -> HookResult<WithFile> {
    let name = form
        .typed_value::<FormFile>("contract")
        .and_then(|file| file.name().map(str::to_owned));
    form.field("contract").set_description(name.unwrap_or_default());
    Ok(form)
}

#[smart_action(collection = "form tests", name = "With file", kind = "single")]
async fn with_file(form: Form<WithFile>) -> ActionResult {
    Ok(success(format!("{:?} {}", form.logo, form.contract.is_some())))
}

#[actix_web::test]
async fn frm_14_a_default_file_is_in_the_form_but_not_in_the_schema() {
    let agent = Agent::local(actions![with_file]).await;
    let app = agent.serve().await;
    let schema: Value = serde_json::from_str(&agent.schema_file()).unwrap();
    let action = &schema["collections"][0]["actions"][0];
    assert_eq!(action["fields"][0]["defaultValue"], Value::Null);
    assert_eq!(action["hooks"]["load"], true);
    assert!(!agent.schema_file().contains("data:"));
    let load = Call::load("with-file").send(&app).await;
    assert_eq!(load.field("logo")["value"], logo().to_data_uri());
    let fields = edited(
        &load,
        "contract",
        json!("data:application/pdf;name=a%20b.pdf;base64,AAAA"),
    );
    let change = Call::change("with-file", "contract", fields).send(&app).await;
    assert_eq!(change.field("contract")["description"], "a b.pdf");
    assert_eq!(change.field("logo")["value"], logo().to_data_uri());
    assert!(
        Call::submit("with-file", json!({}))
            .send(&app)
            .await
            .success()
            .contains("logo.png")
    );
    assert_eq!(
        Call::submit("with-file", json!({"logo": null}))
            .send(&app)
            .await
            .success(),
        "None false"
    );
}
