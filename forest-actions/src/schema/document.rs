//! The JSON:API document in which a schema is published, and its hash.
//!
//! Resources are sorted by type and id, keys alphabetically with the identity first and the fields last (protocol: schema upload).

use std::fmt::Write as _;

use sha1::{Digest, Sha1};

use super::collate::compare_code_units;
use super::print::compact;
use super::tree::Node;
use super::{Collection, Schema};

/// The published form of a [`Schema`]: compact JSON, and the hash by which the Forest server recognizes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaDocument {
    text: String,
    hash: String,
}

impl SchemaDocument {
    /// The text, with the hash in `meta.schemaFileHash`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// SHA-1 of the document without the hash, in lower-case hexadecimal. It identifies content and protects nothing.
    #[must_use]
    pub fn hash(&self) -> &str {
        &self.hash
    }
}

impl Schema {
    /// The document that publishes this schema.
    #[must_use]
    pub fn document(&self) -> SchemaDocument {
        let mut data = Vec::new();
        let mut included = Vec::new();
        for collection in &self.collections {
            data.push(collection_resource(collection, &mut included));
        }
        sort_resources(&mut data);
        sort_resources(&mut included);

        let mut members = vec![("data".to_owned(), Node::Array(data))];
        if !included.is_empty() {
            members.push(("included".to_owned(), Node::Array(included)));
        }
        let mut meta = Node::of(&self.meta).into_members();
        sort_keys(&mut meta, &[], "");

        let hash = sha1_hex(&with_meta(&members, meta.clone()));
        meta.push(("schemaFileHash".to_owned(), hash.as_str().into()));
        SchemaDocument {
            text: with_meta(&members, meta),
            hash,
        }
    }
}

fn sha1_hex(text: &str) -> String {
    let mut hex = String::with_capacity(40);
    for byte in Sha1::digest(text.as_bytes()).as_slice() {
        // writing to a `String` cannot fail
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

fn with_meta(members: &[(String, Node)], meta: Vec<(String, Node)>) -> String {
    let mut members = members.to_vec();
    members.push(("meta".to_owned(), Node::Object(meta)));
    compact(&Node::Object(members))
}

/// The resource of a collection. Those of its segments and actions are added to `included`.
fn collection_resource(collection: &Collection, included: &mut Vec<Node>) -> Node {
    let mut attributes = Node::of(collection).into_members();
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

/// Removes the list under `key` and returns its elements.
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

/// The text by which a name or type is sorted: JavaScript joins the elements of a list with commas.
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
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::super::tests::schema;
    use super::*;

    fn of(value: serde_json::Value) -> SchemaDocument {
        serde_json::from_value::<Schema>(value).unwrap().document()
    }

    #[test]
    fn hashes_are_lower_case_hexadecimal_of_the_utf_8_bytes() {
        assert_eq!(sha1_hex(""), "da39a3ee5e6b4b0d3255bfef95601890afd80709");
        let empty = r#"{"data":[],"meta":{"liana":"forest-express-sequelize","liana_version":"9.6.6"}}"#;
        assert_eq!(sha1_hex(empty), "b335ad2022778b99728cc1718dfecf641c5b6219");
        let meta = json!({"liana": "forest-express-sequelize", "liana_version": "9.6.6"});
        let document = of(json!({"collections": [], "meta": meta}));
        assert_eq!(document.hash(), sha1_hex(empty));
        assert!(
            document
                .as_str()
                .ends_with(r#""schemaFileHash":"b335ad2022778b99728cc1718dfecf641c5b6219"}}"#)
        );
    }

    #[test]
    fn the_vendors_document_with_one_action_has_the_vendors_hash() {
        // as text, because the order of the stack counts
        let text = r#"{
            "collections": [{
                "name": "orders",
                "fields": [{"field": "id", "type": "Number", "isPrimaryKey": true}],
                "actions": [{"name": "Refund é", "endpoint": "/forest/actions/refund-e", "type": "single"}]
            }],
            "meta": {
                "liana": "forest-express-sequelize", "liana_version": "9.6.6",
                "stack": {"orm_version": "1.0.0", "database_type": "postgres", "engine": "rust", "engine_version": "1.80.0"}
            }
        }"#;
        let schema: Schema = serde_json::from_str(text).unwrap();
        assert_eq!(schema.document().hash(), "22d0fd4674fb66b17fe4e3707ef8648406cb5516");
    }

    #[test]
    fn included_is_absent_without_actions_and_segments() {
        let document = schema(json!([{"name": "a"}])).document();
        assert!(!document.as_str().contains("included"));
        assert!(
            document
                .as_str()
                .starts_with(r#"{"data":[{"type":"collections","id":"a","attributes":{"name":"a","#)
        );
    }

    #[test]
    fn sch_01_the_order_of_declaration_leaves_no_trace_in_the_document() {
        let mut names = ["b", "a", "é", "B"];
        let schema = |names: &[&str]| {
            let collections = names.iter().map(|name| {
                json!({"name": name, "segments": [{"name": name}], "actions": [{"name": name, "endpoint": name}]})
            });
            schema(collections.collect())
        };
        let forth = schema(&names);
        names.reverse();
        let back = schema(&names);
        assert_eq!(forth.document(), back.document());
        assert_eq!(forth.to_file_text(), back.to_file_text());
    }
}
