//! The parts of a form that the library adds to those of the program: blocks above it, and fields below it.

use serde_json::Value;

use super::dynamic::FormField;
use super::field_state::FieldState;
use super::layout::{Element, Layout, html, input};
use super::state::FormState;

/// The additions to a form.
#[derive(Debug, Default)]
pub(crate) struct Frame {
    top: Vec<Element>,
    bottom: Vec<Element>,
    fields: Vec<FieldState>,
}

impl Frame {
    /// Adds a block of HTML above the form.
    pub(crate) fn html_above(&mut self, content: String) {
        self.top.push(html(content));
    }

    /// Adds a block of HTML below an added field.
    pub(crate) fn html_below(&mut self, field: &str, content: String) {
        let place = self.bottom.iter().position(|element| element.places(field));
        let place = place.map_or(self.bottom.len(), |place| place + 1);
        self.bottom.insert(place, html(content));
    }

    /// Adds a field below the form and what was added so far. The user's entry is kept, unless the field has a value.
    pub(crate) fn field(&mut self, form: &FormState, field: FormField) {
        let state = field.into_state(&[], form.sent_fields());
        self.bottom.push(input(state.name()));
        self.fields.push(state);
    }

    /// Adds everything to the fields and the layout of a form.
    pub(super) fn around(
        self,
        mut fields: Vec<FieldState>,
        layout: Option<Layout>,
    ) -> (Vec<FieldState>, Option<Layout>) {
        let is_plain = self.top.is_empty() && self.bottom.len() == self.fields.len();
        let layout = match layout {
            None if is_plain => None,
            None => Some(
                fields
                    .iter()
                    .map(|field| input(field.name()))
                    .collect::<Vec<_>>()
                    .into(),
            ),
            layout => layout,
        };
        let layout = layout.map(|layout| layout.framed(self.top, self.bottom));
        fields.extend(self.fields);
        (fields, layout)
    }
}

/// The hook of a field whose change makes a shown preview out of date.
pub(crate) const PREVIEW_HOOK: &str = "$preview";

impl FormState {
    /// Removes a field that the library has added, and returns its value; `None` if the browser did not send it.
    pub(crate) fn take_added(&mut self, name: &str) -> Option<Value> {
        let value = self.get(name)?.json().clone();
        self.remove(name);
        Some(value)
    }

    /// Lets each field without a hook of its own call [`PREVIEW_HOOK`].
    pub(crate) fn watch(&mut self) {
        self.each_field(|field| {
            if field.hook().is_none() {
                field.set_hook(Some(PREVIEW_HOOK));
            }
        });
    }

    /// Takes [`PREVIEW_HOOK`] from the fields again.
    pub(crate) fn unwatch(&mut self) {
        self.each_field(|field| {
            if field.hook() == Some(PREVIEW_HOOK) {
                field.set_hook(None);
            }
        });
    }

    /// The values by field, as a run would send them.
    pub(crate) fn values(&self) -> serde_json::Map<String, Value> {
        let values = self
            .fields()
            .map(|field| (field.name().to_owned(), field.json().clone()));
        values.collect()
    }
}
