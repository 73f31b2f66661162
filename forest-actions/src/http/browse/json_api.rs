//! Records as JSON:API documents (protocol: list answer, get answer).
//!
//! Hidden fields and unnamed foreign keys are left out, even when a source has read them. `included` holds each related record once, with the fields
//! that any relation has read.

use std::collections::HashMap;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::{Serialize, Serializer};
use serde_json::{Map, Value};

use super::projection::{find_to_one, is_shown};
use crate::records::{CollectionModel, Models, Projection, Record};

/// The characters of a link that are escaped.
const SEGMENT: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

/// The document of a page of records, with the search matches as `decorators`.
///
/// # Errors
/// Never: every key of the document is a string.
pub(super) fn list(
    models: &Models,
    collection: &CollectionModel,
    records: &[Record],
    projection: &Projection,
    decorators: Option<Map<String, Value>>,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut included = Included::default();
    let objects = records.iter();
    let data: Vec<Object<'_>> = objects
        .map(|record| object(models, collection, record, projection, &mut included))
        .collect();
    serde_json::to_vec(&Document {
        meta: decorators.map(|decorators| Meta { decorators }),
        data,
        included: included.objects,
    })
}

/// The document of one record.
///
/// # Errors
/// Never: every key of the document is a string.
pub(super) fn one(
    models: &Models,
    collection: &CollectionModel,
    record: &Record,
    projection: &Projection,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut included = Included::default();
    let data = object(models, collection, record, projection, &mut included);
    serde_json::to_vec(&Document {
        meta: None,
        data,
        included: included.objects,
    })
}

#[derive(Serialize)]
struct Document<'a, D> {
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Meta>,
    data: D,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    included: Vec<Object<'a>>,
}

#[derive(Serialize)]
struct Meta {
    decorators: Map<String, Value>,
}

#[derive(Serialize)]
struct Object<'a> {
    #[serde(rename = "type")]
    collection: &'a str,
    /// Absent for a record without a key.
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    attributes: Attributes<'a>,
    #[serde(skip_serializing_if = "Vec::is_empty", serialize_with = "as_map")]
    relationships: Vec<(&'a str, Relationship<'a>)>,
}

#[derive(Serialize)]
struct Relationship<'a> {
    /// Absent for a relation that was not read, null without a related record.
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Option<Identifier<'a>>>,
    links: Links,
}

#[derive(Serialize)]
struct Identifier<'a> {
    #[serde(rename = "type")]
    collection: &'a str,
    id: String,
}

#[derive(Serialize)]
struct Links {
    related: Link,
}

#[derive(Serialize)]
struct Link {
    href: String,
}

/// The attributes of one record, which several relations may have read with different fields.
struct Attributes<'a> {
    collection: &'a CollectionModel,
    read: Vec<Read<'a>>,
}

#[derive(Clone, Copy)]
struct Read<'a> {
    values: &'a Map<String, Value>,
    /// The fields that the projection names.
    named: &'a [String],
}

impl Serialize for Attributes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let fields = self.collection.fields.iter().filter(|field| !field.is_hidden);
        let fields = fields.filter_map(|field| {
            let is_shown = is_shown(self.collection, field);
            let mut read = self.read.iter();
            let value = read.find_map(|read| {
                let is_asked = is_shown || read.named.contains(&field.name);
                read.values.get(&field.name).filter(|_| is_asked)
            })?;
            Some((attribute_name(&field.name), value))
        });
        serializer.collect_map(fields)
    }
}

/// The name of the attribute of a field: two names are reserved by the readers of the protocol.
fn attribute_name(field: &str) -> &str {
    match field {
        "meta" => "namespacemeta",
        "attributes" => "namespaceattributes",
        other => other,
    }
}

