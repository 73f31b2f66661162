//! Carrying out what code corrects of the catalogue.
//!
//! Owns the consequences of a change: who else names what is renamed, and what vanishes with what is removed. What
//! cannot be carried out becomes a problem that names the nearest known thing. Pure; `setup` calls it.

use std::collections::HashSet;

use super::build::{mark_foreign_keys, require};
use super::types::cast_for;
use super::{SqlCollection, SqlColumn, Storage};
use crate::records::filter::Filter;
use crate::records::model::{CollectionModel, FieldModel, RelationModel, ValueType};
use crate::text::nearest;

/// One correction.
#[derive(Debug)]
pub(super) enum Change {
    Rename(String),
    RenameField(String, String),
    Hide(String),
    TypeOf(String, ValueType),
    EnumValues(String, Vec<String>),
    Storage(String, Storage),
    Computed(String, ValueType, String),
    Segment(String, Filter),
    SearchFields(Vec<String>),
    Relation(RelationModel),
    RenameRelation(String, String),
    RemoveRelation(String),
    Key(Vec<String>),
    Countable(bool),
    ReadOnly,
    RequiredField(String),
    ReadOnlyField(String),
    Remove,
}

/// Carries out the changes of one collection, and returns those that make no sense. `has_casts`: whether bound texts are
/// cast to the type of their column.
pub(super) fn correct(
    collections: &mut Vec<SqlCollection>,
    has_casts: bool,
    name: &str,
    changes: Vec<Change>,
) -> Vec<String> {
    let Some(index) = collections.iter().position(|collection| collection.model.name == name) else {
        return vec![unknown_collection(collections, name)];
    };
    let mut problems = Vec::new();
    let mut is_removed = false;
    for change in changes {
        if matches!(change, Change::Remove) {
            is_removed = true;
        } else if let Err(problem) = change_one(collections, has_casts, index, change) {
            problems.push(problem);
        }
    }
    if is_removed {
        collections.remove(index);
        remove_dangling(collections);
    }
    collections
        .iter_mut()
        .for_each(|collection| mark_foreign_keys(&mut collection.model));
    problems
}

/// Leaves out all collections but these, and returns the names of none.
pub(super) fn keep(collections: &mut Vec<SqlCollection>, names: &[String]) -> Vec<String> {
    let problems = names
        .iter()
        .filter(|name| collections.iter().all(|collection| collection.model.name != **name))
        .map(|name| unknown_collection(collections, name))
        .collect();
    collections.retain(|collection| names.contains(&collection.model.name));
    remove_dangling(collections);
    collections
        .iter_mut()
        .for_each(|collection| mark_foreign_keys(&mut collection.model));
    problems
}

fn change_one(collections: &mut [SqlCollection], has_casts: bool, index: usize, change: Change) -> Result<(), String> {
    // changes of names reach other collections
    match change {
        Change::Rename(new) => return rename(collections, index, new),
        Change::RenameField(old, new) => return rename_field(collections, index, &old, &new),
        Change::RenameRelation(old, new) => return rename_relation(collections, index, &old, &new),
        Change::RemoveRelation(name) => return remove_relation(collections, index, &name),
        _ => {}
    }
    let Some(collection) = collections.get_mut(index) else {
        return Ok(());
    };
    let model = &mut collection.model;
    match change {
        Change::Hide(name) => {
            let is_key = model.key.contains(&name);
            let field = field_of(model, &name)?;
            if is_key {
                return Err(format!(
                    "`{}.{}` is part of the key and cannot be hidden",
                    model.name, name
                ));
            }
            field.is_hidden = true;
        }
        Change::TypeOf(name, value_type) => {
            let field = field_of(model, &name)?;
            let kept_as = storage_of(&field.value_type);
            field.value_type = value_type;
            if let (Some(storage), Some(column)) = (kept_as, collection.columns.get_mut(&name)) {
                column.storage = storage;
            }
        }
        Change::EnumValues(name, values) => {
            let field = field_of(model, &name)?;
            *field = field.clone().enum_values(values);
        }
        Change::Storage(name, storage) => {
            field_of(model, &name)?;
            collection.columns.entry(name).or_default().storage = storage;
        }
        Change::Computed(name, value_type, sql) => {
            check_free(model, &name)?;
            if sql.trim().is_empty() {
                return Err(format!("the computed field `{}.{name}` has no expression", model.name));
            }
            let column = SqlColumn {
                cast: if has_casts {
                    cast_for(&value_type).into_owned()
                } else {
                    String::new()
                },
                storage: Storage::Text,
            };
            let mut field = FieldModel::new(&name, value_type);
            field.stored_as = Some(sql);
            field.is_computed = true;
            field.is_read_only = true;
            model.fields.push(field);
            collection.columns.insert(name, column);
        }
        Change::Segment(name, filter) => {
            model.segments.retain(|(known, _)| *known != name);
            model.segments.push((name, filter));
        }
        Change::SearchFields(names) => model.search_fields = Some(names),
        Change::Relation(relation) => {
            model.relations.retain(|known| known.name != relation.name);
            model.relations.push(relation);
        }
        Change::Key(names) => {
            for name in &names {
                field_of(model, name)?;
            }
            model.key = names;
        }
        Change::Countable(countable) => model.is_countable = countable,
        Change::ReadOnly => {
            model.is_read_only = true;
            for field in &mut model.fields {
                field.is_read_only = true;
            }
        }
        Change::RequiredField(name) => require(field_of(model, &name)?),
        Change::ReadOnlyField(name) => field_of(model, &name)?.is_read_only = true,
        Change::Rename(_)
        | Change::RenameField(..)
        | Change::RenameRelation(..)
        | Change::RemoveRelation(_)
        | Change::Remove => {}
    }
    Ok(())
}

