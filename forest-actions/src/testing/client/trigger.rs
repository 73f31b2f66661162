//! Triggers of an action.

use std::fmt;
use std::future::IntoFuture;

use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde_json::{Map, Value};

use super::answer::TestAnswer;
use super::form::TestForm;
use super::request::{Sent, json_of, selecting};
use crate::request::PREVIEW_TOKEN;

/// An action to trigger: set records and values, then await it for a [`TestAnswer`].
///
/// The form is filled in as in a browser. It opens with the load hook, or with the defaults of the schema. Then each value
/// is set, in the order of the calls, with a call of the field's change hook. Then all fields are sent, empty ones as `null`.
/// Unlike a browser, the client also sends a form with an empty required field, so that the check of the agent is tested. It
/// also triggers an action whose form the agent refuses to open (4xx), with the defaults of the schema, since a program could.
#[derive(Clone)]
#[must_use = "an action is triggered when it is awaited"]
pub struct TestTrigger {
    sent: Sent,
    values: Map<String, Value>,
    /// The names in the order of the calls.
    order: Vec<String>,
    fills_in: bool,
    /// The token of the preview that the run follows.
    preview: Option<String>,
}

selecting!(TestTrigger);

impl TestTrigger {
    pub(super) fn new(sent: Sent) -> Self {
        Self {
            sent,
            values: Map::new(),
            order: Vec::new(),
            fills_in: true,
            preview: None,
        }
    }

    /// Sets a field, named as in the form. A file is its data URI: [`FormFile::to_data_uri`](crate::FormFile::to_data_uri).
    ///
    /// # Panics
    /// The value cannot be written as JSON.
    #[track_caller]
    pub fn value(mut self, field: &str, value: impl Serialize) -> Self {
        let value = json_of(value, field);
        self.set(field.to_owned(), value);
        self
    }

    /// Sets several fields from a struct, a map or a JSON object with the field names as keys.
    ///
    /// # Panics
    /// The values cannot be written as a JSON object.
    #[track_caller]
    pub fn values(mut self, values: impl Serialize) -> Self {
        match json_of(values, "the values") {
            Value::Object(values) => values.into_iter().for_each(|(field, value)| self.set(field, value)),
            other => panic!("the values of a form are an object, found {other}"),
        }
        self
    }

    fn set(&mut self, field: String, value: Value) {
        if self.values.insert(field.clone(), value).is_none() {
            self.order.push(field);
        }
    }

    /// Sends only the given values, also unknown ones, without calling hooks, as a program may do.
    pub fn only_these_values(mut self) -> Self {
        self.fills_in = false;
        self
    }

    /// Asks for the preview instead of the run, as a program does.
    ///
    /// ```
    /// use actix_web::App;
    /// use forest_actions::prelude::*;
    /// use forest_actions::testing::TestForest;
    ///
    /// #[smart_action(collection = "orders", name = "Refund", preview = what_is_refunded, require_preview)]
    /// async fn refund(ids: RecordIds<i64>) -> String {
    ///     format!("{} refunded", ids.len())
    /// }
    ///
    /// async fn what_is_refunded(ids: RecordIds<i64>) -> Preview {
    ///     Preview::new(format!("{} orders will be refunded", ids.len()))
    /// }
    ///
    /// # #[actix_web::main]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let agent = Forest::builder().actions(actions![refund]);
    /// # let forest = TestForest::start(agent, |forest| App::new().configure(forest.routes())).await?;
    /// # let ada = forest.admin();
    /// let preview = ada.trigger("orders", "Refund").ids([1, 2]).preview().await;
    /// assert_eq!(preview.success(), "2 orders will be refunded");
    ///
    /// let run = ada.trigger("orders", "Refund").ids([1, 2]).after(&preview).await;
    /// assert_eq!(run.success(), "2 refunded");
    /// let other = ada.trigger("orders", "Refund").ids([1]).after(&preview).await;
    /// assert_eq!(other.status(), 409);
    /// # Ok(())
    /// # }
    /// ```
    pub fn preview(self) -> LocalBoxFuture<'static, TestAnswer> {
        Box::pin(self.run("/preview"))
    }

    /// Sends the token of a preview with the run, which is refused with a 409 when records or values have changed since.
    ///
    /// # Panics
    /// The answer is not that of a preview.
    #[track_caller]
    pub fn after(mut self, preview: &TestAnswer) -> Self {
        match preview.member("previewToken").and_then(Value::as_str) {
            Some(token) => self.preview = Some(token.to_owned()),
            None => preview.fail("the token of a preview"),
        }
        self
    }

    async fn run(mut self, below: &'static str) -> TestAnswer {
        let declared = self.sent.user.forest().declared(self.sent.action);
        let has_load = declared.is_some_and(|action| action.hooks.load);
        let has_form = has_load || declared.is_some_and(|action| !action.fields.is_empty());
        if !self.fills_in || !has_form {
            return submitted(self.sent, self.values, self.preview, below).await;
        }
        let mut form = TestForm::declared(self.sent.clone());
        let mut is_open = true;
        if has_load {
            match TestForm::load(self.sent.clone()).await {
                Ok(opened) => form = opened,
                Err(answer) if answer.status() < 500 => is_open = false,
                Err(answer) => panic!("the form does not open, and a browser would show nothing to fill in: {answer}"),
            }
        }
        let at = self.sent.at;
        for name in self.order {
            let value = self.values.remove(&name).unwrap_or_default();
            if !is_open {
                form.fields_mut().set(&name, value);
                continue;
            }
            if form.fields().get(&name).is_none() {
                panic!("{}: {}", self.sent, form.fields().unknown(&name));
            }
            form = match form.changed(name, value, at).await {
                Ok(form) => form,
                Err(answer) => panic!("the form could not be filled in: {answer}"),
            };
        }
        submitted(self.sent, form.values(), self.preview, below).await
    }
}

/// Sends the values, with the token of a preview if there is one.
async fn submitted(mut sent: Sent, mut values: Map<String, Value>, preview: Option<String>, below: &str) -> TestAnswer {
    if let Some(token) = preview {
        values.insert(PREVIEW_TOKEN.to_owned(), token.into());
    }
    sent.set("values", values);
    let received = sent.send(below).await;
    TestAnswer::new(sent, received)
}

impl IntoFuture for TestTrigger {
    type Output = TestAnswer;
    type IntoFuture = LocalBoxFuture<'static, TestAnswer>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.run(""))
    }
}

impl fmt::Debug for TestTrigger {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestTrigger")
            .field("of", &format_args!("{}", self.sent))
            .field("values", &self.values)
            .finish_non_exhaustive()
    }
}
