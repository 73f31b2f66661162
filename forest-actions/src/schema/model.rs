//! The schema, its collections and what describes the program that made it.
//!
//! Plain data with builders: it owns the names, the meaning and the defaults of each property, and reads itself from
//! a committed file. The order of keys on the way out is `encode`'s, the order of elements `collate`'s. Record
//! sources and users make collections; start-up adds the actions. The fields are in `field`, the actions in `action`.

use super::defaults::{or_default, or_pagination_type, or_yes, pagination_type, yes};
use super::{Action, CollectionField};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use std::fmt;

/// Everything that the Forest server is told about a program: its collections with their actions, and who speaks.
///
/// It reads from and serialises to the shape of `.forestadmin-schema.json`; [`Schema::to_file_text`] gives the exact
/// text of that file. Reading fills in the defaults of absent keys and ignores unknown ones.
///
/// ```
/// use forest_actions::schema::{Collection, CollectionField, FieldType, Meta, Schema, Stack};
///
/// let schema = Schema::new(Meta::new("forest-actions", "0.1.0").stack(Stack::new().engine("rust")))
///     .collection(
///         Collection::new("companies")
///             .field(CollectionField::new("id", FieldType::Number).primary_key())
///             .field(CollectionField::new("status", FieldType::Enum).enums(["live", "pending"]))
///             .segment("Live ones"),
///     );
///
/// let text = schema.to_file_text();
/// assert_eq!(serde_json::from_str::<Schema>(&text)?, schema);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[non_exhaustive]
pub struct Schema {
    /// The collections, in any order: the file and the document sort them.
    pub collections: Vec<Collection>,
    /// Which library wrote the schema, on which stack.
    pub meta: Meta,
}

impl Schema {
    /// A schema without collections.
    #[must_use]
    pub fn new(meta: Meta) -> Self {
        Self {
            collections: Vec::new(),
            meta,
        }
    }

    /// Adds a collection.
    #[must_use]
    pub fn collection(mut self, collection: Collection) -> Self {
        self.collections.push(collection);
        self
    }

    /// Whether there is no collection at all, which is a mistake of the program rather than something to publish.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.collections.is_empty()
    }

    /// The collection of that exact name, or `None`.
    #[must_use]
    pub fn find_collection(&self, name: &str) -> Option<&Collection> {
        self.collections.iter().find(|collection| collection.name == name)
    }

    /// The action of that exact name in that collection, or `None`.
    #[must_use]
    pub fn find_action(&self, collection: &str, name: &str) -> Option<&Action> {
        self.find_collection(collection)?
            .actions
            .iter()
            .find(|action| action.name == name)
    }
}

/// A set of records of one shape, as the back office shows it.
///
/// ```
/// use forest_actions::schema::{Collection, CollectionField, FieldType, Relationship};
///
/// let orders = Collection::new("orders")
///     .field(CollectionField::new("id", FieldType::Number).primary_key())
///     .field(CollectionField::new("customer", FieldType::Number).reference("customers.id", Relationship::BelongsTo))
///     .segment("Late")
///     .read_only(true);
/// assert!(orders.is_searchable && !orders.is_virtual);
///
/// // A collection that no database knows, to hang actions on.
/// let reports = Collection::virtual_("reports").field(CollectionField::virtual_("id", FieldType::String));
/// assert!(reports.is_virtual && !reports.is_searchable);
/// ```
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
pub struct Collection {
    /// The name, which is also the identity: permissions, URLs and references use it.
    pub name: String,
    /// The name it had before, so that the server can carry the back office's settings over; usually the same.
    #[serde(default, deserialize_with = "or_default")]
    pub name_old: String,
    /// An icon's name, or `None`.
    #[serde(default)]
    pub icon: Option<String>,
    /// The third party whose records these are, for instance `stripe`, or `None`.
    #[serde(default)]
    pub integration: Option<String>,
    /// Whether the back office offers no creation, update or deletion.
    #[serde(default, deserialize_with = "or_default")]
    pub is_read_only: bool,
    /// Whether the back office shows a search field; `true` unless the collection is virtual.
    #[serde(default = "yes", deserialize_with = "or_yes")]
    pub is_searchable: bool,
    /// Whether the collection exists only in code, without a table behind it.
    #[serde(default, deserialize_with = "or_default")]
    pub is_virtual: bool,
    /// Whether the collection is reached only through relations of others.
    #[serde(default, deserialize_with = "or_default")]
    pub only_for_relationships: bool,
    /// How lists are paged: `page` unless given.
    #[serde(default = "pagination_type", deserialize_with = "or_pagination_type")]
    pub pagination_type: String,
    /// The fields and relations. Those without a name are left out of what is written.
    #[serde(default, deserialize_with = "or_default")]
    pub fields: Vec<CollectionField>,
    /// The segments. Those without a name are left out of what is written.
    #[serde(default, deserialize_with = "or_default")]
    pub segments: Vec<Segment>,
    /// The smart actions. Those without a name are left out of what is written.
    #[serde(default, deserialize_with = "or_default")]
    pub actions: Vec<Action>,
}