fn as_map<S: Serializer>(entries: &[(&str, Relationship<'_>)], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_map(entries.iter().map(|(name, relationship)| (name, relationship)))
}

/// The related records, each once.
#[derive(Default)]
struct Included<'a> {
    objects: Vec<Object<'a>>,
    /// The index of each record, by collection and id.
    places: HashMap<(&'a str, String), usize>,
}

impl<'a> Included<'a> {
    fn add(&mut self, collection: &'a CollectionModel, id: &str, new: Read<'a>) {
        let place = *self
            .places
            .entry((&collection.name, id.to_owned()))
            .or_insert(self.objects.len());
        if let Some(object) = self.objects.get_mut(place) {
            let read = &mut object.attributes.read;
            // the same record is usually repeated by the same relation
            let is_new = new
                .values
                .keys()
                .any(|name| !read.iter().any(|read| read.values.contains_key(name)));
            if is_new {
                read.push(new);
            }
            return;
        }
        self.objects.push(Object {
            collection: &collection.name,
            id: Some(id.to_owned()),
            attributes: Attributes {
                collection,
                read: vec![new],
            },
            relationships: Vec::new(),
        });
    }
}

fn object<'a>(
    models: &'a Models,
    collection: &'a CollectionModel,
    record: &'a Record,
    projection: &'a Projection,
    included: &mut Included<'a>,
) -> Object<'a> {
    let id = id_of(record);
    let mut relationships = Vec::new();
    // a record without a key has no link
    if let Some(id) = &id {
        let base = format!("/forest/{}/{}/relationships", escaped(&collection.name), escaped(id));
        for relation in &collection.relations {
            let read = record.related.iter().find(|(name, _)| *name == relation.name);
            let data = match (find_to_one(models, collection, &relation.name), read) {
                (Some((_, target)), Some((_, Some(related)))) => {
                    // without an id, nothing can refer to the record
                    let Some(id) = id_of(related) else { continue };
                    let mut relations = projection.relations.iter();
                    let named = relations.find(|(name, _)| *name == relation.name);
                    let read = Read {
                        values: &related.attributes,
                        named: named.map_or(&[], |(_, fields)| fields),
                    };
                    included.add(target, &id, read);
                    Some(Some(Identifier {
                        collection: &target.name,
                        id,
                    }))
                }
                (Some(_), Some((_, None))) => Some(None),
                // to-many relations are links that the back office follows
                (None, _) if relation.is_to_many() => None,
                _ => continue,
            };
            let href = format!("{base}/{}", escaped(&relation.name));
            let links = Links { related: Link { href } };
            relationships.push((relation.name.as_str(), Relationship { data, links }));
        }
    }
    Object {
        collection: &collection.name,
        id,
        attributes: Attributes {
            collection,
            read: vec![Read {
                values: &record.attributes,
                named: &projection.fields,
            }],
        },
        relationships,
    }
}

/// The id of a record; `None` without a key, and for an empty text, which no path and no request can name.
fn id_of(record: &Record) -> Option<String> {
    Some(record.key.to_string()).filter(|id| !id.is_empty())
}

