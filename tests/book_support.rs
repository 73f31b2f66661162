// Hidden code that the book's examples share: included into documentation tests, so that each example can call its
// actions over HTTP. Not a module of the test package.

use actix_web::{App, test, web};
use forest_actions::{ActionDescriptor, Forest, ForestBuilder};
use serde_json::{Value, json};

/// A local agent with exactly these actions: all examples of the book are linked into one program.
pub fn agent(actions: impl IntoIterator<Item = &'static ActionDescriptor>) -> ForestBuilder {
    Forest::builder().actions(actions)
}

/// The body of a request for these records and values.
pub fn body(ids: &[&str], values: Value) -> Value {
    json!({"data": {"attributes": {"ids": ids, "values": values}, "type": "custom-action-requests"}})
}

/// Sends a request as the user 1 of local mode: the status, and the body as JSON or else as text.
pub async fn ask(
    agent: ForestBuilder,
    host: impl FnOnce(&mut web::ServiceConfig),
    path: &str,
    body: Value,
) -> (u16, Value) {
    let directory = tempfile::tempdir().unwrap();
    let forest = agent
        .schema_path(directory.path().join("schema.json"))
        .start()
        .await
        .unwrap();
    let token = forest.local_token(1).unwrap();
    let app = test::init_service(App::new().configure(host).configure(forest.routes())).await;
    let request = test::TestRequest::post()
        .uri(path)
        .insert_header(("authorization", format!("Bearer {token}")))
        .set_json(body)
        .to_request();
    let response = test::call_service(&app, request).await;
    let status = response.status().as_u16();
    let bytes = test::read_body(response).await;
    let body =
        serde_json::from_slice(&bytes).unwrap_or_else(|_| Value::String(String::from_utf8_lossy(&bytes).into_owned()));
    (status, body)
}

/// A minimal host.
pub fn nothing(_: &mut web::ServiceConfig) {}

/// A host with this application data.
pub fn with<T: 'static>(data: &web::Data<T>) -> impl Fn(&mut web::ServiceConfig) + Copy {
    move |config| {
        config.app_data(data.clone());
    }
}

/// A field in the answer of a hook.
pub fn field<'a>(form: &'a Value, name: &str) -> &'a Value {
    form["fields"]
        .as_array()
        .and_then(|fields| fields.iter().find(|field| field["field"] == name))
        .unwrap_or_else(|| panic!("no field `{name}` in {form}"))
}

/// The body of a change hook: the form that a hook has answered, in which the user has changed one field.
pub fn changed(ids: &[&str], form: &Value, name: &str, value: Value) -> Value {
    let mut fields = form["fields"].clone();
    for field in fields.as_array_mut().unwrap() {
        if field["field"] == name {
            field["previousValue"] = field["value"].clone();
            field["value"] = value.clone();
        }
    }
    json!({"data": {"attributes": {"ids": ids, "changed_field": name, "fields": fields}}})
}

/// The body of a search hook: the same form, in which the user types in one field.
pub fn searched(ids: &[&str], form: &Value, name: &str, text: &str) -> Value {
    let mut fields = form["fields"].clone();
    for field in fields.as_array_mut().unwrap() {
        if field["field"] == name {
            field["searchValue"] = text.into();
        }
    }
    json!({"data": {"attributes": {"ids": ids, "search_field": name, "fields": fields}}})
}
