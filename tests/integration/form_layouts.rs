//! Layouts: static layouts, layouts from hooks, and refused mistakes.

use forest_actions::form::layout::{Layout, html, input, page, row, separator};
use forest_actions::form::{FieldSpec, FormReader};
use forest_actions::prelude::*;
use serde_json::{Value, json};

use crate::support::forms::{action, schema_refusal};
use crate::support::{Agent, Call};

fn two_pages() -> Layout {
    Layout::from([
        page([html("<b>Who</b>"), row(["first name", "last name"])]).next_button("Go on"),
        page([separator(), input("email")]).previous_button("Back"),
    ])
}

#[derive(ActionForm)]
#[form(layout = two_pages)]
struct Person {
    #[field(label = "last name")]
    last_name: Option<String>,
    #[field(label = "first name", change = name_changed)]
    first_name: Option<String>,
    email: Option<String>,
    hidden: Option<String>,
}

async fn name_changed(mut form: FormState<Person>) -> HookResult<Person> {
    match form.value::<String>("first name").as_deref() {
        Some("remove") => {
            form.remove("last name");
            form.remove("first name");
        }
        Some("add") => form.push(FormField::string("nickname")),
        _ => {}
    }
    Ok(form)
}

#[smart_action(collection = "form tests", name = "Static layout", kind = "single")]
async fn static_layout(form: Form<Person>) -> String {
    format!(
        "{:?} {:?} {:?} {:?}",
        form.last_name, form.first_name, form.email, form.hidden
    )
}

fn field(name: &str) -> Value {
    json!({"type": "Layout", "component": "input", "fieldId": name})
}

fn pages(first: &[Value], second: &[Value]) -> Value {
    json!([
        {"type": "Layout", "component": "page", "nextButtonLabel": "Go on", "elements": first},
        {"type": "Layout", "component": "page", "previousButtonLabel": "Back", "elements": second},
    ])
}

fn who() -> Value {
    json!({"type": "Layout", "component": "htmlBlock", "content": "<b>Who</b>"})
}

fn line() -> Value {
    json!({"type": "Layout", "component": "separator"})
}

fn names() -> Value {
    json!({"type": "Layout", "component": "row", "fields": [field("first name"), field("last name")]})
}

#[actix_web::test]
async fn frm_15_a_static_form_has_its_fields_and_its_layout_in_the_schema() {
    let agent = Agent::local(actions![static_layout]).await;
    let app = agent.serve().await;
    let schema: Value = serde_json::from_str(&agent.schema_file()).unwrap();
    let action = &schema["collections"][0]["actions"][0];
    assert_eq!(action["hooks"]["load"], false);
    let listed: Vec<&Value> = action["fields"]
        .as_array()
        .unwrap()
        .iter()
        .map(|field| &field["field"])
        .collect();
    assert_eq!(listed, ["last name", "first name", "email", "hidden"]);
    let expected = pages(&[who(), names()], &[line(), field("email")]);
    assert_eq!(action["layout"], expected);
    let load = Call::load("static-layout").send(&app).await;
    assert_eq!(load.json()["layout"], expected);
    assert_eq!(load.field_names(), ["first name", "last name", "email"]);
}

/// The browser takes the layout of each answer, so a form would fall apart at its first change.
#[actix_web::test]
async fn frm_15_the_declared_layout_applies_to_changes_and_present_fields() {
    let agent = Agent::local(actions![static_layout]).await;
    let app = agent.serve().await;
    let load = Call::load("static-layout").send(&app).await;
    let change = async |value: &str| {
        let mut fields = load.fields();
        fields[0]["value"] = json!(value);
        Call::change("static-layout", "first name", fields).send(&app).await
    };
    let same = change("Ada").await;
    assert_eq!(same.json()["layout"], load.json()["layout"]);
    assert_eq!(same.field_names(), ["first name", "last name", "email"]);
    let without_hook = Call::change("static-layout", "email", load.fields()).send(&app).await;
    assert_eq!(without_hook.json(), load.json());
    let removed = change("remove").await;
    assert_eq!(removed.json()["layout"], pages(&[who()], &[line(), field("email")]));
    assert_eq!(removed.field_names(), ["email"]);
    let added = change("add").await;
    assert_eq!(
        added.json()["layout"],
        pages(&[who(), names()], &[line(), field("email"), field("nickname")])
    );
    assert_eq!(added.field_names(), ["first name", "last name", "email", "nickname"]);
}

fn in_a_row() -> Layout {
    Layout::from([page([row(["city", "street"])]), page([input("note")])])
}

#[derive(ActionForm)]
#[form(layout = in_a_row)]
#[allow(dead_code, reason = "only read by the derive")]
struct Declared {
    street: Option<String>,
    #[field(options, search = find)]
    city: Option<String>,
    note: Option<String>,
}

#[derive(ActionForm)]
#[allow(dead_code, reason = "only read by the derive")]
struct Arranged {
    street: Option<String>,
    #[field(options, search = find)]
    city: Option<String>,
    note: Option<String>,
}