impl Collection {
    /// A collection with a table (or another store) behind it, without fields as yet.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        Self {
            name_old: name.clone(),
            name,
            icon: None,
            integration: None,
            is_read_only: false,
            is_searchable: true,
            is_virtual: false,
            only_for_relationships: false,
            pagination_type: pagination_type(),
            fields: Vec::new(),
            segments: Vec::new(),
            actions: Vec::new(),
        }
    }

    /// A collection that exists only in code: virtual, and not searchable unless [`searchable`](Self::searchable)
    /// says so. The back office expects it to have a field named `id`.
    #[must_use]
    pub fn virtual_(name: impl Into<String>) -> Self {
        Self {
            is_virtual: true,
            is_searchable: false,
            ..Self::new(name)
        }
    }

    /// Adds a field or a relation.
    #[must_use]
    pub fn field(mut self, field: CollectionField) -> Self {
        self.fields.push(field);
        self
    }

    /// Adds a segment: a named subset of the records, whose query is the record source's business.
    #[must_use]
    pub fn segment(mut self, name: impl Into<String>) -> Self {
        self.segments.push(Segment::new(name));
        self
    }

    /// Adds a smart action.
    #[must_use]
    pub fn action(mut self, action: Action) -> Self {
        self.actions.push(action);
        self
    }

    /// Says which name the collection had before it was renamed.
    #[must_use]
    pub fn name_old(mut self, name: impl Into<String>) -> Self {
        self.name_old = name.into();
        self
    }

    /// Gives an icon.
    #[must_use]
    pub fn icon(mut self, icon: impl Into<String>) -> Self {
        self.icon = Some(icon.into());
        self
    }

    /// Names the third party whose records these are.
    #[must_use]
    pub fn integration(mut self, integration: impl Into<String>) -> Self {
        self.integration = Some(integration.into());
        self
    }

    /// Whether creation, update and deletion are not offered; default `false`.
    #[must_use]
    pub fn read_only(mut self, read_only: bool) -> Self {
        self.is_read_only = read_only;
        self
    }

    /// Whether a search field is shown; default `true`, `false` for a virtual collection.
    #[must_use]
    pub fn searchable(mut self, searchable: bool) -> Self {
        self.is_searchable = searchable;
        self
    }

    /// Whether the collection is reached only through relations of others; default `false`.
    #[must_use]
    pub fn only_for_relationships(mut self, only: bool) -> Self {
        self.only_for_relationships = only;
        self
    }

    /// How lists are paged; default `page`.
    #[must_use]
    pub fn pagination_type(mut self, pagination_type: impl Into<String>) -> Self {
        self.pagination_type = pagination_type.into();
        self
    }
}

/// A named subset of a collection's records.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Segment {
    /// The name, unique in the collection.
    #[serde(default, deserialize_with = "or_default")]
    pub name: String,
}

impl Segment {
    /// A segment of that name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self { name: name.into() }
    }
}

/// Who wrote the schema. The Forest server chooses variants of the protocol by it.
///
/// ```
/// use forest_actions::schema::{Meta, Stack};
///
/// let meta = Meta::new("forest-actions", "0.1.0").stack(Stack::new().database_type("postgres").engine("rust"));
/// assert_eq!(meta.stack.as_ref().and_then(|stack| stack.get("engine")), Some("rust"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub struct Meta {
    /// The name of the library.
    pub liana: String,
    /// The version of the library.
    pub liana_version: String,
    /// What it runs on; printed only when given.
    #[serde(default)]
    pub stack: Option<Stack>,
}

