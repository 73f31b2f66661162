//! The collections of an agent by name, and the check of their descriptions.

use std::collections::{HashMap, HashSet};

use super::error::SourceProblem;
use super::model::CollectionModel;
use super::relation::RelationModel;
use crate::schema::Relationship;

/// Collections by name.
#[derive(Debug, Default)]
pub(crate) struct Models {
    collections: Vec<CollectionModel>,
    by_name: HashMap<String, usize>,
}

impl Models {
    pub(crate) fn new(collections: Vec<CollectionModel>) -> Self {
        let by_name = collections
            .iter()
            .enumerate()
            .map(|(index, collection)| (collection.name.clone(), index))
            .collect();
        Self { collections, by_name }
    }

    /// A copy without the relations that lead to these collections.
    pub(crate) fn without(&self, hidden: &HashSet<String>) -> Self {
        let mut collections = self.collections.clone();
        for collection in &mut collections {
            collection.relations.retain(|relation| {
                let through = relation.through.as_ref().map(|through| &through.collection);
                !hidden.contains(&relation.target) && !through.is_some_and(|through| hidden.contains(through))
            });
        }
        Self::new(collections)
    }

    pub(crate) fn get(&self, name: &str) -> Option<&CollectionModel> {
        self.collections.get(*self.by_name.get(name)?)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &CollectionModel> {
        self.collections.iter()
    }

    /// The mistakes in the collections of a record source. The filters of segments are checked elsewhere.
    pub(crate) fn check(&self) -> Vec<SourceProblem> {
        let mut problems = Vec::new();
        let names = self.collections.iter().map(|collection| collection.name.as_str());
        for name in repeated(names) {
            problems.push(format!("there are two collections `{name}`"));
        }
        for collection in &self.collections {
            check_alone(collection, &mut problems);
            self.check_in_source(collection, &mut problems);
        }
        problems.into_iter().map(SourceProblem::new).collect()
    }

    fn check_in_source(&self, collection: &CollectionModel, problems: &mut Vec<String>) {
        let name = &collection.name;
        for segment in &collection.external_segments {
            problems.push(format!("the segment `{segment}` of `{name}` has no filter"));
        }
        for path in collection.search_fields.iter().flatten() {
            if !self.has_path(collection, path) {
                problems.push(format!(
                    "the search fields of `{name}` have `{path}`, which is no field"
                ));
            }
        }
        for relation in &collection.relations {
            let mut report =
                |problem: String| problems.push(format!("the relation `{name}.{}` {problem}", relation.name));
            self.check_relation(collection, relation, &mut report);
        }
    }

    /// Accepts the name of a field, which may have a dot, and `relation.field`.
    fn has_path(&self, collection: &CollectionModel, path: &str) -> bool {
        let is_visible = |collection: &CollectionModel, field: &str| {
            collection.find_field(field).is_some_and(|field| !field.is_hidden)
        };
        let behind_relation = || {
            path.match_indices('.').any(|(at, _)| {
                let (Some(relation), Some(field)) = (path.get(..at), path.get(at + 1..)) else {
                    return false;
                };
                let target = collection
                    .find_relation(relation)
                    .and_then(|relation| self.get(&relation.target));
                target.is_some_and(|target| is_visible(target, field))
            })
        };
        is_visible(collection, path) || behind_relation()
    }

    fn check_relation(&self, collection: &CollectionModel, relation: &RelationModel, report: &mut impl FnMut(String)) {
        match self.get(&relation.target) {
            None => report(format!("leads to `{}`, which is no collection", relation.target)),
            Some(target) => {
                for (_, compared) in relation.pairs() {
                    if target.find_field(compared).is_none() {
                        report(format!("compares `{compared}`, which is no field of `{}`", target.name));
                    }
                }
                // without a key, no record is the first of those that lead back
                if relation.kind == Relationship::HasOne && target.key.is_empty() {
                    report(format!("leads to `{}`, whose records have no key", target.name));
                }
                if let Some(inverse) = &relation.inverse_of {
                    let leads_back = target
                        .find_relation(inverse)
                        .is_some_and(|back| back.target == collection.name);
                    if !leads_back {
                        report(format!(
                            "has the inverse `{inverse}`, which is no relation of `{}` that leads back",
                            target.name
                        ));
                    }
                }
            }
        }
        match (&relation.kind, &relation.through) {
            (Relationship::BelongsToMany, None) => report("leads through no collection".to_owned()),
            (Relationship::BelongsToMany, Some(_)) if !relation.more_keys.is_empty() => {
                report("compares several fields, which many to many does not".to_owned());
            }
            (Relationship::BelongsToMany, Some(through)) => match self.get(&through.collection) {
                None => report(format!(
                    "leads through `{}`, which is no collection",
                    through.collection
                )),
                Some(between) => {
                    for key in [&through.local_key, &through.target_key] {
                        if between.find_field(key).is_none() {
                            report(format!("compares `{key}`, which is no field of `{}`", between.name));
                        }
                    }
                }
            },
            (Relationship::Other(kind), _) => report(format!("is of the unknown kind `{kind}`")),
            (_, Some(_)) => report("leads through a collection, which only many to many does".to_owned()),
            (_, None) => {}
        }
    }
}

/// The mistakes in collections that are described for records outside of a record source. Their relations may lead to collections
/// that are not described.
pub(crate) fn check_described(collections: &[CollectionModel]) -> Vec<SourceProblem> {
    let mut problems = Vec::new();
    for collection in collections {
        check_alone(collection, &mut problems);
    }
    problems.into_iter().map(SourceProblem::new).collect()
}

/// The mistakes that show without the other collections.
fn check_alone(collection: &CollectionModel, problems: &mut Vec<String>) {
    let name = &collection.name;
    let fields = || collection.fields.iter().map(|field| field.name.as_str());
    let relations = || collection.relations.iter().map(|relation| relation.name.as_str());
    let segments = collection.segments.iter().map(|(segment, _)| segment);
    let segments = segments.chain(&collection.external_segments).map(String::as_str);
    if name.is_empty() || fields().chain(relations()).chain(segments.clone()).any(str::is_empty) {
        problems.push(format!(
            "`{name}`: a collection, field, relation or segment has no name"
        ));
    }
    for field in repeated(fields()) {
        problems.push(format!("`{name}` has two fields `{field}`"));
    }
    for relation in repeated(relations()) {
        problems.push(format!("`{name}` has two relations `{relation}`"));
    }
    for relation in relations().filter(|relation| collection.find_field(relation).is_some()) {
        problems.push(format!("`{name}` has a field and a relation `{relation}`"));
    }
    for segment in repeated(segments) {
        problems.push(format!("`{name}` has two segments `{segment}`"));
    }
    for part in repeated(collection.key.iter().map(String::as_str)) {
        problems.push(format!("the key of `{name}` has `{part}` twice"));
    }
    for part in &collection.key {
        match collection.find_field(part) {
            None => problems.push(format!("the key of `{name}` has `{part}`, which is no field")),
            Some(field) if field.is_hidden => {
                problems.push(format!("the key of `{name}` has `{part}`, which is hidden"));
            }
            Some(field) if !field.value_type.can_be_in_an_id() => {
                problems.push(format!(
                    "the key of `{name}` has `{part}`, whose values cannot be part of an id"
                ));
            }
            Some(_) => {}
        }
    }
    for relation in &collection.relations {
        for (compared, _) in relation.pairs() {
            if collection.find_field(compared).is_none() {
                problems.push(format!(
                    "the relation `{name}.{}` compares `{compared}`, which is no field of it",
                    relation.name
                ));
            }
        }
    }
}

/// The names that occur more than once, each once.
fn repeated<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = HashSet::new();
    let mut repeated = Vec::new();
    for name in names {
        if !seen.insert(name) && !repeated.contains(&name) {
            repeated.push(name);
        }
    }
    repeated
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::filter::Filter;
    use crate::records::model::FieldModel;
    use crate::records::relation::Through;
    use crate::records::value_type::ValueType;

