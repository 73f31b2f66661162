//! The one place that knows which keys each part of a schema is written with, and in which order.
//!
//! The schema file and serde see the trees as they are made here; `document` reorders their keys. What has no name is
//! left out here, and positions are counted here, so that no caller can forget either (protocol: schema file,
//! structure). It knows neither the layout of the text nor the order of elements.

use super::print;
use super::tree::Node;
use super::{Action, ActionField, ActionHooks, ActionType, Collection, CollectionField, FieldType, Meta, Relationship};
use super::{Schema, Segment, Stack, Validation};
use serde::ser::{Serialize, Serializer};

/// What has a tree in the shape of the schema file.
pub(super) trait ToTree {
    fn to_tree(&self) -> Node;
}

impl Schema {
    /// The exact text of `.forestadmin-schema.json`: sorted, indented, and the same on every machine.
    ///
    /// It has no newline at the end, and is always JSON that reads back as the same schema. As in JavaScript, a
    /// whole number is printed without a fraction, so that a default of `1.0` comes back as `1`.
    ///
    /// ```
    /// use forest_actions::schema::{Meta, Schema};
    ///
    /// let text = Schema::new(Meta::new("forest-actions", "0.1.0")).to_file_text();
    /// assert!(text.starts_with("{\n  \"collections\": [],\n  \"meta\": {"));
    /// ```
    #[must_use]
    pub fn to_file_text(&self) -> String {
        let mut sorted = self.clone();
        sorted.sort();
        print::pretty(&sorted.to_tree())
    }
}

impl ToTree for Schema {
    fn to_tree(&self) -> Node {
        let collections = self.collections.iter().filter(|collection| !collection.name.is_empty());
        Node::object([("collections", list(collections)), ("meta", self.meta.to_tree())])
    }
}

impl ToTree for Collection {
    fn to_tree(&self) -> Node {
        let name_old = if self.name_old.is_empty() {
            &self.name
        } else {
            &self.name_old
        };
        Node::object([
            ("name", text(&self.name)),
            ("nameOld", text(name_old)),
            ("icon", self.icon.as_deref().into()),
            ("integration", self.integration.as_deref().into()),
            ("isReadOnly", self.is_read_only.into()),
            ("isSearchable", self.is_searchable.into()),
            ("isVirtual", self.is_virtual.into()),
            ("onlyForRelationships", self.only_for_relationships.into()),
            ("paginationType", text(&self.pagination_type)),
            (
                "fields",
                list(self.fields.iter().filter(|field| !field.field.is_empty())),
            ),
            (
                "segments",
                list(self.segments.iter().filter(|segment| !segment.name.is_empty())),
            ),
            (
                "actions",
                list(self.actions.iter().filter(|action| !action.name.is_empty())),
            ),
        ])
    }
}

impl ToTree for CollectionField {
    fn to_tree(&self) -> Node {
        members([
            ("field", Some(text(&self.field))),
            ("type", Some(self.field_type.to_tree())),
            ("column", self.column.as_deref().map(Node::from)),
            ("defaultValue", Some((&self.default_value).into())),
            ("enums", Some(options(self.enums.as_deref()))),
            ("integration", Some(self.integration.as_deref().into())),
            ("isFilterable", Some(self.is_filterable.into())),
            ("isPrimaryKey", Some(self.is_primary_key.into())),
            ("isReadOnly", Some(self.is_read_only.into())),
            ("isRequired", Some(self.is_required.into())),
            ("isSortable", Some(self.is_sortable.into())),
            ("isVirtual", Some(self.is_virtual.into())),
            ("reference", Some(self.reference.as_deref().into())),
            ("inverseOf", Some(self.inverse_of.as_deref().into())),
            ("relationship", self.relationship.as_ref().map(ToTree::to_tree)),
            ("widget", self.widget.as_deref().map(Node::from)),
            ("validations", Some(list(&self.validations))),
            ("foreignAndPrimaryKey", self.foreign_and_primary_key.map(Node::from)),
        ])
    }
}

impl ToTree for Validation {
    fn to_tree(&self) -> Node {
        Node::object([
            ("message", self.message.as_deref().into()),
            ("type", text(&self.rule)),
            ("value", (&self.value).into()),
        ])
    }
}

