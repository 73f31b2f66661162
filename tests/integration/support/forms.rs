//! Form support: requests for a form and its hooks, their responses, and actions built from a form type.
//!
//! Actions that are refused at start must not be linked, or every other start of this binary would be refused as well;
//! [`action`] makes them from a linked one instead.

use forest_actions::prelude::*;
use forest_actions::records::CollectionModel;
use forest_actions::{ActionDescriptor, ForestBuilder};
use serde_json::{Map, Value, json};

use super::{Answer, Call};

impl Call {
    /// Submits a form for the record 7.
    pub(crate) fn submit(slug: &str, values: Value) -> Self {
        Self::post(format!("/forest/actions/{slug}")).attributes(json!({"ids": ["7"], "values": values}))
    }

    /// Opens the form for the record 7.
    pub(crate) fn load(slug: &str) -> Self {
        Self::hook(slug, "load", json!({"ids": ["7"]}))
    }

    /// Sends a field change, in the form of record 7.
    pub(crate) fn change(slug: &str, changed: &str, fields: impl Into<Value>) -> Self {
        let fields = fields.into();
        Self::hook(
            slug,
            "change",
            json!({"ids": ["7"], "changed_field": changed, "fields": fields}),
        )
    }

    pub(crate) fn hook(slug: &str, hook: &str, attributes: Value) -> Self {
        Self::post(format!("/forest/actions/{slug}/hooks/{hook}")).attributes(attributes)
    }
}

impl Answer {
    /// The problem of each field of a refused form. The message is there for both kinds of reader.
    pub(crate) fn problems(&self) -> Map<String, Value> {
        assert_eq!(self.status(), 400, "{self:?}");
        let body = self.json();
        let error = &body["errors"][0];
        assert_eq!(error["name"], "ValidationError", "{body}");
        assert_eq!(body["error"], error["detail"]);
        let fields = error["data"]["fields"].as_object().unwrap();
        for (field, problem) in fields {
            let line = format!("“{field}”: {}", problem.as_str().unwrap());
            let mut lines = body["error"].as_str().unwrap().lines();
            assert!(lines.any(|found| found == line), "{body}");
        }
        fields.clone()
    }

    /// The fields of a hook's answer, in its order.
    pub(crate) fn fields(&self) -> Vec<Value> {
        assert_eq!(self.status(), 200, "{self:?}");
        self.json()["fields"].as_array().unwrap().clone()
    }

    /// The names of the fields of a hook's answer, in its order.
    pub(crate) fn field_names(&self) -> Vec<String> {
        let fields = self.fields();
        let names = fields.iter().map(|field| field["field"].as_str().unwrap().to_owned());
        names.collect()
    }

    pub(crate) fn field(&self, name: &str) -> Value {
        let found = self.fields().into_iter().find(|field| field["field"] == name);
        found.unwrap_or_else(|| panic!("no {name} in {self:?}"))
    }

    /// The text of a hook that failed.
    pub(crate) fn hook_failure(&self) -> String {
        assert_eq!(self.status(), 500, "{self:?}");
        let body = self.json();
        assert_eq!(body.as_object().unwrap().len(), 1, "{body}");
        body["message"].as_str().unwrap().to_owned()
    }
}

/// The browser's next request: the fields of the last response, one with a new value.
pub(crate) fn edited(answer: &Answer, field: &str, value: Value) -> Value {
    let mut fields = answer.fields();
    for known in fields.iter_mut().filter(|known| known["field"] == field) {
        known["previousValue"] = known["value"].clone();
        known["value"] = value.clone();
    }
    fields.into()
}

#[smart_action(collection = "form tests", name = "Template", kind = "bulk")]
async fn template() {}

/// An action with this form, whose handler only reads it.
pub(crate) fn action<T: ActionForm>() -> ActionDescriptor {
    let [template] = actions![template];
    let mut action = template.clone().form(forest_actions::__private::form::<T>);
    action.invoke = |call| {
        forest_actions::__private::invoke1(
            call,
            forest_actions::__private::extract::<Form<T>, _>(),
            forest_actions::__private::answer::<&'static str, _>(),
            |_| Box::pin(async { "read" }),
        )
    };
    action
}

pub(crate) fn leak(action: ActionDescriptor) -> &'static ActionDescriptor {
    Box::leak(Box::new(action))
}

/// Why a program with this action and these collections does not start.
pub(crate) fn schema_refusal(
    action: ActionDescriptor,
    collections: impl IntoIterator<Item = CollectionModel>,
) -> String {
    let builder = Forest::builder().actions([leak(action)]);
    let builder = collections.into_iter().fold(builder, ForestBuilder::collection);
    match builder.schema() {
        Ok(_) => panic!("the action was accepted"),
        Err(error) => error.to_string(),
    }
}