    fn collection(name: &str) -> CollectionModel {
        CollectionModel::new(name)
            .field(FieldModel::new("id", ValueType::Integer))
            .key(["id"])
    }

    #[test]
    fn collections_that_fit_together_have_no_problems() {
        let models = Models::new(vec![
            collection("a")
                .relation(RelationModel::has_many("bs", "b", "id", "id").inverse_of("a"))
                .search_fields(["id", "bs.id"]),
            collection("b").relation(RelationModel::belongs_to("a", "a", "id", "id").inverse_of("bs")),
            CollectionModel::new("view"),
        ]);
        assert_eq!(models.check(), []);
    }

    #[test]
    fn described_collections_may_lead_to_others_and_have_segments_without_filters() {
        let alone = collection("a")
            .field(FieldModel::new("b_id", ValueType::Integer))
            .relation(RelationModel::belongs_to("b", "b", "b_id", "id"))
            .external_segment("T");
        assert_eq!(check_described(std::slice::from_ref(&alone)), []);
        let twice = alone
            .field(FieldModel::new("id", ValueType::Text))
            .external_segment("T");
        assert_eq!(
            check_described(&[twice]),
            ["`a` has two fields `id`", "`a` has two segments `T`"].map(SourceProblem::new)
        );
    }

    #[test]
    fn each_mistake_is_named() {
        let mut hidden = FieldModel::new("token", ValueType::Text);
        hidden.is_hidden = true;
        let models = Models::new(vec![
            collection("a")
                .field(FieldModel::new("id", ValueType::Text))
                .field(hidden)
                .key(["id", "key", "token", "id"])
                .relation(RelationModel::belongs_to("id", "a", "id", "id"))
                .relation(RelationModel::belongs_to("lost", "nowhere", "missing", "id"))
                .relation(RelationModel::belongs_to("blind", "b", "id", "gone").inverse_of("none"))
                .relation(RelationModel::belongs_to_many(
                    "many",
                    "b",
                    "id",
                    "id",
                    Through::new("nothing", "x", "y"),
                ))
                .relation(RelationModel::belongs_to_many(
                    "halves",
                    "b",
                    "id",
                    "id",
                    Through::new("b", "x", "id"),
                ))
                .search_fields(["name", "blind.name", "blind.id", "token"])
                .segment("S", Filter::and([]))
                .segment("S", Filter::and([]))
                .external_segment("T"),
            collection("b"),
            collection("b"),
        ]);
        let problems: Vec<String> = models.check().iter().map(ToString::to_string).collect();
        assert_eq!(
            problems,
            [
                "there are two collections `b`",
                "`a` has two fields `id`",
                "`a` has a field and a relation `id`",
                "`a` has two segments `S`",
                "the key of `a` has `id` twice",
                "the key of `a` has `key`, which is no field",
                "the key of `a` has `token`, which is hidden",
                "the relation `a.lost` compares `missing`, which is no field of it",
                "the segment `T` of `a` has no filter",
                "the search fields of `a` have `name`, which is no field",
                "the search fields of `a` have `blind.name`, which is no field",
                "the search fields of `a` have `token`, which is no field",
                "the relation `a.lost` leads to `nowhere`, which is no collection",
                "the relation `a.blind` compares `gone`, which is no field of `b`",
                "the relation `a.blind` has the inverse `none`, which is no relation of `b` that leads back",
                "the relation `a.many` leads through `nothing`, which is no collection",
                "the relation `a.halves` compares `x`, which is no field of `b`",
            ]
        );
    }
}