impl Meta {
    /// The library's name and version, without a stack.
    #[must_use]
    pub fn new(liana: impl Into<String>, liana_version: impl Into<String>) -> Self {
        Self {
            liana: liana.into(),
            liana_version: liana_version.into(),
            stack: None,
        }
    }

    /// Says what the library runs on.
    #[must_use]
    pub fn stack(mut self, stack: Stack) -> Self {
        self.stack = Some(stack);
        self
    }
}

/// What the library runs on: database, engine and their versions, printed in the order in which they were given.
///
/// The Forest server's tools refuse keys other than the five that have a method here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stack {
    entries: Vec<(String, Option<String>)>,
}

impl Stack {
    /// A stack of which nothing is said yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the kind of database, for instance `postgres`.
    #[must_use]
    pub fn database_type(self, value: impl Into<String>) -> Self {
        self.with("database_type", Some(value.into()))
    }

    /// Gives the language or engine, for instance `rust`.
    #[must_use]
    pub fn engine(self, value: impl Into<String>) -> Self {
        self.with("engine", Some(value.into()))
    }

    /// Gives the version of the engine.
    #[must_use]
    pub fn engine_version(self, value: impl Into<String>) -> Self {
        self.with("engine_version", Some(value.into()))
    }

    /// Gives the version of the web framework.
    #[must_use]
    pub fn framework_version(self, value: impl Into<String>) -> Self {
        self.with("framework_version", Some(value.into()))
    }

    /// Gives the version of the data layer.
    #[must_use]
    pub fn orm_version(self, value: impl Into<String>) -> Self {
        self.with("orm_version", Some(value.into()))
    }

    /// The value under `key`, or `None` when it was not given or is null.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.entries
            .iter()
            .find(|(name, _)| name == key)
            .and_then(|(_, value)| value.as_deref())
    }

    /// The pairs, in the order in which they were given.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Option<&str>)> {
        self.entries.iter().map(|(key, value)| (key.as_str(), value.as_deref()))
    }

    /// Puts a value; a key that is there already keeps its place.
    fn with(mut self, key: &str, value: Option<String>) -> Self {
        match self.entries.iter_mut().find(|(name, _)| name == key) {
            Some((_, old)) => *old = value,
            None => self.entries.push((key.to_owned(), value)),
        }
        self
    }
}

/// Written by hand because a map type would lose the order, which is part of the hash.
impl<'de> Deserialize<'de> for Stack {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Entries;

        impl<'de> Visitor<'de> for Entries {
            type Value = Stack;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object of texts and nulls")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Stack, A::Error> {
                let mut stack = Stack::new();
                while let Some((key, value)) = map.next_entry::<String, Option<String>>()? {
                    stack = stack.with(&key, value);
                }
                Ok(stack)
            }
        }

        deserializer.deserialize_map(Entries)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn absent_and_null_keys_of_a_collection_take_the_documented_defaults() {
        let expected = Collection {
            name_old: String::new(),
            ..Collection::new("a")
        };
        assert_eq!(
            serde_json::from_str::<Collection>(r#"{"name": "a", "unknown": {"x": 1}}"#).unwrap(),
            expected
        );
        let nulls = r#"{"name": "a", "nameOld": null, "icon": null, "isSearchable": null, "isReadOnly": null,
            "isVirtual": null, "paginationType": null, "fields": null, "segments": null, "actions": null}"#;
        assert_eq!(serde_json::from_str::<Collection>(nulls).unwrap(), expected);
    }

    #[test]
    fn the_stack_keeps_the_order_in_which_it_was_given_or_read() {
        let stack = Stack::new().orm_version("1").database_type("postgres").orm_version("2");
        assert_eq!(
            stack.iter().collect::<Vec<_>>(),
            [("orm_version", Some("2")), ("database_type", Some("postgres"))]
        );
        let read: Stack = serde_json::from_str(r#"{"z": "1", "engine_version": null, "a": "2"}"#).unwrap();
        assert_eq!(
            read.iter().collect::<Vec<_>>(),
            [("z", Some("1")), ("engine_version", None), ("a", Some("2"))]
        );
        assert_eq!(
            serde_json::to_string(&read).unwrap(),
            r#"{"z":"1","engine_version":null,"a":"2"}"#
        );
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