impl ToTree for FieldType {
    fn to_tree(&self) -> Node {
        match self {
            Self::List(element) => Node::Array(vec![element.to_tree()]),
            Self::Structure(value) => value.into(),
            named => named.name().into(),
        }
    }
}

impl ToTree for Relationship {
    fn to_tree(&self) -> Node {
        text(self.name())
    }
}

impl ToTree for Segment {
    fn to_tree(&self) -> Node {
        Node::object([("name", text(&self.name))])
    }
}

impl ToTree for Action {
    fn to_tree(&self) -> Node {
        let named = self.fields.iter().filter(|field| !field.field.is_empty());
        let fields = named
            .enumerate()
            .map(|(position, field)| action_field(field, position))
            .collect();
        members([
            ("name", Some(text(&self.name))),
            ("type", Some(self.kind.to_tree())),
            ("baseUrl", Some(self.base_url.as_deref().into())),
            ("endpoint", Some(text(&self.endpoint))),
            ("httpMethod", Some(text(&self.http_method))),
            ("description", self.description.as_deref().map(Node::from)),
            ("submitButtonLabel", self.submit_button_label.as_deref().map(Node::from)),
            ("redirect", Some((&self.redirect).into())),
            ("download", Some(self.download.into())),
            ("fields", Some(Node::Array(fields))),
            ("hooks", Some(self.hooks.to_tree())),
            (
                "layout",
                self.layout
                    .as_ref()
                    .map(|layout| Node::Array(layout.iter().map(Node::from).collect())),
            ),
        ])
    }
}

/// Not a [`ToTree`], because a field on its own does not know its position.
fn action_field(field: &ActionField, position: usize) -> Node {
    members([
        ("field", Some(text(&field.field))),
        ("type", Some(field.field_type.to_tree())),
        ("defaultValue", Some((&field.default_value).into())),
        ("enums", Some(options(field.enums.as_deref()))),
        ("isRequired", Some(field.is_required.into())),
        ("isReadOnly", field.is_read_only.map(Node::from)),
        ("reference", Some(field.reference.as_deref().into())),
        ("description", Some(field.description.as_deref().into())),
        ("position", Some(position.into())),
        ("widget", Some(field.widget.as_deref().into())),
        ("hook", field.hook.as_deref().map(Node::from)),
    ])
}

impl ToTree for ActionType {
    fn to_tree(&self) -> Node {
        text(self.name())
    }
}

impl ToTree for ActionHooks {
    fn to_tree(&self) -> Node {
        let load = ("load", self.load.into());
        match &self.change {
            Some(names) => Node::object([("change", names.iter().map(|name| text(name)).collect()), load]),
            None => Node::object([load, ("change", Node::Array(Vec::new()))]),
        }
    }
}

impl ToTree for Meta {
    fn to_tree(&self) -> Node {
        members([
            ("liana", Some(text(&self.liana))),
            ("liana_version", Some(text(&self.liana_version))),
            ("stack", self.stack.as_ref().map(ToTree::to_tree)),
        ])
    }
}

impl ToTree for Stack {
    fn to_tree(&self) -> Node {
        Node::Object(self.iter().map(|(key, value)| (key.to_owned(), value.into())).collect())
    }
}

fn text(value: &str) -> Node {
    value.into()
}

fn list<'a, T: ToTree + 'a>(values: impl IntoIterator<Item = &'a T>) -> Node {
    values.into_iter().map(ToTree::to_tree).collect()
}

fn options(values: Option<&[serde_json::Value]>) -> Node {
    values.map_or(Node::Null, |values| values.iter().map(Node::from).collect())
}

/// An object of those members that are given: the others are not printed at all.
fn members<const N: usize>(members: [(&str, Option<Node>); N]) -> Node {
    Node::Object(
        members
            .into_iter()
            .filter_map(|(key, value)| Some((key.to_owned(), value?)))
            .collect(),
    )
}

/// Serde sees what the file holds, apart from the order of elements.
macro_rules! serialize_as_tree {
    ($($type:ty),+) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                self.to_tree().serialize(serializer)
            }
        }
    )+};
}

serialize_as_tree!(
    Schema,
    Collection,
    CollectionField,
    Validation,
    FieldType,
    Relationship,
    Segment
);
serialize_as_tree!(Action, ActionType, ActionHooks, Meta, Stack);
