//! The question before an action runs (`confirm`): shown in the form, and checked when the action runs.

use serde_json::Value;

use crate::caller::Caller;
use crate::declare::{ActionDescriptor, Ask, Confirm, Expected};
use crate::form::{FormField, FormState, Frame, widgets};
use crate::records::Selection;
use crate::request::ActionRequest;
use crate::response::{ActionError, Count, Texts, block, failure};
use crate::text::html_escaped;

/// A question about a selection.
pub(super) struct Question {
    field: &'static str,
    confirm: Confirm,
    /// The number of records that would run; 0 unless the question depends on it.
    count: u64,
}

/// Returns the question of an action about the records that would run, if it asks one. `counts`: the text is shown.
///
/// # Errors
/// The records cannot be counted, or the function of the program failed.
pub(super) async fn question(
    action: &ActionDescriptor,
    allowed: &Selection,
    caller: &Caller,
    counts: bool,
) -> Result<Option<Question>, ActionError> {
    let Some(confirmation) = &action.confirm else {
        return Ok(None);
    };
    let confirm = match confirmation.ask {
        Ask::Always(confirm) => Some(confirm()),
        Ask::Depends(ask) => ask(allowed.clone(), caller.clone()).await?,
    };
    let Some(confirm) = confirm else { return Ok(None) };
    let shows_count = counts && confirm.text.contains(COUNT);
    let count = match confirm.needs_count() || shows_count {
        true => allowed.count().await?,
        false => 0,
    };
    if confirm.over > 0 && count <= confirm.over {
        return Ok(None);
    }
    Ok(Some(Question {
        field: confirmation.field,
        confirm,
        count,
    }))
}

/// Stands for the number of records in the text of a question.
const COUNT: &str = "{count}";

impl Question {
    /// Adds the text and the field for the answer to a form.
    pub(super) fn add_to(&self, frame: &mut Frame, form: &FormState, texts: &dyn Texts) {
        let text = self.confirm.text.replace(COUNT, &self.count.to_string());
        if !text.is_empty() {
            frame.html_above(block(&format!("<p>{}</p>", html_escaped(&text))));
        }
        let field = match &self.confirm.answer {
            Expected::Tick => {
                let field = FormField::boolean(self.field).default_value(false);
                field.widget(widgets::checkbox())
            }
            Expected::Word(_) | Expected::Count => FormField::string(self.field).description(self.demand(texts)),
        };
        frame.field(form, field.required());
    }

    /// Checks the answer in a request. In an approved one the number may be that of the time of the request.
    ///
    /// # Errors
    /// 400 that says what to do.
    pub(super) fn check(&self, request: &ActionRequest, texts: &dyn Texts) -> Result<(), ActionError> {
        let value = request.value_of(self.field)?.unwrap_or(Value::Null);
        let is_approved = request.requester_id().is_some();
        let is_answered = match (&self.confirm.answer, &value) {
            (Expected::Tick, value) => *value == Value::Bool(true),
            (Expected::Word(word), Value::String(text)) => text.trim() == word,
            (Expected::Count, Value::String(text)) => text
                .trim()
                .parse::<u64>()
                .is_ok_and(|count| is_approved || count == self.count),
            (Expected::Count, Value::Number(number)) => {
                number.as_u64().is_some_and(|count| is_approved || count == self.count)
            }
            _ => false,
        };
        match is_answered {
            true => Ok(()),
            false => Err(failure(self.demand(texts))),
        }
    }

    fn demand(&self, texts: &dyn Texts) -> String {
        match &self.confirm.answer {
            Expected::Tick => texts.tick_to_confirm(self.field),
            Expected::Word(word) => texts.type_to_confirm(word),
            Expected::Count => texts.type_to_confirm(&Count::plain(self.count).to_string()),
        }
    }
}
