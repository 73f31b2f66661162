//! Form hooks against the recorded answers of the vendor's own package.
//!
//! Each vector's form is written in the types of this crate, and its hook as an async fn that implements the vector's
//! description. Paths are defined here, because several vectors share an action name. The bodies are sent unchanged;
//! most have the `smart_action_id` of another action, which hooks tolerate (RTE-06).
//!
//! Three vectors are ruled out by the types: 12 (a hook that returns no list), 15 (pages next to other elements) and 16
//! (a layout element that does not exist).

use forest_actions::form::layout::{html, input, page, row, separator};
use forest_actions::form::{FieldSpec, FormReader, widgets};
use forest_actions::prelude::*;
use forest_actions::{ActionDescriptor, failure};
use serde_json::{Value, json};

use crate::support::{Agent, Answer, Call};

fn vector(name: &str) -> Value {
    let path = format!("{}/vectors/hooks/{name}.json", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Sends the request of a vector to an action.
async fn answer(vector: &Value, action: &'static ActionDescriptor) -> Answer {
    let body = &vector["request"]["body"];
    let path = format!(
        "{}/hooks/{}?timezone=Europe/Paris",
        action.endpoint,
        vector["kind"].as_str().unwrap()
    );
    let agent = Agent::local([action]).await;
    Call::post(path).json(body).send(&agent.serve().await).await
}

/// The answer is the one of development mode, which is the complete one.
async fn check(name: &str, action: &'static ActionDescriptor) {
    let vector = vector(name);
    let answer = answer(&vector, action).await;
    assert_eq!(answer.status(), vector["expected"]["status"], "{}", answer.json());
    assert_eq!(answer.json(), vector["expected"]["body"], "{}", answer.json());
}

async fn as_it_is(form: FormState) -> HookResult {
    Ok(form)
}

#[derive(ActionForm)]
struct Charge {
    /// The amount (USD) to charge the credit card. Example: 42.50
    amount: f64,
    description: String,
    stripe_id: String,
}

async fn prefill(mut form: FormState<Charge>, id: RecordId<String>) -> HookResult<Charge> {
    form.field("amount").set_value(4520);
    form.field("stripe_id").set_value(id.into_inner());
    Ok(form)
}

#[smart_action(collection = "customers", name = "Vector 01", kind = "single", load = prefill)]
async fn vector_01(form: Form<Charge>) -> String {
    format!("{} {} {}", form.amount, form.description, form.stripe_id)
}

#[actix_web::test]
async fn vector_01_load_prefill() {
    let [action] = actions![vector_01];
    check("01-load-prefill", action).await;
}

#[derive(ActionForm)]
struct OneText {
    a: Option<String>,
}

#[smart_action(collection = "customers", name = "Vector 02", kind = "bulk")]
async fn vector_02(form: Form<OneText>) -> String {
    format!("{:?}", form.a)
}

/// A declared widget is a typed constructor, so the older names only come in from outside: here, with a change.
#[actix_web::test]
async fn vector_02_legacy_client_widgets_become_widget_edit() {
    let vector = vector("02-load-widgets");
    let [action] = actions![vector_02];
    let agent = Agent::local([action]).await;
    let app = agent.serve().await;
    let answer = Call::change("vector-02", "none", vector["declaration"]["fields"].clone())
        .send(&app)
        .await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.json(), vector["expectedProduction"]["body"]);
}

#[derive(ActionEnum, Clone, Copy)]
enum Two {
    #[option("a")]
    A,
    #[option("b")]
    B,
}

#[derive(ActionEnum, Clone, Copy)]
enum Three {
    #[option("a")]
    A,
    #[option("b")]
    B,
    #[option("c")]
    C,
}

#[derive(ActionEnum, Clone, Copy)]
enum One {
    #[option("a")]
    A,
}

#[derive(ActionForm)]
struct Enums {
    #[field(options)]
    country: Option<String>,
    kept: Option<Two>,
    #[field(label = "list reset")]
    list_reset: Vec<Three>,
    #[field(label = "list kept")]
    list_kept: Vec<Three>,
    #[field(label = "list empty")]
    list_empty: Vec<One>,
    #[field(label = "not a list value")]
    not_a_list_value: Vec<One>,
    // a text or number with options is an enum in a declaration, so these get theirs from the hook
    #[field(label = "string with enums")]
    string_with_enums: Option<String>,
    number: Option<i32>,
}

async fn fill_enums(mut form: FormState<Enums>) -> HookResult<Enums> {
    form.field("country").set_options(["FR", "US"]).set_value("IT");
    form.field("kept").set_typed(Two::B);
    form.field("list reset").set_value(vec!["a", "z"]);
    form.field("list kept").set_typed(vec![Three::C, Three::A]);
    form.field("list empty").set_value(Vec::<String>::new());
    form.field("not a list value").set_value("zzz");
    form.field("string with enums").set_options(["x"]).set_value("y");
    form.field("number").set_options([1, 2]).set_value("1");
    Ok(form)
}

#[smart_action(collection = "customers", name = "Vector 03", kind = "single", load = fill_enums)]
async fn vector_03(form: Form<Enums>) -> String {
    let form = form.into_inner();
    let lists = [
        form.list_reset.len(),
        form.list_kept.len(),
        form.list_empty.len(),
        form.not_a_list_value.len(),
    ];
    format!(
        "{:?} {} {lists:?} {:?} {:?}",
        form.country,
        form.kept.is_some(),
        form.string_with_enums,
        form.number
    )
}

#[actix_web::test]
async fn vector_03_frm_07_load_enums() {
    let [action] = actions![vector_03];
    check("03-load-enums", action).await;
}

#[derive(ActionForm)]
struct Intent {
    #[field(label = "aField")]
    a_field: Option<String>,
    #[field(read_only)]
    count: Vec<String>,
}

async fn from_intent(
    mut form: FormState<Intent>,
    request: ActionRequest,
    ids: RecordIds<String>,
) -> HookResult<Intent> {
    let first = request
        .intent_params()
        .and_then(|params| params.get("firstParam"))
        .cloned();
    form.field("aField")
        .set_value(first.unwrap_or_default())
        .set_read_only(true);
    form.field("count").set_value(ids.into_inner());
    Ok(form)
}

#[smart_action(collection = "customers", name = "Vector 04", kind = "bulk", load = from_intent)]
async fn vector_04(form: Form<Intent>) -> String {
    format!("{:?} {:?}", form.a_field, form.count)
}

#[actix_web::test]
async fn vector_04_frm_17_load_intent_of_a_bulk_action() {
    let [action] = actions![vector_04];
    check("04-load-intent", action).await;
}

/// The vectors name their change hooks themselves; a derived form names them after the field.
struct Invoice;

impl ActionForm for Invoice {
    const FIELDS: &'static [FieldSpec] = &[
        FieldSpec::builder::<String>("firstname").build(),
        FieldSpec::builder::<String>("lastname").build(),
        FieldSpec::builder::<Option<String>>("username").build(),
        FieldSpec::builder::<String>("email").build(),
        FieldSpec::builder::<Option<String>>("country")
            .dynamic_options()
            .build(),
        FieldSpec::builder::<Option<String>>("city")
            .hook("onCityChange")
            .build(),
        FieldSpec::builder::<Option<String>>("zip code")
            .hook("onZipCodeChange")
            .build(),
        FieldSpec::builder::<Option<String>>("left out").build(),
    ];

    fn from_values(_: &mut FormReader<'_>) -> Option<Self> {
        Some(Self)
    }
}

