//! Corrections of the collections in code, and their consequences for names elsewhere.

use std::collections::HashSet;
use std::fmt;

use super::catalogue::{mark_foreign_keys, require};
use super::engine::Dialect;
use super::{SqlCollection, SqlColumn, Storage};
use crate::records::filter::Filter;
use crate::records::model::{CollectionModel, FieldModel};
use crate::records::relation::RelationModel;
use crate::records::value_type::ValueType;
use crate::text::nearest;

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
    Cascades,
    RequiredField(String),
    ReadOnlyField(String),
    Remove,
}

/// A correction that cannot be carried out. The first text is the collection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum CorrectionError {
    #[error("the database has no table or view `{0}`{1}")]
    UnknownCollection(String, Hint),
    #[error("`{0}` has no field `{1}`{2}")]
    UnknownField(String, String, Hint),
    #[error("`{0}` has no relation `{1}`{2}")]
    UnknownRelation(String, String, Hint),
    #[error("`{0}.{1}` is part of the key and cannot be hidden")]
    HiddenKey(String, String),
    #[error("`{0}` cannot be renamed to `{1}`, which exists already")]
    CollectionExists(String, String),
    #[error("`{0}` cannot be renamed to an empty name")]
    EmptyCollectionName(String),
    #[error("`{0}` already has a field or relation `{1}`")]
    NameExists(String, String),
    #[error("`{0}` cannot have a field or relation without a name")]
    EmptyName(String),
    #[error("the computed field `{0}.{1}` has no expression")]
    EmptyExpression(String, String),
}

/// The nearest known name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Hint(Option<String>);

impl Hint {
    fn new<'a>(known: impl Iterator<Item = &'a str>, name: &str) -> Self {
        Self(nearest(name, known).map(ToString::to_string))
    }
}

impl fmt::Display for Hint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(name) => write!(f, "; did you mean `{name}`?"),
            None => Ok(()),
        }
    }
}

/// Carries out the changes of one collection; a removal comes last.
pub(super) fn correct(
    collections: &mut Vec<SqlCollection>,
    dialect: &dyn Dialect,
    name: &str,
    changes: Vec<Change>,
) -> Vec<CorrectionError> {
    if let Err(unknown) = find(collections, name) {
        return vec![unknown];
    }
    let mut name = name.to_owned();
    let mut errors = Vec::new();
    let mut is_removed = false;
    for change in changes {
        if matches!(change, Change::Remove) {
            is_removed = true;
        } else if let Err(error) = apply(collections, dialect, &mut name, change) {
            errors.push(error);
        }
    }
    if is_removed {
        collections.retain(|collection| collection.model.name != name);
        remove_dangling(collections);
    }
    mark_all_foreign_keys(collections);
    errors
}

/// Removes all collections except these.
pub(super) fn keep(collections: &mut Vec<SqlCollection>, names: &[String]) -> Vec<CorrectionError> {
    let errors = names.iter().filter_map(|name| find(collections, name).err()).collect();
    collections.retain(|collection| names.contains(&collection.model.name));
    remove_dangling(collections);
    mark_all_foreign_keys(collections);
    errors
}

fn mark_all_foreign_keys(collections: &mut [SqlCollection]) {
    for collection in collections {
        mark_foreign_keys(&mut collection.model);
    }
}

/// Carries out a change of the collection `name`, which is updated by a renaming.
fn apply(
    collections: &mut [SqlCollection],
    dialect: &dyn Dialect,
    name: &mut String,
    change: Change,
) -> Result<(), CorrectionError> {
    let SqlCollection {
        model,
        columns,
        cascades,
        ..
    } = find(collections, name)?;
    match change {
        Change::Rename(new) => {
            rename(collections, name, &new)?;
            *name = new;
        }
        Change::RenameField(old, new) => rename_field(collections, name, &old, &new)?,
        Change::RenameRelation(old, new) => rename_relation(collections, name, &old, &new)?,
        Change::RemoveRelation(relation) => remove_relation(collections, name, &relation)?,
        Change::Hide(name) => {
            let is_key = model.key.contains(&name);
            let field = field_of(model, &name)?;
            if is_key {
                return Err(CorrectionError::HiddenKey(model.name.clone(), name));
            }
            field.is_hidden = true;
        }
        Change::TypeOf(name, value_type) => {
            let field = field_of(model, &name)?;
            let storage = storage_of(&field.value_type);
            field.value_type = value_type;
            if let (Some(storage), Some(column)) = (storage, columns.get_mut(&name)) {
                column.storage = storage;
            }
        }
        Change::EnumValues(name, values) => {
            let field = field_of(model, &name)?;
            *field = field.clone().enum_values(values);
        }
        Change::Storage(name, storage) => {
            field_of(model, &name)?;
            columns.entry(name).or_default().storage = storage;
        }
        Change::Computed(name, value_type, sql) => {
            check_free(model, &name)?;
            if sql.trim().is_empty() {
                return Err(CorrectionError::EmptyExpression(model.name.clone(), name));
            }
            let column = SqlColumn {
                cast: dialect.cast_for(&value_type),
                ..SqlColumn::default()
            };
            let mut field = FieldModel::new(&name, value_type);
            field.stored_as = Some(sql);
            field.is_computed = true;
            field.is_read_only = true;
            model.fields.push(field);
            columns.insert(name, column);
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
                let field = field_of(model, name)?;
                field.value_type = dialect.key_type(&field.value_type);
            }
            let is_unique = |name: &String| columns.get(name).is_some_and(|column| column.is_unique);
            model.key_may_repeat = !names.iter().any(is_unique);
            model.key = names;
        }
        Change::Countable(countable) => model.is_countable = countable,
        Change::Cascades => cascades.clear(),
        Change::ReadOnly => {
            model.is_read_only = true;
            for field in &mut model.fields {
                field.is_read_only = true;
            }
        }
        Change::RequiredField(name) => require(field_of(model, &name)?),
        Change::ReadOnlyField(name) => field_of(model, &name)?.is_read_only = true,
        Change::Remove => {}
    }
    Ok(())
}