/// How SQLite keeps the values of a column that was read as this type; `None` when its values were looked at.
fn storage_of(value_type: &ValueType) -> Option<Storage> {
    match value_type {
        ValueType::Integer | ValueType::Decimal | ValueType::Boolean => Some(Storage::Number),
        ValueType::Binary => Some(Storage::Bytes),
        ValueType::Instant | ValueType::Day | ValueType::Uuid => None,
        _ => Some(Storage::Text),
    }
}

fn rename(collections: &mut [SqlCollection], index: usize, new: String) -> Result<(), String> {
    let is_taken = collections
        .iter()
        .enumerate()
        .any(|(other, collection)| other != index && collection.model.name == new);
    let Some(collection) = collections.get_mut(index) else {
        return Ok(());
    };
    let old = collection.model.name.clone();
    if is_taken {
        return Err(format!("`{old}` cannot be renamed to `{new}`, which is there already"));
    }
    if new.is_empty() {
        return Err(format!("`{old}` cannot be renamed to an empty name"));
    }
    let model = &mut collection.model;
    model.stored_as.get_or_insert_with(|| old.clone());
    model.name.clone_from(&new);
    let relations = collections
        .iter_mut()
        .flat_map(|collection| &mut collection.model.relations);
    for relation in relations {
        replace(&mut relation.target, &old, &new);
        if let Some(through) = &mut relation.through {
            replace(&mut through.collection, &old, &new);
        }
    }
    Ok(())
}

fn rename_field(collections: &mut [SqlCollection], index: usize, old: &str, new: &str) -> Result<(), String> {
    let Some(collection) = collections.get_mut(index) else {
        return Ok(());
    };
    field_of(&mut collection.model, old)?;
    if old == new {
        return Ok(());
    }
    check_free(&collection.model, new)?;
    if let Some(column) = collection.columns.remove(old) {
        collection.columns.insert(new.to_owned(), column);
    }
    let model = &mut collection.model;
    let field = field_of(model, old)?;
    field.stored_as.get_or_insert_with(|| old.to_owned());
    new.clone_into(&mut field.name);
    model.key.iter_mut().for_each(|name| replace(name, old, new));
    for relation in &mut model.relations {
        replace(&mut relation.local_key, old, new);
    }
    rename_in_uses(model, "", old, new);
    let owner = model.name.clone();
    for collection in collections {
        let model = &mut collection.model;
        for relation in &mut model.relations {
            if relation.target == owner {
                replace(&mut relation.target_key, old, new);
            }
            if let Some(through) = relation.through.as_mut().filter(|through| through.collection == owner) {
                replace(&mut through.local_key, old, new);
                replace(&mut through.target_key, old, new);
            }
        }
        let leading_here: Vec<String> = model
            .relations
            .iter()
            .filter(|relation| relation.target == owner)
            .map(|relation| relation.name.clone())
            .collect();
        for relation in leading_here {
            rename_in_uses(model, &relation, old, new);
        }
    }
    Ok(())
}

/// Renames a field in the search fields and segments that name it; `relation` is empty for the collection's own.
fn rename_in_uses(model: &mut CollectionModel, relation: &str, old: &str, new: &str) {
    let path = |separator: &str, field: &str| {
        if relation.is_empty() {
            field.to_owned()
        } else {
            format!("{relation}{separator}{field}")
        }
    };
    for name in model.search_fields.iter_mut().flatten() {
        replace(name, &path(".", old), &path(".", new));
    }
    let (old, new) = (path(":", old), path(":", new));
    for (_, filter) in &mut model.segments {
        each_field(filter, &mut |field| replace(field, &old, &new));
    }
}

