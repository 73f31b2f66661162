//! Checks fields that refer to records against the described collections (FRM-19).

use super::descriptor::ActionDescriptor;
use super::registry::ActionProblem;
use crate::form::FieldSpec;
use crate::schema::{Collection, FieldType};
use crate::text::{listed, nearest};

/// The references to a collection or key that does not exist, or to a key of another type than the field. Without any
/// described collection, references are not checked.
pub(crate) fn reference_problems(
    actions: &[&'static ActionDescriptor],
    collections: &[Collection],
) -> Vec<ActionProblem> {
    if collections.is_empty() {
        return Vec::new();
    }
    let mut problems = Vec::new();
    for action in actions {
        let fields = action.declared_form().map(|form| form.fields).unwrap_or_default();
        for field in fields {
            let problem = field
                .reference
                .and_then(|reference| problem_of(field, reference, actions, collections));
            problems.extend(problem.map(|problem| {
                ActionProblem::new(action, format!("its field `{}` refers to {problem}", field.name()))
            }));
        }
    }
    problems
}

fn problem_of(
    field: &FieldSpec,
    reference: &str,
    actions: &[&'static ActionDescriptor],
    collections: &[Collection],
) -> Option<String> {
    let (name, key) = reference.rsplit_once('.')?;
    let Some(collection) = collections.iter().find(|collection| collection.name == name) else {
        // a collection that only actions name is virtual and not described
        if actions.iter().any(|action| action.collection == name) {
            return None;
        }
        let known = collections.iter().map(|collection| &*collection.name);
        let hint = nearest(name, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
        return Some(format!("the collection `{name}`, which does not exist{hint}"));
    };
    if collection.fields.is_empty() {
        return None;
    }
    let Some(target) = collection.fields.iter().find(|candidate| candidate.field == key) else {
        return Some(format!(
            "`{reference}`, and the collection `{name}` has no field `{key}`"
        ));
    };
    if !target.is_primary_key && collection.fields.iter().any(|candidate| candidate.is_primary_key) {
        let keys = collection.fields.iter().filter(|candidate| candidate.is_primary_key);
        let keys = listed(keys.map(|key| format!("`{name}.{}`", key.field)), usize::MAX);
        return Some(format!(
            "`{reference}`, which is not the key: the back office sends the id of the record, so write {keys}"
        ));
    }
    // a composite key is sent as one text
    let is_composite = collection
        .fields
        .iter()
        .filter(|candidate| candidate.is_primary_key)
        .count()
        > 1;
    let expected = if is_composite {
        &FieldType::String
    } else {
        &target.field_type
    };
    let own = field.schema_type();
    let element = match &own {
        FieldType::List(element) => element.as_ref(),
        single => single,
    };
    // a UUID is a text in a form
    let same = element == expected || (*element == FieldType::String && *expected == FieldType::Uuid);
    (!same).then(|| {
        let why = if is_composite {
            " because its key has several columns"
        } else {
            ""
        };
        format!("`{reference}`, whose type is {expected:?}{why}, and is itself of type {element:?}")
    })
}
