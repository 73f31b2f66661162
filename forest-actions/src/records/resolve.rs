//! From the names in a request to the fields of a collection, and from a filter to a condition.
//!
//! Owns which fields, relations and segments may be named, and says which ones there are when one is not. Everything is
//! checked before a source is asked anything (SEL-15). Called for whatever selects or lists records; searches are resolved
//! in `search`, single tests in `leaf`.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::calendar::Calendar;
use super::condition::{Condition, FieldPath};
use super::filter::Filter;
use super::leaf::Leaf;
use super::model::{CollectionModel, FieldModel, RelationModel, ValueType};
use super::models::Models;
use super::refusal::{LISTED, did_you_mean, invalid};
use super::source::Sort;
use crate::response::ActionError;
use crate::text::{listed, shortened};

/// How many fields an order may have.
const MAX_SORTS: usize = 10;

/// What a request's names and dates are resolved with: the collections, the request's one moment, the caller's zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolver<'a> {
    pub(crate) models: &'a Models,
    pub(crate) now: DateTime<Utc>,
    pub(crate) timezone: Tz,
}

/// Who wrote a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
    /// Somebody who knows of the records what the back office shows.
    Request,
    /// The program, or whoever decides what others may see.
    Program,
}

impl<'a> Resolver<'a> {
    /// The condition of a filter that a request carries.
    ///
    /// # Errors
    /// 400 that names the field, operator or value that does not fit.
    pub(crate) fn filter(&self, collection: &CollectionModel, filter: &Filter) -> Result<Condition, ActionError> {
        self.tree(collection, filter, Author::Request)
    }

    /// The condition of a filter that the program wrote, or that limits what others may see: segments and scopes. It may
    /// name hidden fields, and compares a text field with a number by its text, as variables may hold either.
    ///
    /// # Errors
    /// 400 that names the field, operator or value that does not fit.
    pub(crate) fn trusted_filter(
        &self,
        collection: &CollectionModel,
        filter: &Filter,
    ) -> Result<Condition, ActionError> {
        self.tree(collection, filter, Author::Program)
    }

    fn tree(&self, collection: &CollectionModel, filter: &Filter, author: Author) -> Result<Condition, ActionError> {
        let (filters, join): (_, fn(Vec<Condition>) -> Condition) = match filter {
            Filter::And(filters) => (filters, Condition::All),
            Filter::Or(filters) => (filters, Condition::Any),
            Filter::Leaf { field, operator, value } => {
                let (path, model) = self.find(collection, field, author, &[':'])?;
                return Leaf {
                    name: field,
                    path,
                    field: model,
                    operator: *operator,
                    value,
                    calendar: Calendar::new(self.now, self.timezone),
                    numbers_are_text: author == Author::Program,
                }
                .condition();
            }
        };
        // one condition is the same with either
        if let [only] = filters.as_slice() {
            return self.tree(collection, only, author);
        }
        filters
            .iter()
            .map(|filter| self.tree(collection, filter, author))
            .collect::<Result<_, _>>()
            .map(join)
    }

    /// The condition of a segment.
    ///
    /// # Errors
    /// 400 when the collection declares no segment of that name, or its filter does not fit the collection.
    pub(crate) fn segment(&self, collection: &CollectionModel, name: &str) -> Result<Condition, ActionError> {
        let filter = collection.segments.iter().find(|(known, _)| known == name);
        match filter {
            Some((_, filter)) => self.trusted_filter(collection, filter),
            None => Err(invalid(format!("Invalid segment: \"{}\"", shortened(name)))),
        }
    }

    /// The order that a request asks for: fields separated by commas, `-` before those whose largest values come first.
    /// A field of a relation is written with a `.` or a `:`. The empty text is no order.
    ///
    /// # Errors
    /// 400 that names the field.
    pub(crate) fn sort(&self, collection: &CollectionModel, text: &str) -> Result<Vec<Sort>, ActionError> {
        let mut sorts = Vec::new();
        for step in text.split(',').map(str::trim).filter(|step| !step.is_empty()) {
            if sorts.len() == MAX_SORTS {
                return Err(invalid(format!("Invalid sort: at most {MAX_SORTS} fields")));
            }
            let (descending, name) = match step.strip_prefix('-') {
                Some(name) => (true, name),
                None => (false, step),
            };
            let (field, model) = self.find(collection, name, Author::Request, &['.', ':'])?;
            if matches!(model.value_type, ValueType::Json | ValueType::Point) {
                return Err(invalid(format!(
                    "Invalid sort: values of the field '{}' have no order",
                    shortened(name)
                )));
            }
            sorts.push(Sort { field, descending });
        }
        Ok(sorts)
    }

    fn find<'m>(
        &'m self,
        collection: &'m CollectionModel,
        name: &str,
        author: Author,
        separators: &[char],
    ) -> Result<(FieldPath, &'m FieldModel), ActionError> {
        if let Some(field) = nameable(collection, name, author) {
            return Ok((FieldPath::own(name), field));
        }
        let Some((relation, field)) = name.split_once(separators) else {
            return Err(if collection.find_relation(name).is_some() {
                invalid(format!(
                    "'{name}' is a relation of '{}': name one of its fields too, as '{name}:id'",
                    collection.name
                ))
            } else {
                unknown_field(collection, name, author)
            });
        };
        let relation = find_relation(collection, relation)?;
        let Some(target) = self.models.get(&relation.target) else {
            return Err(invalid(format!(
                "The relation '{}' of '{}' leads to the collection '{}', which does not exist",
                relation.name, collection.name, relation.target
            )));
        };
        match nameable(target, field, author) {
            Some(model) => Ok((FieldPath::of_relation(&relation.name, field), model)),
            None if field.contains(separators) => Err(invalid(format!(
                "'{}' has too many parts: a field is 'field' or 'relation:field'",
                shortened(name)
            ))),
            None => Err(unknown_field(target, field, author)),
        }
    }
}

/// The field of that name, if its author may name it.
fn nameable<'m>(collection: &'m CollectionModel, name: &str, author: Author) -> Option<&'m FieldModel> {
    collection
        .find_field(name)
        .filter(|field| !field.is_hidden || author == Author::Program)
}

fn find_relation<'m>(collection: &'m CollectionModel, name: &str) -> Result<&'m RelationModel, ActionError> {
    let to_one = || {
        collection
            .relations
            .iter()
            .filter(|relation| !relation.is_to_many())
            .map(|relation| relation.name.as_str())
    };
    match collection.find_relation(name) {
        Some(relation) if !relation.is_to_many() => Ok(relation),
        Some(_) => Err(invalid(format!(
            "The relation '{name}' of '{}' leads to several records: only relations to one record can be used here. They are: [{}]",
            collection.name,
            listed(to_one(), LISTED)
        ))),
        None => Err(invalid(format!(
            "The relation '{}' of '{}' was not found.{} Available relations are: [{}]",
            shortened(name),
            collection.name,
            did_you_mean(name, to_one()),
            listed(to_one(), LISTED)
        ))),
    }
}

/// A hidden field is unknown to a request.
fn unknown_field(collection: &CollectionModel, name: &str, author: Author) -> ActionError {
    let names = || {
        collection
            .fields
            .iter()
            .filter(|field| !field.is_hidden || author == Author::Program)
            .map(|field| field.name.as_str())
    };
    invalid(format!(
        "The '{}.{}' field was not found.{} Available fields are: [{}]",
        collection.name,
        shortened(name),
        did_you_mean(name, names()),
        listed(names(), LISTED)
    ))
}

#[cfg(test)]
mod tests;