fn rename_relation(collections: &mut [SqlCollection], index: usize, old: &str, new: &str) -> Result<(), String> {
    let Some(collection) = collections.get_mut(index) else {
        return Ok(());
    };
    let model = &mut collection.model;
    check_relation(model, old)?;
    if old == new {
        return Ok(());
    }
    check_free(model, new)?;
    for relation in &mut model.relations {
        replace(&mut relation.name, old, new);
    }
    let renamed = |path: &mut String, separator: char| {
        if let Some((_, field)) = path.split_once(separator).filter(|(relation, _)| *relation == old) {
            *path = format!("{new}{separator}{field}");
        }
    };
    for name in model.search_fields.iter_mut().flatten() {
        renamed(name, '.');
    }
    for (_, filter) in &mut model.segments {
        each_field(filter, &mut |field| renamed(field, ':'));
    }
    let owner = model.name.clone();
    for relation in leading_back(collections, &owner, old) {
        relation.inverse_of = Some(new.to_owned());
    }
    Ok(())
}

fn remove_relation(collections: &mut [SqlCollection], index: usize, name: &str) -> Result<(), String> {
    let Some(collection) = collections.get_mut(index) else {
        return Ok(());
    };
    let model = &mut collection.model;
    check_relation(model, name)?;
    model.relations.retain(|relation| relation.name != name);
    let owner = model.name.clone();
    for relation in leading_back(collections, &owner, name) {
        relation.inverse_of = None;
    }
    Ok(())
}

/// The relations to `owner` whose inverse is its relation `name`.
fn leading_back<'a>(
    collections: &'a mut [SqlCollection],
    owner: &'a str,
    name: &'a str,
) -> impl Iterator<Item = &'a mut RelationModel> {
    collections
        .iter_mut()
        .flat_map(|collection| &mut collection.model.relations)
        .filter(move |relation| relation.target == owner && relation.inverse_of.as_deref() == Some(name))
}

/// Removes the relations that lead to collections that are not there any more, or through them.
fn remove_dangling(collections: &mut [SqlCollection]) {
    let names: HashSet<String> = collections
        .iter()
        .map(|collection| collection.model.name.clone())
        .collect();
    for collection in collections {
        collection.model.relations.retain(|relation| {
            let is_through_known = relation
                .through
                .as_ref()
                .is_none_or(|through| names.contains(&through.collection));
            names.contains(&relation.target) && is_through_known
        });
    }
}

fn each_field(filter: &mut Filter, change: &mut impl FnMut(&mut String)) {
    match filter {
        Filter::And(filters) | Filter::Or(filters) => {
            for filter in filters {
                each_field(filter, change);
            }
        }
        Filter::Leaf { field, .. } => change(field),
    }
}

fn replace(name: &mut String, old: &str, new: &str) {
    if name == old {
        new.clone_into(name);
    }
}

fn field_of<'a>(model: &'a mut CollectionModel, name: &str) -> Result<&'a mut FieldModel, String> {
    let Some(index) = model.fields.iter().position(|field| field.name == name) else {
        let hint = hint(model.fields.iter().map(|field| field.name.as_str()), name);
        return Err(format!("`{}` has no field `{name}`{hint}", model.name));
    };
    model
        .fields
        .get_mut(index)
        .ok_or_else(|| format!("`{}` has no field `{name}`", model.name))
}

fn check_relation(model: &CollectionModel, name: &str) -> Result<(), String> {
    if model.find_relation(name).is_some() {
        return Ok(());
    }
    let hint = hint(model.relations.iter().map(|relation| relation.name.as_str()), name);
    Err(format!("`{}` has no relation `{name}`{hint}", model.name))
}

/// A new name must be neither a field's nor a relation's.
fn check_free(model: &CollectionModel, name: &str) -> Result<(), String> {
    if name.is_empty() {
        return Err(format!(
            "`{}` cannot have a field or relation without a name",
            model.name
        ));
    }
    if model.find_field(name).is_some() || model.find_relation(name).is_some() {
        return Err(format!("`{}` already has a field or relation `{name}`", model.name));
    }
    Ok(())
}

fn unknown_collection(collections: &[SqlCollection], name: &str) -> String {
    let known = collections.iter().map(|collection| collection.model.name.as_str());
    format!("the database has no table or view `{name}`{}", hint(known, name))
}

/// `; did you mean …?`, when something is near.
fn hint<'a>(known: impl Iterator<Item = &'a str>, name: &str) -> String {
    nearest(name, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
