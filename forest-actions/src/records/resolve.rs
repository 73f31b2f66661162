//! Resolution of names to fields of a collection, and of filters to conditions.
//!
//! Everything is checked before the record source gets a query (SEL-15). `search` resolves searches, `leaf` single tests.

use chrono::{DateTime, Utc};

use super::calendar::Calendar;
use super::condition::{Condition, FieldPath};
use super::error::QueryError;
use super::filter::Filter;
use super::leaf::Leaf;
use super::model::{CollectionModel, FieldModel};
use super::models::Models;
use super::names::{is_unusual, split_names};
use super::relation::RelationModel;
use super::source::Sort;
use super::value_type::ValueType;
use crate::caller::Zone;

/// Maximum number of fields in an order.
const MAX_SORTS: usize = 10;

/// Resolves the names and dates of one request: with its collections, its moment, and the caller's time zone.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Resolver<'a> {
    pub(crate) models: &'a Models,
    pub(crate) now: DateTime<Utc>,
    pub(crate) zone: Zone<'a>,
}

/// The author of a filter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Author {
    /// A user, who may not name hidden fields.
    Request,
    /// The program, or an administrator who limits the access of others.
    Program,
}

impl<'a> Resolver<'a> {
    /// The condition of a filter from a request.
    pub(crate) fn filter(&self, collection: &CollectionModel, filter: &Filter) -> Result<Condition, QueryError> {
        self.tree(collection, filter, Author::Request, self.calendar())
    }

    /// The condition of a filter from a request for the period before that of the filter; `None` without a period.
    pub(crate) fn filter_before(
        &self,
        collection: &CollectionModel,
        filter: &Filter,
    ) -> Result<Option<Condition>, QueryError> {
        if !filter.has_period() {
            return Ok(None);
        }
        let calendar = self.calendar().map(Calendar::before);
        self.tree(collection, filter, Author::Request, calendar).map(Some)
    }

