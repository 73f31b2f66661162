//! From what the code declares to the schema: every action in its collection, nothing dropped.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Action, ActionHooks, ActionType, Collection, CollectionField, FieldType, Meta, Schema};
use crate::declare::{ActionDescriptor, ActionKind, FormField};

/// The schema of these collections and actions.
///
/// A collection that only actions name is a virtual one: it is printed, so that its actions are seen.
pub(crate) fn build(meta: Meta, collections: Vec<Collection>, actions: &[&'static ActionDescriptor]) -> Schema {
    let mut by_name: BTreeMap<String, Collection> = collections
        .into_iter()
        .map(|collection| (collection.name.clone(), collection))
        .collect();
    for descriptor in actions {
        by_name
            .entry(descriptor.collection.to_owned())
            .or_insert_with(|| known_by_its_actions(descriptor.collection))
            .actions
            .push(action(descriptor));
    }
    let mut schema = by_name.into_values().fold(Schema::new(meta), Schema::collection);
    schema.sort();
    schema
}

/// The UI expects an `id` on every collection.
fn known_by_its_actions(name: &str) -> Collection {
    Collection::virtual_(name).field(CollectionField::new("id", FieldType::String).primary_key())
}

fn action(descriptor: &ActionDescriptor) -> Action {
    let mut action = Action::new(descriptor.name, descriptor.endpoint)
        .kind(match descriptor.kind {
            ActionKind::Single => ActionType::Single,
            ActionKind::Bulk => ActionType::Bulk,
            ActionKind::Global => ActionType::Global,
        })
        .http_method(descriptor.http_method.as_str())
        .download(descriptor.download);
    action.base_url = descriptor.base_url.map(str::to_owned);
    action.description = descriptor.description.map(str::to_owned);
    action.submit_button_label = descriptor.submit_button_label.map(str::to_owned);
    action.redirect = descriptor.redirect.into();
    action.fields = declared_fields(descriptor);
    let mut hooks = ActionHooks::new().load(descriptor.load.is_some());
    if !descriptor.change.is_empty() {
        hooks = hooks.change(descriptor.change.iter().map(|(field, _)| *field));
    }
    action.hooks(hooks)
}

/// The form's fields; a field with a change hook carries the hook's name, which is its own.
fn declared_fields(descriptor: &ActionDescriptor) -> Vec<FormField> {
    let mut fields = descriptor.form.map(|form| form()).unwrap_or_default();
    for field in &mut fields {
        if descriptor.change.iter().any(|(name, _)| *name == field.field) {
            field.hook = Some(field.field.clone());
        }
    }
    fields
}

/// The declared fields as hook answers carry them: complete, with positions, in order.
pub(crate) fn declared_fields_json(
    descriptor: &ActionDescriptor,
) -> Result<Vec<Map<String, Value>>, serde_json::Error> {
    #[derive(serde::Deserialize)]
    struct Fields {
        fields: Vec<Map<String, Value>>,
    }
    let declared = declared_fields(descriptor)
        .into_iter()
        .fold(Action::new("form", "/"), Action::field);
    // a field alone does not know its position, so the action writes them
    serde_json::from_value::<Fields>(serde_json::to_value(declared)?).map(|action| action.fields)
}
