//! The schema and its collections.

use serde::{Deserialize, Serialize};

use super::defaults::{Named, named, or_default, or_pagination_type, or_yes, pagination_type, yes};
use super::tree::Node;
use super::{Action, CollectionField, Stack, print};

/// The collections and actions of an agent, as the Forest server is sent them.
///
/// Made by [`ForestBuilder::schema`](crate::ForestBuilder::schema) or [`read`](super::read) from a committed file, which fills in the defaults of absent keys and
/// ignores unknown ones. It serializes to the shape of `.forestadmin-schema.json`; [`Schema::to_file_text`] gives the exact text.
///
/// ```
/// use forest_actions::Forest;
/// use forest_actions::records::{CollectionModel, FieldModel, ValueType};
/// use forest_actions::schema::Schema;
///
/// let companies = CollectionModel::new("companies")
///     .field(FieldModel::new("id", ValueType::Integer))
///     .field(FieldModel::new("status", ValueType::Text).enum_values(["live", "pending"]))
///     .key(["id"]);
/// let schema = Forest::builder().actions([]).collection(companies).schema()?;
/// let names: Vec<&str> = schema.collections().iter().map(|collection| collection.name()).collect();
/// assert_eq!(names, ["companies"]);
/// assert_eq!(serde_json::from_str::<Schema>(&schema.to_file_text())?, schema);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(from = "Parts")]
pub struct Schema {
    pub(crate) collections: Vec<Collection>,
    pub(crate) meta: Meta,
}

/// A schema as a file has it.
#[derive(Deserialize)]
struct Parts {
    collections: Vec<Collection>,
    meta: Meta,
}

impl From<Parts> for Schema {
    fn from(parts: Parts) -> Self {
        Self::new(parts.meta, parts.collections)
    }
}

impl Schema {
    /// Leaves out collections without a name, and sorts.
    pub(crate) fn new(meta: Meta, mut collections: Vec<Collection>) -> Self {
        collections.retain(|collection| !collection.name.is_empty());
        for collection in &mut collections {
            if collection.name_old.is_empty() {
                collection.name_old.clone_from(&collection.name);
            }
        }
        super::collate::sort(&mut collections);
        Self { collections, meta }
    }

    /// The collections, sorted by name.
    #[must_use]
    pub fn collections(&self) -> &[Collection] {
        &self.collections
    }

    /// The collection of that name.
    #[must_use]
    pub fn find_collection(&self, name: &str) -> Option<&Collection> {
        self.collections.iter().find(|collection| collection.name == name)
    }

    /// The action of that name in that collection.
    #[must_use]
    pub fn find_action(&self, collection: &str, name: &str) -> Option<&Action> {
        self.find_collection(collection)?
            .actions
            .iter()
            .find(|action| action.name == name)
    }

    /// The exact text of `.forestadmin-schema.json`: the same on every machine, without a newline at the end.
    ///
    /// It reads back as the same schema. As in JavaScript, a whole number is printed without a fraction, so that a default of `1.0`
    /// comes back as `1`.
    #[must_use]
    pub fn to_file_text(&self) -> String {
        print::pretty(&Node::of(self))
    }
}

/// A collection of a [`Schema`], for reading. Its other properties are in its JSON: it implements `Serialize`.
// the members are the keys of the schema file, in their order
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Collection {
    pub(crate) name: String,
    /// The name before it was renamed, so that the server can carry over the settings of the back office.
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) name_old: String,
    #[serde(default)]
    pub(crate) icon: Option<String>,
    #[serde(default)]
    pub(crate) integration: Option<String>,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) is_read_only: bool,
    #[serde(default = "yes", deserialize_with = "or_yes")]
    pub(crate) is_searchable: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) is_virtual: bool,
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) only_for_relationships: bool,
    #[serde(default = "pagination_type", deserialize_with = "or_pagination_type")]
    pub(crate) pagination_type: String,
    #[serde(default, deserialize_with = "named")]
    pub(crate) fields: Vec<CollectionField>,
    #[serde(default, deserialize_with = "named")]
    pub(crate) segments: Vec<Segment>,
    #[serde(default, deserialize_with = "named")]
    pub(crate) actions: Vec<Action>,
}

impl Collection {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The fields and relations, sorted by name.
    #[must_use]
    pub fn fields(&self) -> &[CollectionField] {
        &self.fields
    }

    /// The actions, sorted by name.
    #[must_use]
    pub fn actions(&self) -> &[Action] {
        &self.actions
    }
}

impl Named for Collection {
    fn name(&self) -> &str {
        &self.name
    }
}

/// A named subset of a collection's records.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Segment {
    #[serde(default, deserialize_with = "or_default")]
    pub(crate) name: String,
}

impl Named for Segment {
    fn name(&self) -> &str {
        &self.name
    }
}

/// The library that wrote the schema. The Forest server chooses variants of the protocol by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Meta {
    pub(crate) liana: String,
    pub(crate) liana_version: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) stack: Option<Stack>,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn absent_and_null_keys_of_a_collection_take_the_defaults() {
        let defaults =
            r#"{"name":"a","nameOld":"","icon":null,"integration":null,"isReadOnly":false,"isSearchable":true,"#
                .to_owned()
                + r#""isVirtual":false,"onlyForRelationships":false,"paginationType":"page","fields":[],"segments":[],"actions":[]}"#;
        for text in [
            r#"{"name": "a", "unknown": {"x": 1}}"#,
            r#"{"name": "a", "nameOld": null, "icon": null, "isSearchable": null, "isReadOnly": null,
                "isVirtual": null, "paginationType": null, "fields": null, "segments": null, "actions": null}"#,
        ] {
            let read: Collection = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&read).unwrap(), defaults);
        }
    }

    #[test]
    fn a_schema_without_collections_or_meta_is_refused() {
        for text in [
            "{}",
            r#"{"collections": []}"#,
            r#"{"meta": {"liana": "l", "liana_version": "1"}}"#,
            "[]",
        ] {
            assert!(serde_json::from_str::<Schema>(text).is_err(), "{text}");
        }
    }
}
