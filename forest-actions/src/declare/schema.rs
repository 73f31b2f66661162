//! Builds the schema of what the code declares.

use std::collections::BTreeMap;

use super::descriptor::{ActionDescriptor, ActionKind};
use super::form::FormDeclaration;
use crate::form::Layout;
use crate::schema::{
    Action, ActionField, ActionHooks, ActionType, Collection, CollectionField, FieldType, Meta, Schema,
};

/// The schema of these collections and actions.
///
/// A collection that only actions name is printed as a virtual one, so that its actions are shown.
pub(crate) fn build_schema(meta: Meta, collections: Vec<Collection>, actions: &[&'static ActionDescriptor]) -> Schema {
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
    let specs = form.as_ref().map(|form| form.fields).unwrap_or_default();
    action.fields = specs.iter().map(|spec| spec.schema_field(descriptor.change)).collect();
    action.layout = form.as_ref().and_then(|form| form.layout.as_ref()).map(Layout::to_json);
    // the UI loads a form that the file cannot describe
    let is_dynamic = descriptor.load.is_some() || form.as_ref().is_some_and(FormDeclaration::needs_load);
    let mut hooks = ActionHooks::new().load(is_dynamic);
    let change = change_hooks(descriptor, &action.fields);
    if !change.is_empty() {
        hooks = hooks.change(change);
    }
    action.hooks(hooks)
}

/// The names of all change hooks: those of the fields, in their order, then those of fields that a hook adds.
fn change_hooks(descriptor: &ActionDescriptor, fields: &[ActionField]) -> Vec<String> {
    let of_fields = fields.iter().filter_map(|field| field.hook.clone());
    let of_action = descriptor.change.iter().map(|(name, _)| (*name).to_owned());
    let mut names: Vec<String> = Vec::new();
    for name in of_fields.chain(of_action) {
        // several fields may share a hook
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