async fn two_pages(form: FormState) -> HookResult {
    Ok(form.layout([
        page([
            html("<h3>Please fill in</h3>"),
            row(["firstname", "lastname"]),
            separator(),
            input("username"),
            input("email"),
        ])
        .next_button("Go on"),
        page([html("Address"), row(["city", "zip code"]), input("country")]).previous_button("Back"),
    ]))
}

#[smart_action(collection = "customers", name = "Vector 05", kind = "single", form = Invoice, load = two_pages,
    change("onCityChange" = as_it_is, "onZipCodeChange" = as_it_is))]
async fn vector_05() {}

#[actix_web::test]
async fn vector_05_load_layout_pages() {
    let [action] = actions![vector_05];
    check("05-load-layout-pages", action).await;
}

async fn zip_code_of(mut form: FormState) -> HookResult {
    let city: String = form
        .changed_field()
        .and_then(|field| form.value(field))
        .unwrap_or_default();
    form.field("zip code").set_value("75001").set_description(city);
    Ok(form)
}

#[smart_action(collection = "customers", name = "Vector 06", kind = "single", form = Invoice, load = as_it_is,
    change("onCityChange" = zip_code_of, "onZipCodeChange" = as_it_is))]
async fn vector_06() {}

#[actix_web::test]
async fn vector_06_frm_08_change_sets_another_field_and_keeps_unknown_attributes() {
    let [action] = actions![vector_06];
    check("06-change-sets-another", action).await;
}

