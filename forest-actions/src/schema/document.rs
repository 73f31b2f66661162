//! The JSON:API document in which a schema travels to the Forest server, and its hash.
//!
//! Owns the reordering that the document asks for: resources by type and id, keys alphabetical with the identity
//! first and the fields last (protocol: schema upload). The server client sends what it makes; it never sends itself.

use super::collate::compare_code_units;
use super::encode::ToTree;
use super::hash::sha1_hex;
use super::print::compact;
use super::tree::Node;
use super::{Collection, Schema};

/// A schema as it is published: the text to send, and the hash that tells the server whether it must be sent.
///
/// ```
/// use forest_actions::schema::{Meta, Schema};
///
/// let document = Schema::new(Meta::new("forest-express-sequelize", "9.6.6")).document();
/// assert_eq!(document.hash(), "b335ad2022778b99728cc1718dfecf641c5b6219");
/// assert!(document.as_str().ends_with(r#""schemaFileHash":"b335ad2022778b99728cc1718dfecf641c5b6219"}}"#));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaDocument {
    text: String,
    hash: String,
}

impl SchemaDocument {
    /// The document: compact JSON, with the hash in `meta.schemaFileHash`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The document as bytes, to be a request's body.
    #[must_use]
    pub fn into_bytes(self) -> Vec<u8> {
        self.text.into_bytes()
    }

