//! An open form, and its fields as a browser keeps them.

use std::fmt;
use std::future::IntoFuture;
use std::panic::Location;

use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::TestAnswer;
use super::project::{hint, listed};
use super::request::{Sent, json_of, selecting};
use crate::schema::Action;

/// A form to open: select records, then await it.
#[derive(Clone)]
#[must_use = "a form opens when it is awaited"]
pub struct TestOpening {
    sent: Sent,
}

selecting!(TestOpening);

impl TestOpening {
    pub(super) fn new(sent: Sent) -> Self {
        Self { sent }
    }
}

/// Calls the load hook. Without one, the agent answers with the declared form.
impl IntoFuture for TestOpening {
    /// The form, or the refusal of the agent.
    type Output = Result<TestForm, TestAnswer>;
    type IntoFuture = LocalBoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(TestForm::load(self.sent))
    }
}

/// An open form with the fields of the last answer. Change them, and submit it.
///
/// ```
/// # use actix_web::App;
/// # use forest_actions::testing::TestForest;
/// use forest_actions::prelude::*;
///
/// #[derive(ActionForm)]
/// struct Send {
///     #[field(change = look_up)]
///     city: String,
///     zip: Option<String>,
/// }
///
/// async fn look_up(mut form: FormState<Send>) -> HookResult<Send> {
///     form.field("zip").set_value("28195");
///     Ok(form)
/// }
///
/// #[smart_action(collection = "parcels", name = "Send", kind = "single")]
/// async fn send(form: Form<Send>) -> String {
///     format!("to {} {}", form.zip.as_deref().unwrap_or("?"), form.city)
/// }
///
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let agent = Forest::builder().actions(actions![send]);
/// # let forest = TestForest::start(agent, |forest| App::new().configure(forest.routes())).await?;
/// # let ada = forest.admin();
/// let form = ada.open("parcels", "Send").ids([1]).await?;
/// assert!(form.value("zip").is_null());
///
/// let form = form.change("city", "Bremen").await?;
/// assert_eq!(form.value("zip"), "28195");
/// assert_eq!(form.submit().await.success(), "to 28195 Bremen");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestForm {
    sent: Sent,
    fields: Fields,
    layout: Vec<Value>,
}

impl TestForm {
    /// The form of the schema.
    pub(super) fn declared(sent: Sent) -> Self {
        let declared = sent.user.forest().declared(sent.action);
        Self {
            fields: declared.map(Fields::declared).unwrap_or_default(),
            layout: Vec::new(),
            sent,
        }
    }

    /// The form of the load hook.
    pub(super) async fn load(sent: Sent) -> Result<Self, TestAnswer> {
        let form = Self {
            sent: sent.clone(),
            fields: Fields::default(),
            layout: Vec::new(),
        };
        form.updated(sent, "/hooks/load").await
    }

    /// The form after a call of a hook.
    async fn updated(mut self, sent: Sent, hook: &str) -> Result<Self, TestAnswer> {
        let received = sent.send(hook).await;
        let answer = TestAnswer::new(sent, received);
        let fields = answer.body_json().and_then(Fields::answered);
        let Some(fields) = fields.filter(|_| answer.status() == 200) else {
            return Err(answer);
        };
        if hook == "/hooks/search" {
            self.fields.replace(fields);
            return Ok(self);
        }
        self.fields = fields;
        let layout = answer.body_json().and_then(|body| body.get("layout")?.as_array());
        self.layout = layout.cloned().unwrap_or_default();
        Ok(self)
    }