struct Pick;

impl ActionForm for Pick {
    const FIELDS: &'static [FieldSpec] = &[
        FieldSpec::builder::<Option<String>>("country")
            .dynamic_options()
            .hook("onCountry")
            .build(),
        FieldSpec::builder::<Option<String>>("city").dynamic_options().build(),
        FieldSpec::builder::<Vec<String>>("tags").dynamic_options().build(),
    ];

    fn from_values(_: &mut FormReader<'_>) -> Option<Self> {
        Some(Self)
    }
}

async fn cities(mut form: FormState) -> HookResult {
    form.field("city").set_options(["New York", "Boston"]);
    form.field("tags").set_options(["a", "b"]);
    Ok(form)
}

#[smart_action(collection = "customers", name = "Vector 07", kind = "single", form = Pick, change("onCountry" = cities))]
async fn vector_07() {}

#[actix_web::test]
async fn vector_07_frm_07_change_resets_unavailable_values() {
    let [action] = actions![vector_07];
    check("07-change-enums-reset", action).await;
}

struct Dynamic;

impl ActionForm for Dynamic {
    const FIELDS: &'static [FieldSpec] = &[
        FieldSpec::builder::<Option<String>>("first")
            .hook("onFieldChanged")
            .build(),
        FieldSpec::builder::<Option<String>>("second").build(),
        FieldSpec::builder::<Option<String>>("third").build(),
    ];

    fn from_values(_: &mut FormReader<'_>) -> Option<Self> {
        Some(Self)
    }
}

async fn add_and_remove(mut form: FormState) -> HookResult {
    form.push(FormField::boolean("another field").on_change("onAnotherFieldChanged"));
    form.remove("second");
    form.order(["third", "first", "another field"]);
    Ok(form)
}

#[smart_action(collection = "customers", name = "Vector 08", kind = "single", form = Dynamic,
    change("onFieldChanged" = add_and_remove, "onAnotherFieldChanged" = as_it_is))]
async fn vector_08() {}

#[actix_web::test]
async fn vector_08_change_adds_removes_and_reorders() {
    let [action] = actions![vector_08];
    check("08-change-add-remove", action).await;
}

struct Widgets;

impl ActionForm for Widgets {
    const FIELDS: &'static [FieldSpec] = &[FieldSpec::builder::<Option<String>>("a").hook("onA").build()];

    fn from_values(_: &mut FormReader<'_>) -> Option<Self> {
        Some(Self)
    }
}

async fn set_widgets(mut form: FormState) -> HookResult {
    form.field("b").set_widget(widgets::text_area());
    form.push(FormField::number("c").widget(widgets::currency_input()));
    Ok(form)
}

#[smart_action(collection = "customers", name = "Vector 09", kind = "bulk", form = Widgets, change("onA" = set_widgets))]
async fn vector_09() {}

/// Hooks of this crate set `widgetEdit`, never a legacy widget name.
#[actix_web::test]
async fn vector_09_a_legacy_widget_is_converted_and_hooks_set_the_newer_form() {
    let vector = vector("09-change-legacy-widget");
    let [action] = actions![vector_09];
    let answer = answer(&vector, action).await;
    assert_eq!(answer.field_names(), ["a", "b", "c"]);
    assert_eq!(answer.json()["fields"][0], vector["expected"]["body"]["fields"][0]);
    let expected = json!({"field": "b", "type": "String", "value": null,
        "widgetEdit": {"name": "text area editor", "parameters": {"placeholder": null, "rows": null}}});
    assert_eq!(answer.field("b"), expected);
    assert_eq!(answer.field("c")["widgetEdit"]["name"], "price editor");
    assert_eq!(answer.field("c")["value"], Value::Null);
}

