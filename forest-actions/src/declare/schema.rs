//! The schema of the declared collections and actions.

use std::collections::BTreeMap;

use serde_json::Value;

use super::descriptor::ActionDescriptor;
use super::form::FormDeclaration;
use crate::form::{Layout, PREVIEW_HOOK};
use crate::schema::{Action, ActionField, ActionHooks, Collection, CollectionField, Meta, Schema, pagination_type};

/// A collection that only actions name becomes a virtual one, so that its actions are shown.
pub(crate) fn build_schema(meta: Meta, collections: Vec<Collection>, actions: &[&'static ActionDescriptor]) -> Schema {
    let mut by_name: BTreeMap<String, Collection> = collections
        .into_iter()
        .map(|collection| (collection.name.clone(), collection))
        .collect();
    for descriptor in actions {
        by_name
            .entry(descriptor.collection.to_owned())
            .or_insert_with(|| virtual_collection(descriptor.collection))
            .actions
            .push(action(descriptor));
    }
    Schema::new(meta, by_name.into_values().collect())
}

/// The UI expects an `id` on every collection.
fn virtual_collection(name: &str) -> Collection {
    Collection {
        name: name.to_owned(),
        name_old: name.to_owned(),
        icon: None,
        integration: None,
        is_read_only: false,
        is_searchable: false,
        is_virtual: true,
        only_for_relationships: false,
        pagination_type: pagination_type(),
        fields: vec![CollectionField {
            field: "id".to_owned(),
            is_primary_key: true,
            ..CollectionField::default()
        }],
        segments: Vec::new(),
        actions: Vec::new(),
    }
}

fn action(descriptor: &ActionDescriptor) -> Action {
    let form = descriptor.declared_form();
    let specs = form.as_ref().map(|form| form.fields).unwrap_or_default();
    let fields: Vec<ActionField> = specs
        .iter()
        .enumerate()
        .map(|(position, spec)| spec.schema_field(position, descriptor.change))
        .collect();
    let change = change_hooks(descriptor, &fields);
    Action {
        name: descriptor.name.to_owned(),
        kind: descriptor.kind,
        base_url: descriptor.base_url.map(str::to_owned),
        endpoint: descriptor.endpoint.to_owned(),
        http_method: descriptor.http_method.as_str().to_owned(),
        description: descriptor.description.map(str::to_owned),
        submit_button_label: descriptor.submit_button_label.map(str::to_owned),
        redirect: descriptor.redirect.map_or(Value::Null, Value::from),
        download: descriptor.download,
        fields,
        hooks: ActionHooks {
            // the UI must request what the file cannot hold
            load: descriptor.load.is_some()
                || form.as_ref().is_some_and(FormDeclaration::needs_load)
                || descriptor.added_fields().next().is_some()
                || (descriptor.can_run.is_some() && form.is_some()),
            change: Some(change).filter(|names| !names.is_empty()),
        },
        layout: form.as_ref().and_then(|form| form.layout.as_ref()).map(Layout::to_json),
    }
}

/// The names of all change hooks: those of the fields, in their order, then those of fields that a hook adds.
fn change_hooks(descriptor: &ActionDescriptor, fields: &[ActionField]) -> Vec<String> {
    let of_fields = fields.iter().filter_map(|field| field.hook.clone());
    let of_action = descriptor.change.iter().map(|(name, _)| (*name).to_owned());
    let of_preview = descriptor.preview.map(|_| PREVIEW_HOOK.to_owned());
    let mut names: Vec<String> = Vec::new();
    for name in of_fields.chain(of_action).chain(of_preview) {
        // several fields may share a hook
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}