/// The storage of values of this declared type in SQLite; `None` for types whose storage was read from a value.
fn storage_of(value_type: &ValueType) -> Option<Storage> {
    match value_type {
        ValueType::Integer | ValueType::Decimal | ValueType::Boolean => Some(Storage::Number),
        ValueType::Binary => Some(Storage::Bytes),
        ValueType::Instant | ValueType::Day | ValueType::Uuid => None,
        _ => Some(Storage::Text),
    }
}

fn rename(collections: &mut [SqlCollection], old: &str, new: &str) -> Result<(), CorrectionError> {
    if new.is_empty() {
        return Err(CorrectionError::EmptyCollectionName(old.to_owned()));
    }
    if old != new && find(collections, new).is_ok() {
        return Err(CorrectionError::CollectionExists(old.to_owned(), new.to_owned()));
    }
    let model = &mut find(collections, old)?.model;
    model.stored_as.get_or_insert_with(|| old.to_owned());
    new.clone_into(&mut model.name);
    let relations = collections
        .iter_mut()
        .flat_map(|collection| &mut collection.model.relations);
    for relation in relations {
        replace(&mut relation.target, old, new);
        if let Some(through) = &mut relation.through {
            replace(&mut through.collection, old, new);
        }
    }
    Ok(())
}

fn rename_field(collections: &mut [SqlCollection], owner: &str, old: &str, new: &str) -> Result<(), CorrectionError> {
    let collection = find(collections, owner)?;
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
        relation
            .more_keys
            .iter_mut()
            .for_each(|(local, _)| replace(local, old, new));
    }
    rename_in_uses(model, "", old, new);
    for collection in collections {
        let model = &mut collection.model;
        for relation in &mut model.relations {
            if relation.target == owner {
                replace(&mut relation.target_key, old, new);
                relation
                    .more_keys
                    .iter_mut()
                    .for_each(|(_, target)| replace(target, old, new));
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

/// Renames a field in search fields and segments; `relation` is empty for a field of the collection itself.
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

fn rename_relation(
    collections: &mut [SqlCollection],
    owner: &str,
    old: &str,
    new: &str,
) -> Result<(), CorrectionError> {
    let collection = find(collections, owner)?;
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
    for relation in leading_back(collections, owner, old) {
        relation.inverse_of = Some(new.to_owned());
    }
    Ok(())
}

fn remove_relation(collections: &mut [SqlCollection], owner: &str, name: &str) -> Result<(), CorrectionError> {
    let collection = find(collections, owner)?;
    let model = &mut collection.model;
    check_relation(model, name)?;
    model.relations.retain(|relation| relation.name != name);
    for relation in leading_back(collections, owner, name) {
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

/// Removes the relations that lead to removed collections, or through them.
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

fn find<'a>(collections: &'a mut [SqlCollection], name: &str) -> Result<&'a mut SqlCollection, CorrectionError> {
    match collections.iter().position(|collection| collection.model.name == name) {
        // the index was just found
        Some(index) => Ok(&mut collections[index]),
        None => {
            let known = collections.iter().map(|collection| collection.model.name.as_str());
            let hint = Hint::new(known, name);
            Err(CorrectionError::UnknownCollection(name.to_owned(), hint))
        }
    }
}

fn field_of<'a>(model: &'a mut CollectionModel, name: &str) -> Result<&'a mut FieldModel, CorrectionError> {
    match model.fields.iter().position(|field| field.name == name) {
        // the index was just found
        Some(index) => Ok(&mut model.fields[index]),
        None => {
            let hint = Hint::new(model.fields.iter().map(|field| field.name.as_str()), name);
            Err(CorrectionError::UnknownField(model.name.clone(), name.to_owned(), hint))
        }
    }
}

fn check_relation(model: &CollectionModel, name: &str) -> Result<(), CorrectionError> {
    if model.find_relation(name).is_some() {
        return Ok(());
    }
    let hint = Hint::new(model.relations.iter().map(|relation| relation.name.as_str()), name);
    Err(CorrectionError::UnknownRelation(
        model.name.clone(),
        name.to_owned(),
        hint,
    ))
}

/// Checks that a new name is neither a field's nor a relation's.
fn check_free(model: &CollectionModel, name: &str) -> Result<(), CorrectionError> {
    if name.is_empty() {
        return Err(CorrectionError::EmptyName(model.name.clone()));
    }
    if model.find_field(name).is_some() || model.find_relation(name).is_some() {
        return Err(CorrectionError::NameExists(model.name.clone(), name.to_owned()));
    }
    Ok(())
}