struct E;

impl ActionForm for E {
    const FIELDS: &'static [FieldSpec] = &[
        FieldSpec::builder::<Option<String>>("a").hook("onA").build(),
        FieldSpec::builder::<Option<String>>("b").build(),
    ];

    fn from_values(_: &mut FormReader<'_>) -> Option<Self> {
        Some(Self)
    }
}

#[smart_action(collection = "customers", name = "Vector 10", kind = "bulk", form = E, change("onA" = as_it_is))]
async fn vector_10() {}

/// The reference answers both with a failure; here the form comes back as it was sent (FRM-04), since older clients call
/// the route for every field.
#[actix_web::test]
async fn vectors_10_and_11_frm_04_change_without_a_hook_returns_the_form_unchanged() {
    for name in ["10-change-unknown-field", "11-change-field-without-hook"] {
        let vector = vector(name);
        let [action] = actions![vector_10];
        let answer = answer(&vector, action).await;
        assert_eq!(answer.status(), 200, "{name}");
        let sent = &vector["request"]["body"]["data"]["attributes"]["fields"];
        assert_eq!(answer.json(), json!({"fields": sent, "layout": []}), "{name}");
    }
}

async fn ghost(mut form: FormState) -> HookResult {
    form.push(FormField::string("b").on_change("ghost"));
    Ok(form)
}

#[smart_action(collection = "customers", name = "Ship", kind = "bulk", load = ghost)]
async fn vector_13(form: Form<OneText>) -> String {
    format!("{:?}", form.a)
}

#[actix_web::test]
async fn vector_13_load_undeclared_hook() {
    let [action] = actions![vector_13];
    check("13-load-undeclared-hook", action).await;
}

async fn fail(_: FormState) -> HookResult {
    Err(failure("No such customer"))
}

#[smart_action(collection = "customers", name = "Vector 14", kind = "bulk", load = fail)]
async fn vector_14(form: Form<OneText>) -> String {
    format!("{:?}", form.a)
}

#[actix_web::test]
async fn vector_14_load_throws() {
    let [action] = actions![vector_14];
    check("14-load-throws", action).await;
}

async fn empty(mut form: FormState) -> HookResult {
    form.clear();
    Ok(form)
}

#[smart_action(collection = "customers", name = "Vector 17", kind = "bulk", load = empty)]
async fn vector_17(form: Form<OneText>) -> String {
    format!("{:?}", form.a)
}

/// The request selects all records; the hook reads none.
#[actix_web::test]
async fn vector_17_frm_17_load_empty() {
    let [action] = actions![vector_17];
    check("17-load-empty", action).await;
}

#[derive(ActionEnum, Clone, Copy)]
enum Currency {
    #[option("EUR")]
    Eur,
    #[option("USD")]
    Usd,
}

#[derive(ActionForm)]
struct Defaults {
    #[field(default = 10)]
    amount: Option<i64>,
    #[field(default = Currency::Eur)]
    currency: Option<Currency>,
    #[field(default = true, read_only)]
    receipt: Option<bool>,
}

async fn no_receipt(mut form: FormState<Defaults>) -> HookResult<Defaults> {
    form.field("receipt").set_value(false);
    Ok(form)
}

#[smart_action(collection = "customers", name = "Vector 18", kind = "single", load = no_receipt)]
async fn vector_18(form: Form<Defaults>) -> String {
    format!("{:?} {} {:?}", form.amount, form.currency.is_some(), form.receipt)
}

#[actix_web::test]
async fn vector_18_load_default_value() {
    let [action] = actions![vector_18];
    check("18-load-default-value", action).await;
}

#[test]
fn every_typed_vector_is_covered() {
    let unbuildable = ["12-load-not-an-array", "15-load-mixed-pages", "16-load-bad-component"];
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors/hooks");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap().replace(".json", "");
        assert!(
            unbuildable.contains(&name.as_str()) || include_str!("hook_vectors.rs").contains(&format!("\"{name}\"")),
            "{name} is not checked"
        );
    }
}