    /// The hash: SHA-1 of the document without it, in lower-case hexadecimal.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

impl Schema {
    /// The document that publishes this schema.
    ///
    /// It depends on nothing but the schema: the order of declaration and the machine leave no trace in it.
    #[must_use]
    pub fn document(&self) -> SchemaDocument {
        let mut sorted = self.clone();
        sorted.sort();

        let mut data = Vec::new();
        let mut included = Vec::new();
        for collection in sorted
            .collections
            .iter()
            .filter(|collection| !collection.name.is_empty())
        {
            data.push(collection_resource(collection, &mut included));
        }
        sort_resources(&mut data);
        sort_resources(&mut included);

        let mut members = vec![("data".to_owned(), Node::Array(data))];
        if !included.is_empty() {
            members.push(("included".to_owned(), Node::Array(included)));
        }
        let mut meta = self.meta.to_tree().into_members();
        sort_keys(&mut meta, &[], "");

        let hash = sha1_hex(&with_meta(&members, meta.clone()));
        meta.push(("schemaFileHash".to_owned(), hash.as_str().into()));
        SchemaDocument {
            text: with_meta(&members, meta),
            hash,
        }
    }
}

/// The whole text with that `meta`, which comes last.
fn with_meta(members: &[(String, Node)], meta: Vec<(String, Node)>) -> String {
    let mut members = members.to_vec();
    members.push(("meta".to_owned(), Node::Object(meta)));
    compact(&Node::Object(members))
}

/// The resource of a collection; those of its segments and actions go to `included`.
fn collection_resource(collection: &Collection, included: &mut Vec<Node>) -> Node {
    let mut attributes = collection.to_tree().into_members();
    let mut link = |kind: &str| {
        let mut identifiers = Vec::new();
        for child in take_elements(&mut attributes, kind) {
            let name = child.get("name").and_then(Node::as_str).unwrap_or_default();
            let identifier = [
                ("type", kind.into()),
                ("id", format!("{}.{name}", collection.name).as_str().into()),
            ];
            identifiers.push(Node::object(identifier.clone()));
            let [kind, id] = identifier;
            included.push(Node::object([
                kind,
                id,
                ("attributes", attributes_of(child.into_members())),
            ]));
        }
        Node::object([("data", Node::Array(identifiers))])
    };
    let segments = link("segments");
    let actions = link("actions");
    Node::object([
        ("type", "collections".into()),
        ("id", collection.name.as_str().into()),
        ("attributes", attributes_of(attributes)),
        (
            "relationships",
            Node::object([("segments", segments), ("actions", actions)]),
        ),
    ])
}

/// Removes the list under `key` and gives its elements.
fn take_elements(members: &mut Vec<(String, Node)>, key: &str) -> Vec<Node> {
    let place = members.iter().position(|(name, _)| name == key);
    match place.map(|place| members.remove(place)) {
        Some((_, Node::Array(elements))) => elements,
        _ => Vec::new(),
    }
}

/// Attributes of a collection, an action or a segment: `name` first, `fields` last, the rest alphabetical.
fn attributes_of(mut members: Vec<(String, Node)>) -> Node {
    for (key, value) in &mut members {
        match (key.as_str(), value) {
            ("fields", Node::Array(fields)) => {
                fields.sort_by(|a, b| {
                    let by = |key| compare_code_units(&sort_text(a.get(key)), &sort_text(b.get(key)));
                    by("field").then_with(|| by("type"))
                });
                for field in fields {
                    if let Node::Object(members) = field {
                        sort_keys(members, &["field", "type"], "");
                    }
                }
            }
            ("hooks", Node::Object(hooks)) => sort_keys(hooks, &[], ""),
            _ => {}
        }
    }
    sort_keys(&mut members, &["name"], "fields");
    Node::Object(members)
}

/// Puts the keys of `first` first, `last` last, and the others in between by code unit.
fn sort_keys(members: &mut [(String, Node)], first: &[&str], last: &str) {
    let rank = |key: &str| match first.iter().position(|name| *name == key) {
        Some(place) => place,
        None if key == last => first.len() + 1,
        None => first.len(),
    };
    members.sort_by(|(a, _), (b, _)| rank(a).cmp(&rank(b)).then_with(|| compare_code_units(a, b)));
}

fn sort_resources(resources: &mut [Node]) {
    resources.sort_by(|a, b| {
        let by = |key| compare_code_units(&sort_text(a.get(key)), &sort_text(b.get(key)));
        by("type").then_with(|| by("id"))
    });
}

/// What a name or a type compares as: JavaScript turns a list to text by joining its elements with commas.
fn sort_text(node: Option<&Node>) -> String {
    match node {
        Some(Node::String(text)) => text.clone(),
        Some(Node::Array(elements)) => elements
            .iter()
            .map(|element| sort_text(Some(element)))
            .collect::<Vec<_>>()
            .join(","),
        Some(other) => compact(other),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Action, ActionType, Collection, CollectionField, FieldType, Meta, Schema, Stack};

    #[test]
    fn the_vendors_document_with_one_action_has_the_vendors_hash() {
        let stack = Stack::new()
            .orm_version("1.0.0")
            .database_type("postgres")
            .engine("rust")
            .engine_version("1.80.0");
        let schema = Schema::new(Meta::new("forest-express-sequelize", "9.6.6").stack(stack)).collection(
            Collection::new("orders")
                .field(CollectionField::new("id", FieldType::Number).primary_key())
                .action(Action::new("Refund é", "/forest/actions/refund-e").kind(ActionType::Single)),
        );
        assert_eq!(schema.document().hash(), "22d0fd4674fb66b17fe4e3707ef8648406cb5516");
    }

    #[test]
    fn included_is_absent_without_actions_and_segments() {
        let schema = Schema::new(Meta::new("l", "1")).collection(Collection::new("a"));
        assert!(!schema.document().as_str().contains("included"));
        assert!(
            schema
                .document()
                .as_str()
                .starts_with(r#"{"data":[{"type":"collections","id":"a","attributes":{"name":"a","#)
        );
    }

    #[test]
    fn sch_01_the_order_of_declaration_leaves_no_trace_in_the_document() {
        let names = ["b", "a", "é", "B"];
        let schema = |names: &mut dyn Iterator<Item = &str>| {
            names.fold(Schema::new(Meta::new("l", "1")), |schema, name| {
                schema.collection(Collection::new(name).segment(name).action(Action::new(name, name)))
            })
        };
        let (forth, back) = (schema(&mut names.into_iter()), schema(&mut names.into_iter().rev()));
        assert_eq!(forth.document(), back.document());
        assert_eq!(forth.to_file_text(), back.to_file_text());
    }
}