    /// Finds a field that a request names: its own, or `relation:field`.
    pub(crate) fn field<'m>(
        &'m self,
        collection: &'m CollectionModel,
        name: &str,
    ) -> Result<(FieldPath, &'m FieldModel), QueryError> {
        self.find(collection, name, Author::Request, &[':', '.'])
    }

    fn calendar(&self) -> Result<Calendar, &str> {
        self.zone.map(|zone| Calendar::new(self.now, zone))
    }

    /// The condition of a filter from the program or an administrator: a segment or a scope. It may name hidden fields, and
    /// compares a text field with a number by its text, because variables may hold either.
    pub(crate) fn trusted_filter(
        &self,
        collection: &CollectionModel,
        filter: &Filter,
    ) -> Result<Condition, QueryError> {
        self.tree(collection, filter, Author::Program, self.calendar())
    }

    fn tree(
        &self,
        collection: &CollectionModel,
        filter: &Filter,
        author: Author,
        calendar: Result<Calendar, &str>,
    ) -> Result<Condition, QueryError> {
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
                    calendar,
                    numbers_are_text: author == Author::Program,
                }
                .condition();
            }
        };
        // a branch with one condition is that condition
        if let [only] = filters.as_slice() {
            return self.tree(collection, only, author, calendar);
        }
        filters
            .iter()
            .map(|filter| self.tree(collection, filter, author, calendar))
            .collect::<Result<_, _>>()
            .map(join)
    }

    pub(crate) fn segment(&self, collection: &CollectionModel, name: &str) -> Result<Condition, QueryError> {
        let filter = collection.segments.iter().find(|(known, _)| known == name);
        match filter {
            Some((_, filter)) => self.trusted_filter(collection, filter),
            None => Err(QueryError::UnknownSegment(name.to_owned())),
        }
    }

    /// Parses an order: fields separated by commas, with `-` for descending ones. A field of a relation is
    /// `relation.field` or `relation:field`.
    pub(crate) fn sort(&self, collection: &CollectionModel, text: &str) -> Result<Vec<Sort>, QueryError> {
        let mut sorts = Vec::new();
        for step in split_names(text, &self.unusual_steps(collection)) {
            if sorts.len() == MAX_SORTS {
                return Err(QueryError::TooManySortFields(MAX_SORTS));
            }
            // a name may begin with a dash
            let (descending, name) = match step.strip_prefix('-') {
                Some(name) if nameable(collection, &step, Author::Request).is_none() => (true, name),
                Some(name) if nameable(collection, name, Author::Request).is_some() => (true, name),
                _ => (false, step.as_str()),
            };
            let (field, model) = self.find(collection, name, Author::Request, &['.', ':'])?;
            if matches!(model.value_type, ValueType::Json | ValueType::Point) {
                return Err(QueryError::Unsortable(name.to_owned()));
            }
            sorts.push(Sort { field, descending });
        }
        Ok(sorts)
    }

    /// The unusual names in an order.
    fn unusual_steps(&self, collection: &CollectionModel) -> Vec<String> {
        let own = collection.fields.iter().map(|field| field.name.clone());
        let to_one = collection.relations.iter().filter(|relation| !relation.is_to_many());
        let related = to_one.flat_map(|relation| {
            let fields = self.models.get(&relation.target).into_iter();
            let fields = fields.flat_map(|target| &target.fields);
            fields.flat_map(|field| ['.', ':'].map(|separator| format!("{}{separator}{}", relation.name, field.name)))
        });
        own.chain(related)
            .filter(|name| is_unusual(name))
            .flat_map(|name| [format!("-{name}"), name])
            .collect()
    }

    fn find<'m>(
        &'m self,
        collection: &'m CollectionModel,
        name: &str,
        author: Author,
        separators: &[char],
    ) -> Result<(FieldPath, &'m FieldModel), QueryError> {
        if let Some(field) = nameable(collection, name, author) {
            return Ok((FieldPath::own(name), field));
        }
        // a name may have a separator
        for (at, separator) in name.match_indices(separators) {
            if let (Some(relation), Some(field)) = (name.get(..at), name.get(at + separator.len()..))
                && let Ok(relation) = find_relation(collection, relation)
                && let Some(target) = self.models.get(&relation.target)
                && let Some(model) = nameable(target, field, author)
            {
                return Ok((FieldPath::of_relation(&relation.name, field), model));
            }
        }
        let Some((relation, field)) = name.split_once(separators) else {
            return Err(if collection.find_relation(name).is_some() {
                QueryError::RelationWithoutField {
                    collection: collection.name.clone(),
                    relation: name.to_owned(),
                }
            } else {
                unknown_field(collection, name, author)
            });
        };
        let relation = find_relation(collection, relation)?;
        let Some(target) = self.models.get(&relation.target) else {
            return Err(QueryError::UnknownTarget {
                collection: collection.name.clone(),
                relation: relation.name.clone(),
                target: relation.target.clone(),
            });
        };
        Err(match field.contains(separators) {
            true => QueryError::PathTooLong(name.to_owned()),
            false => unknown_field(target, field, author),
        })
    }
}

fn nameable<'m>(collection: &'m CollectionModel, name: &str, author: Author) -> Option<&'m FieldModel> {
    collection
        .find_field(name)
        .filter(|field| !field.is_hidden || author == Author::Program)
}

fn find_relation<'m>(collection: &'m CollectionModel, name: &str) -> Result<&'m RelationModel, QueryError> {
    let to_one = || {
        let relations = collection.relations.iter();
        relations
            .filter(|relation| !relation.is_to_many())
            .map(|relation| relation.name.clone())
            .collect()
    };
    match collection.find_relation(name) {
        Some(relation) if !relation.is_to_many() => Ok(relation),
        Some(_) => Err(QueryError::ToManyRelation {
            collection: collection.name.clone(),
            relation: name.to_owned(),
            available: to_one(),
        }),
        None => Err(QueryError::UnknownRelation {
            collection: collection.name.clone(),
            relation: name.to_owned(),
            available: to_one(),
        }),
    }
}

/// Hidden fields do not exist for a request.
fn unknown_field(collection: &CollectionModel, name: &str, author: Author) -> QueryError {
    let fields = collection.fields.iter();
    QueryError::UnknownField {
        collection: collection.name.clone(),
        field: name.to_owned(),
        available: fields
            .filter(|field| !field.is_hidden || author == Author::Program)
            .map(|field| field.name.clone())
            .collect(),
    }
}

#[cfg(test)]
mod tests;
