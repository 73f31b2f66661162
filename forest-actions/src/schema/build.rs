//! From what the code declares to the schema: every action in its collection, nothing dropped.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::{Action, ActionField, ActionHooks, ActionType, Collection, CollectionField, FieldType, Meta, Schema};
use crate::declare::{ActionDescriptor, ActionKind, FormDeclaration};
use crate::form::{FieldSpec, Layout};

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
    let form = descriptor.declared_form();
    action.fields = declared_fields(descriptor, form.as_ref());
    action.layout = form.as_ref().and_then(|form| form.layout.as_ref()).map(Layout::to_json);
    // what the file cannot say, the load route says: the UI has to ask for it
    let is_dynamic = descriptor.load.is_some() || form.as_ref().is_some_and(FormDeclaration::needs_load);
    let mut hooks = ActionHooks::new().load(is_dynamic);
    let change = change_hooks(descriptor, form.as_ref());
    if !change.is_empty() {
        hooks = hooks.change(change);
    }
    action.hooks(hooks)
}

/// The names of all change hooks: those of the fields, in their order, then those that belong to fields which
/// appear later.
fn change_hooks(descriptor: &ActionDescriptor, form: Option<&FormDeclaration>) -> Vec<String> {
    let mut names: Vec<String> = declared_fields(descriptor, form)
        .into_iter()
        .filter_map(|field| field.hook)
        .collect();
    for (name, _) in descriptor.change {
        if !names.iter().any(|known| known == name) {
            names.push((*name).to_owned());
        }
    }
    names
}

/// The form's fields; a field that the action gives a change hook to carries the hook's name, which is its own.
fn declared_fields(descriptor: &ActionDescriptor, form: Option<&FormDeclaration>) -> Vec<ActionField> {
    let specs = form.map(|form| form.fields).unwrap_or_default();
    let mut fields: Vec<ActionField> = specs.iter().copied().map(FieldSpec::to_schema).collect();
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
    let declared = declared_fields(descriptor, descriptor.declared_form().as_ref())
        .into_iter()
        .fold(Action::new("form", "/"), Action::field);
    // a field alone does not know its position, so the action writes them
    serde_json::from_value::<Fields>(serde_json::to_value(declared)?).map(|action| action.fields)
}