async fn find(mut form: FormState) -> HookResult {
    let text = form.search().map(|(_, text)| text.to_owned()).unwrap_or_default();
    form.field("city").set_options([text]);
    Ok(form)
}

async fn arrange(form: FormState) -> HookResult {
    Ok(form.layout(in_a_row()))
}

#[smart_action(collection = "form tests", name = "Search declared", kind = "single")]
async fn search_declared(_form: Form<Declared>) {}

#[smart_action(collection = "form tests", name = "Search arranged", kind = "single", load = arrange)]
async fn search_arranged(_form: Form<Arranged>) {}

#[actix_web::test]
async fn frm_12_a_search_in_a_nested_row_returns_only_its_field() {
    let agent = Agent::local(actions![search_declared, search_arranged]).await;
    let app = agent.serve().await;
    for slug in ["search-declared", "search-arranged"] {
        let load = Call::load(slug).send(&app).await;
        assert_eq!(load.field_names(), ["city", "street", "note"], "{slug}");
        let mut fields = load.fields();
        fields[0]["searchValue"] = json!("par");
        let search = json!({"search_field": "city", "fields": fields});
        let answer = Call::hook(slug, "search", search).send(&app).await;
        assert_eq!(answer.field_names(), ["city"], "{slug}");
        assert_eq!(answer.field("city")["enums"], json!(["par"]), "{slug}");
        // an arrangement would name fields that are not there
        assert_eq!(answer.json()["layout"], json!([]), "{slug}");
    }
}

#[derive(ActionForm)]
struct Steps {
    a: Option<String>,
    b: Option<String>,
    c: Option<String>,
    which: Option<String>,
}

async fn arranged(form: FormState, request: ActionRequest) -> HookResult {
    let which = request
        .intent_params()
        .and_then(|params| params.get("which")?.as_str())
        .unwrap_or_default()
        .to_owned();
    Ok(match which.as_str() {
        "rows" => form.layout([row(["c", "a"]), separator(), html("<hr>"), input("b")]),
        "order" => form.layout([input("c"), input("a")]),
        "empty" => form.layout([page([]), page([row(Vec::<String>::new())])]),
        "unknown" => form.layout([row(["a", "nowhere"])]),
        "twice" => form.layout([page([input("a")]), page([row(["b", "a"])])]),
        _ => form,
    })
}

#[smart_action(collection = "form tests", name = "Arranged", kind = "single", load = arranged)]
async fn arranged_action(form: Form<Steps>) -> String {
    format!("{:?} {:?} {:?} {:?}", form.a, form.b, form.c, form.which)
}

#[actix_web::test]
async fn a_hook_layout_hides_unplaced_fields() {
    let agent = Agent::local(actions![arranged_action]).await;
    let app = agent.serve().await;
    let load = async |which: &str| {
        Call::hook(
            "arranged",
            "load",
            json!({"ids": ["7"], "action_intent_params": {"which": which}}),
        )
        .send(&app)
        .await
    };
    let plain = load("").await;
    assert_eq!(plain.field_names(), ["a", "b", "c", "which"]);
    assert_eq!(plain.json()["layout"], json!([]));
    let rows = load("rows").await;
    assert_eq!(rows.field_names(), ["c", "a", "b"]);
    let expected = json!([
        {"type": "Layout", "component": "row", "fields": [field("c"), field("a")]},
        line(),
        {"type": "Layout", "component": "htmlBlock", "content": "<hr>"},
        field("b"),
    ]);
    assert_eq!(rows.json()["layout"], expected);
    // without layout elements, the order of the fields applies
    let order = load("order").await;
    assert_eq!(order.field_names(), ["c", "a"]);
    assert_eq!(order.json()["layout"], json!([]));
    let empty = load("empty").await;
    assert_eq!(empty.field_names(), [""; 0]);
    assert_eq!(empty.json()["layout"][1]["elements"][0]["fields"], json!([]));
    assert_eq!(
        load("unknown").await.hook_failure(),
        "its layout places the field `nowhere`, which the form does not have"
    );
    assert_eq!(
        load("twice").await.hook_failure(),
        "its layout places the field `a` twice"
    );
}

/// A form with one field and any layout.
macro_rules! arranged_form {
    ($name:ident, $layout:expr) => {
        struct $name;

        impl ActionForm for $name {
            const FIELDS: &'static [FieldSpec] = &[FieldSpec::builder::<Option<String>>("a").build()];

            fn layout() -> Option<Layout> {
                Some($layout)
            }

            fn from_values(_: &mut FormReader<'_>) -> Option<Self> {
                Some(Self)
            }
        }
    };
}

arranged_form!(PlacesUnknown, Layout::from([page([row(["a", "ghost"])])]));
arranged_form!(PlacesTwice, Layout::from([input("a"), row(["a"])]));

#[test]
fn frm_16_a_declared_layout_with_a_mistake_is_refused_at_start() {
    let text = schema_refusal(action::<PlacesUnknown>(), []);
    assert!(
        text.contains("\"Template\"") && text.contains("places the field `ghost`, which the form does not have"),
        "{text}"
    );
    assert!(schema_refusal(action::<PlacesTwice>(), []).contains("places the field `a` twice"));
}
