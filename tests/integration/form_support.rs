//! What the tests of forms share: an agent in local mode, its requests, and actions that are built from a form type.
//!
//! Actions that are refused at start must not be linked, or every other start of this binary would be refused as well;
//! [`action`] makes them from a linked one instead.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::{App, test};
use forest_actions::prelude::*;
use forest_actions::schema::Collection;
use forest_actions::{ActionDescriptor, ForestBuilder, LocalRole, LocalUser};
use serde_json::{Value, json};
use tempfile::TempDir;

/// An agent in local mode with two users, 1 and 2.
pub(crate) struct Agent {
    pub(crate) forest: Forest,
    directory: TempDir,
}

/// A JSON answer.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Agent {
    pub(crate) async fn serving(actions: impl IntoIterator<Item = &'static ActionDescriptor>) -> Self {
        Self::start(Forest::builder().actions(actions)).await
    }

    pub(crate) async fn start(builder: ForestBuilder) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let builder = builder
            .schema_path(directory.path().join("schema.json"))
            .local_user(LocalUser::new(1, "ada@example.com"))
            .local_user(LocalUser::new(2, "bob@example.com").role("Support"));
        Self {
            forest: builder.start().await.unwrap(),
            directory,
        }
    }

    pub(crate) fn schema_file(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("schema.json")).unwrap()
    }

    /// Posts a body as one of the two users.
    pub(crate) async fn post(&self, user: u64, path: &str, body: impl Into<Vec<u8>>) -> Answer {
        let token = self.forest.local_token(user).unwrap();
        post(&self.forest, &token, path, body.into()).await
    }

    /// Submits a form for the record 7.
    pub(crate) async fn submit(&self, slug: &str, values: Value) -> Answer {
        let body = json!({"data": {"attributes": {"ids": ["7"], "values": values}}});
        self.post(1, &format!("/forest/actions/{slug}"), body.to_string()).await
    }

    pub(crate) async fn load(&self, slug: &str) -> Answer {
        self.hook(slug, "load", json!({"ids": ["7"]})).await
    }

    pub(crate) async fn change(&self, slug: &str, changed: &str, fields: impl Into<Value>) -> Answer {
        let fields: Value = fields.into();
        self.hook(
            slug,
            "change",
            json!({"ids": ["7"], "changed_field": changed, "fields": fields}),
        )
        .await
    }

    pub(crate) async fn hook(&self, slug: &str, hook: &str, attributes: Value) -> Answer {
        let body = json!({"data": {"attributes": attributes}});
        self.post(1, &format!("/forest/actions/{slug}/hooks/{hook}"), body.to_string())
            .await
    }
}

/// Posts a body from the vendor's UI.
pub(crate) async fn post(forest: &Forest, token: &str, path: &str, body: Vec<u8>) -> Answer {
    let app = test::init_service(App::new().configure(forest.routes())).await;
    let request = test::TestRequest::post()
        .uri(path)
        .insert_header(("authorization", format!("Bearer {token}")))
        .insert_header(("origin", "https://app.forestadmin.com"))
        .insert_header(("content-type", "application/json"))
        .insert_header(("content-length", body.len()))
        .set_payload(body)
        .to_request();
    let response = test::call_service(&app, request).await;
    let (status, headers) = (response.status(), response.headers().clone());
    let body = test::read_body(response).await;
    let body = if body.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&body).unwrap()
    };
    Answer { status, headers, body }
}

impl Answer {
    /// The text of a success, which the echoing handlers fill with what they were given.
    pub(crate) fn success(&self) -> &str {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body["success"].as_str().unwrap()
    }

    /// The problem of each field of a refused form. The message is there for both kinds of reader.
    pub(crate) fn problems(&self) -> &serde_json::Map<String, Value> {
        assert_eq!(self.status, 400, "{}", self.body);
        let error = &self.body["errors"][0];
        assert_eq!(error["name"], "ValidationError", "{}", self.body);
        assert_eq!(self.body["error"], error["detail"]);
        let fields = error["data"]["fields"].as_object().unwrap();
        for (field, problem) in fields {
            let line = format!("“{field}”: {}", problem.as_str().unwrap());
            assert!(
                self.body["error"].as_str().unwrap().lines().any(|found| found == line),
                "{}",
                self.body
            );
        }
        fields
    }

    /// The fields of a hook's answer, by name and in order.
    pub(crate) fn names(&self) -> Vec<&str> {
        assert_eq!(self.status, 200, "{}", self.body);
        self.body["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| field["field"].as_str().unwrap())
            .collect()
    }

    pub(crate) fn field(&self, name: &str) -> &Value {
        assert_eq!(self.status, 200, "{}", self.body);
        let fields = self.body["fields"].as_array().unwrap();
        fields
            .iter()
            .find(|field| field["field"] == name)
            .unwrap_or_else(|| panic!("no {name} in {}", self.body))
    }

    /// The text of a hook that failed.
    pub(crate) fn hook_failure(&self) -> &str {
        assert_eq!(self.status, 500, "{}", self.body);
        assert_eq!(self.body.as_object().unwrap().len(), 1, "{}", self.body);
        self.body["message"].as_str().unwrap()
    }
}

/// What the browser sends next: the fields of the last answer, one of them with a new value.
pub(crate) fn edited(answer: &Value, field: &str, value: Value) -> Value {
    let mut fields = answer["fields"].clone();
    for known in fields
        .as_array_mut()
        .unwrap()
        .iter_mut()
        .filter(|known| known["field"] == field)
    {
        known["previousValue"] = known["value"].clone();
        known["value"] = value.clone();
    }
    fields
}

#[smart_action(collection = "form tests", name = "Template", kind = "bulk")]
async fn template() {}

/// An action with this form, whose handler only reads it.
pub(crate) fn action<T: ActionForm>() -> ActionDescriptor {
    let [template] = actions![template];
    ActionDescriptor {
        form: Some(forest_actions::__private::form::<T>),
        invoke: |call| {
            forest_actions::__private::invoke1(
                call,
                forest_actions::__private::extract::<Form<T>, _>(),
                forest_actions::__private::answer::<&'static str, _>(),
                |_| Box::pin(async { "read" }),
            )
        },
        ..template.clone()
    }
}

pub(crate) fn leak(action: ActionDescriptor) -> &'static ActionDescriptor {
    Box::leak(Box::new(action))
}

/// Why a program with this action does not start.
pub(crate) fn refusal(action: ActionDescriptor, collections: impl IntoIterator<Item = Collection>) -> String {
    let builder = Forest::builder().actions([leak(action)]);
    let builder = collections.into_iter().fold(builder, ForestBuilder::collection);
    match builder.schema() {
        Ok(_) => panic!("the action was accepted"),
        Err(error) => error.to_string(),
    }
}

/// A role that may not run the action of this name.
pub(crate) fn denied(action: &str) -> LocalRole {
    LocalRole::new("Support").deny("form tests", action)
}