    /// The names of the fields, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        self.fields.names()
    }

    /// A field with all its properties: `type`, `enums`, `isRequired`, `isReadOnly`, `description`, `widgetEdit`, …
    ///
    /// # Panics
    /// The form has no such field: the message names the nearest one.
    #[track_caller]
    #[must_use]
    pub fn field(&self, name: &str) -> &Map<String, Value> {
        match self.fields.get(name) {
            Some(field) => field,
            None => panic!("{}", self.fields.unknown(name)),
        }
    }

    /// The value of a field; `null` for an empty one.
    ///
    /// # Panics
    /// The form has no such field.
    #[track_caller]
    #[must_use]
    pub fn value(&self, name: &str) -> &Value {
        self.field(name).get("value").unwrap_or(&Value::Null)
    }

    /// The options of a field; empty for a field without options.
    ///
    /// # Panics
    /// The form has no such field.
    #[track_caller]
    #[must_use]
    pub fn options(&self, name: &str) -> &[Value] {
        let options = self.field(name).get("enums").and_then(Value::as_array);
        options.map(Vec::as_slice).unwrap_or_default()
    }

    /// The layout elements; empty for fields one below the other.
    #[must_use]
    pub fn layout(&self) -> &[Value] {
        &self.layout
    }

    /// Sets the value of a field, and calls its change hook if it has one. Returns the form of the answer, or the refusal.
    ///
    /// # Panics
    /// The form has no such field; the value cannot be written as JSON.
    #[track_caller]
    pub fn change(self, name: &str, value: impl Serialize) -> LocalBoxFuture<'static, Result<Self, TestAnswer>> {
        let (value, _) = (json_of(value, name), self.field(name));
        self.changed(name.to_owned(), value, Location::caller())
    }

    pub(super) fn changed(
        mut self,
        name: String,
        value: Value,
        at: &'static Location<'static>,
    ) -> LocalBoxFuture<'static, Result<Self, TestAnswer>> {
        self.fields.set(&name, value);
        Box::pin(async move {
            if !self.fields.get(&name).is_some_and(has_hook) {
                return Ok(self);
            }
            let mut sent = self.sent.clone();
            sent.at = at;
            sent.set("changed_field", name);
            sent.set("fields", self.fields.to_json());
            self.updated(sent, "/hooks/change").await
        })
    }

    /// Types into a field with a search hook. Returns the form with the options found, or the refusal.
    ///
    /// # Panics
    /// The form has no such field.
    #[track_caller]
    pub fn search(mut self, name: &str, text: &str) -> LocalBoxFuture<'static, Result<Self, TestAnswer>> {
        let _ = self.field(name);
        self.fields.set_search(name, text);
        let mut sent = self.sent.clone();
        sent.at = Location::caller();
        sent.set("search_field", name);
        sent.set("fields", self.fields.to_json());
        Box::pin(self.updated(sent, "/hooks/search"))
    }

    /// Submits the form: triggers the action with the values of all fields.
    #[track_caller]
    pub fn submit(mut self) -> LocalBoxFuture<'static, TestAnswer> {
        self.sent.at = Location::caller();
        self.submitted()
    }

    /// The values of all fields.
    pub(super) fn values(&self) -> Map<String, Value> {
        self.fields.values()
    }

    pub(super) fn submitted(self) -> LocalBoxFuture<'static, TestAnswer> {
        let mut sent = self.sent;
        sent.set("values", self.fields.values());
        Box::pin(async move {
            let received = sent.send("").await;
            TestAnswer::new(sent, received)
        })
    }

    pub(super) fn fields(&self) -> &Fields {
        &self.fields
    }

    pub(super) fn fields_mut(&mut self) -> &mut Fields {
        &mut self.fields
    }
}

impl fmt::Debug for TestOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TestOpening({})", self.sent)
    }
}

impl fmt::Debug for TestForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestForm")
            .field("of", &format_args!("{}", self.sent))
            .field("values", &self.fields.values())
            .finish_non_exhaustive()
    }
}

/// The fields in the order of the form, as a browser keeps them.
#[derive(Debug, Clone, Default)]
pub(super) struct Fields(Vec<Map<String, Value>>);

impl Fields {
    /// The declared fields with their defaults: the UI opens a form without a load hook this way.
    pub(super) fn declared(action: &Action) -> Self {
        let action = serde_json::to_value(action).unwrap_or_default();
        let mut declared = Self::answered(&action).unwrap_or_default();
        for field in &mut declared.0 {
            let default = field.get("defaultValue").cloned().unwrap_or_default();
            field.insert("value".to_owned(), default);
        }
        declared
    }

    /// The fields in the answer of a hook.
    pub(super) fn answered(answer: &Value) -> Option<Self> {
        let fields = answer.get("fields")?.as_array()?.iter();
        fields
            .map(|field| field.as_object().cloned())
            .collect::<Option<_>>()
            .map(Self)
    }

    pub(super) fn names(&self) -> Vec<&str> {
        self.0.iter().map(name).collect()
    }

    pub(super) fn get(&self, wanted: &str) -> Option<&Map<String, Value>> {
        self.0.iter().find(|field| name(field) == wanted)
    }

    /// The message for an unknown field.
    pub(super) fn unknown(&self, wanted: &str) -> String {
        let names = self.names();
        let hint = hint(wanted, names.iter().copied());
        format!("the form has no field `{wanted}`{hint} (it has {})", listed(names))
    }

    /// Sets the value of a field and keeps the previous one.
    pub(super) fn set(&mut self, wanted: &str, value: Value) {
        for field in self.0.iter_mut().filter(|field| name(field) == wanted) {
            let previous = field.insert("value".to_owned(), value.clone());
            field.insert("previousValue".to_owned(), previous.unwrap_or_default());
        }
    }

    /// Sets the text typed into a field with a search hook.
    pub(super) fn set_search(&mut self, wanted: &str, text: &str) {
        for field in self.0.iter_mut().filter(|field| name(field) == wanted) {
            field.insert("searchValue".to_owned(), text.into());
        }
    }

    /// Replaces the fields that a search has answered.
    pub(super) fn replace(&mut self, answered: Self) {
        for new in answered.0 {
            for field in self.0.iter_mut().filter(|field| name(field) == name(&new)) {
                field.clone_from(&new);
            }
        }
    }

    /// The submitted values: all fields, empty ones included.
    pub(super) fn values(&self) -> Map<String, Value> {
        let value = |field: &Map<String, Value>| field.get("value").cloned().unwrap_or_default();
        self.0
            .iter()
            .map(|field| (name(field).to_owned(), value(field)))
            .collect()
    }

    pub(super) fn to_json(&self) -> Value {
        self.0.iter().cloned().map(Value::Object).collect()
    }
}

/// Returns `true` for a field with a change hook.
fn has_hook(field: &Map<String, Value>) -> bool {
    field
        .get("hook")
        .and_then(Value::as_str)
        .is_some_and(|hook| !hook.is_empty())
}

fn name(field: &Map<String, Value>) -> &str {
    field.get("field").and_then(Value::as_str).unwrap_or_default()
}