fn escaped(segment: &str) -> impl std::fmt::Display {
    utf8_percent_encode(segment, SEGMENT)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{acme, alice, models, record, transaction};
    use super::*;
    use crate::records::{CollectionModel, FieldModel, Key, RelationModel, Value as KeyValue, ValueType};

    fn parsed(bytes: Result<Vec<u8>, serde_json::Error>) -> Value {
        serde_json::from_slice(&bytes.unwrap()).unwrap()
    }

    fn list_of(collection: &str, records: &[Record]) -> Value {
        let models = models();
        parsed(list(
            &models,
            models.get(collection).unwrap(),
            records,
            &Projection::default(),
            None,
        ))
    }

    #[test]
    fn a_list_is_the_document_of_the_protocol() {
        let mut first = transaction(1);
        first.related = vec![
            ("customer".to_owned(), Some(alice())),
            ("emitter".to_owned(), Some(acme())),
        ];
        let expected = json!({
            "data": [{
                "type": "transactions", "id": "1",
                "attributes": {
                    "id": 1, "label": "Invoice 001", "amount": "10.00",
                    "created_at": "2024-05-15T10:30:00.000Z", "due_on": "2024-05-15"
                },
                "relationships": {
                    "customer": {
                        "data": {"type": "customers", "id": "c0000000-0000-4000-8000-000000000001"},
                        "links": {"related": {"href": "/forest/transactions/1/relationships/customer"}}
                    },
                    "emitter": {
                        "data": {"type": "companies", "id": "1"},
                        "links": {"related": {"href": "/forest/transactions/1/relationships/emitter"}}
                    },
                    "notes": {"links": {"related": {"href": "/forest/transactions/1/relationships/notes"}}}
                }
            }],
            "included": [
                {
                    "type": "customers", "id": "c0000000-0000-4000-8000-000000000001",
                    "attributes": {"id": "c0000000-0000-4000-8000-000000000001", "first_name": "Alice"}
                },
                {"type": "companies", "id": "1", "attributes": {"id": 1, "name": "Acme Corp"}}
            ]
        });
        assert_eq!(list_of("transactions", &[first]), expected);
    }

    #[test]
    fn members_stand_in_the_order_of_the_protocol_and_fields_in_that_of_the_model() {
        let models = models();
        let text = list(
            &models,
            models.get("transactions").unwrap(),
            &[transaction(1)],
            &Projection::default(),
            None,
        )
        .unwrap();
        let text = String::from_utf8(text).unwrap();
        let begin = concat!(
            r#"{"data":[{"type":"transactions","id":"1","attributes":{"id":1,"label":"Invoice 001","amount":"10.00","#,
            r#""created_at":"2024-05-15T10:30:00.000Z","due_on":"2024-05-15"},"relationships":{"#
        );
        assert!(text.starts_with(begin), "{text}");
    }

    #[test]
    fn no_records_are_an_empty_list_and_nothing_else() {
        assert_eq!(list_of("transactions", &[]), json!({"data": []}));
    }

    #[test]
    fn a_related_record_is_null_when_there_is_none_and_absent_when_it_was_not_read() {
        let mut first = transaction(1);
        first.related = vec![("customer".to_owned(), None)];
        let document = list_of("transactions", &[first]);
        let relationships = &document["data"][0]["relationships"];
        assert_eq!(relationships["customer"]["data"], Value::Null);
        assert!(relationships["customer"].as_object().unwrap().contains_key("data"));
        assert!(relationships.get("emitter").is_none());
        assert!(relationships["notes"].get("data").is_none());
        assert!(document.get("included").is_none());
    }

    #[test]
    fn a_record_that_several_lead_to_is_included_once_with_all_that_was_read() {
        let mut active = acme();
        active.attributes = record(1, json!({"id": 1, "is_active": true})).attributes;
        let (mut first, mut second, mut third) = (transaction(1), transaction(2), transaction(3));
        first.related = vec![("emitter".to_owned(), Some(acme()))];
        second.related = vec![("emitter".to_owned(), Some(active))];
        third.related = vec![("emitter".to_owned(), Some(acme()))];
        let document = list_of("transactions", &[first, second, third]);
        let attributes = json!({"id": 1, "name": "Acme Corp", "is_active": true});
        assert_eq!(
            document["included"],
            json!([{"type": "companies", "id": "1", "attributes": attributes}])
        );
    }

    #[test]
    fn what_is_not_shown_is_not_written_whatever_was_read() {
        let sent = record(
            1,
            json!({"id": 1, "label": null, "secret": "s", "customer_id": "c", "unheard_of": 1}),
        );
        let document = list_of("transactions", &[sent]);
        assert_eq!(document["data"][0]["attributes"], json!({"id": 1, "label": null}));
        let mut with_secret = transaction(1);
        with_secret.related = vec![("emitter".to_owned(), Some(record(1, json!({"id": 1, "secret": "s"}))))];
        let document = list_of("transactions", &[with_secret]);
        assert_eq!(document["included"][0]["attributes"], json!({"id": 1}));
    }

    #[test]
    fn reserved_names_get_their_prefix() {
        let company = record(1, json!({"id": 1, "meta": {"tier": "gold"}}));
        let document = list_of("companies", &[company]);
        let attributes = json!({"id": 1, "namespacemeta": {"tier": "gold"}});
        assert_eq!(document["data"][0]["attributes"], attributes);
        assert_eq!(attribute_name("attributes"), "namespaceattributes");
    }

    #[test]
    fn sel_06_links_lead_back_to_the_record_whatever_its_id() {
        let collection = CollectionModel::new("a/b c")
            .field(FieldModel::new("code", ValueType::Text))
            .key(["code"])
            .relation(RelationModel::has_many("n|m", "notes", "code", "parent"));
        let models = Models::new(vec![collection]);
        for (id, escaped) in [
            ("1|2", "1%7C2"),
            ("a/b", "a%2Fb"),
            ("50% é?#", "50%25%20%C3%A9%3F%23"),
            ("x-y_z.~", "x-y_z.~"),
        ] {
            let record = Record::new(Key::one(id), Map::new());
            let document = parsed(list(
                &models,
                models.get("a/b c").unwrap(),
                &[record],
                &Projection::default(),
                None,
            ));
            assert_eq!(document["data"][0]["id"], id);
            assert_eq!(
                document["data"][0]["relationships"]["n|m"]["links"]["related"]["href"],
                format!("/forest/a%2Fb%20c/{escaped}/relationships/n%7Cm")
            );
        }
    }

    #[test]
    fn sel_05_a_composite_id_is_packed_and_its_parts_are_attributes_of_their_own_type() {
        let key = Key::from_parts(vec![KeyValue::from("c1"), KeyValue::from(7)]);
        let attributes = json!({"customer_id": "c1", "company_id": 7, "role": "lead"});
        let Value::Object(map) = attributes.clone() else {
            unreachable!()
        };
        let document = list_of("assignments", &[Record::new(key, map)]);
        let expected = json!({"data": [{"type": "assignments", "id": "c1|7", "attributes": attributes}]});
        assert_eq!(document, expected);
    }

    #[test]
    fn one_record_is_the_same_object_alone() {
        let models = models();
        let mut record = transaction(1);
        record.related = vec![("emitter".to_owned(), Some(acme())), ("customer".to_owned(), None)];
        let document = parsed(one(
            &models,
            models.get("transactions").unwrap(),
            &record,
            &Projection::default(),
        ));
        assert_eq!(document["data"]["id"], "1");
        assert_eq!(document["data"]["relationships"]["customer"]["data"], Value::Null);
        assert_eq!(document["included"][0]["id"], "1");
        assert!(document.get("meta").is_none());
    }

    #[test]
    fn foreign_keys_are_written_when_the_projection_names_them() {
        let models = models();
        let transactions = models.get("transactions").unwrap();
        let mut transaction = transaction(1);
        transaction.attributes.insert("emitter_id".to_owned(), json!(7));
        let mut note = record(5, json!({"id": 5, "transaction_id": 1}));
        note.related = vec![("transaction".to_owned(), Some(transaction.clone()))];
        let mut projection = Projection::default();
        let written = parsed(one(&models, transactions, &transaction, &projection));
        assert!(written["data"]["attributes"].get("emitter_id").is_none());
        projection.fields = vec!["emitter_id".to_owned()];
        let written = parsed(one(&models, transactions, &transaction, &projection));
        assert_eq!(written["data"]["attributes"]["emitter_id"], 7);
        // the names of one collection do not show the fields of another
        let notes = models.get("notes").unwrap();
        for (names, expected) in [(&[][..], Value::Null), (&["emitter_id".to_owned()][..], json!(7))] {
            projection.relations = vec![("transaction".to_owned(), names.to_vec())];
            let document = parsed(list(&models, notes, std::slice::from_ref(&note), &projection, None));
            assert_eq!(document["included"][0]["attributes"]["emitter_id"], expected);
            assert!(document["data"][0]["attributes"].get("transaction_id").is_none());
        }
    }

    #[test]
    fn a_search_that_highlights_adds_meta() {
        let models = models();
        let decorators = json!({"0": {"id": 1, "search": ["label"]}});
        let Value::Object(map) = decorators.clone() else {
            unreachable!()
        };
        let document = parsed(list(
            &models,
            models.get("transactions").unwrap(),
            &[transaction(1)],
            &Projection::default(),
            Some(map),
        ));
        assert_eq!(document["meta"], json!({"decorators": decorators}));
    }

    #[test]
    fn records_without_a_key_have_neither_id_nor_links() {
        let view = CollectionModel::new("totals")
            .field(FieldModel::new("sum", ValueType::Decimal))
            .relation(RelationModel::has_many("parts", "parts", "sum", "sum"));
        let models = Models::new(vec![view]);
        let Value::Object(map) = json!({"sum": 5}) else {
            unreachable!()
        };
        let record = Record::new(Key::from_parts(Vec::new()), map);
        let document = parsed(list(
            &models,
            models.get("totals").unwrap(),
            &[record],
            &Projection::default(),
            None,
        ));
        assert_eq!(
            document,
            json!({"data": [{"type": "totals", "attributes": {"sum": 5}}]})
        );
    }
}
