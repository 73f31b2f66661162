//! The body of an action or hook request, read from JSON with the tolerance that real clients need.
//!
//! Accepted: `{"data": {"attributes": {…}}}`, records as a list in `data` (`[{"id": …}]`), and the flat shape of
//! older agents (`recordIds`, `collectionName` at the top). `null` means absent. Everything else is a 400
//! that names the place (protocol: validation and malformed requests; SEL-10). Nothing is decided here.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::record_key::{PackedId, part_text};
use crate::response::{ActionError, ErrorKind};

/// The attributes of a request as they were sent, before they are checked against the action.
#[derive(Debug, Default, Deserialize)]
pub(crate) struct Attributes<'a> {
    #[serde(default, alias = "collectionName")]
    pub(crate) collection_name: Option<String>,
    #[serde(default, alias = "recordIds")]
    pub(crate) ids: Option<SentIds>,
    /// Left unread: files travel in it, and the form's type reads it without a copy.
    #[serde(default, borrow)]
    pub(crate) values: Option<&'a RawValue>,
    #[serde(default)]
    pub(crate) parent_collection_name: Option<String>,
    #[serde(default)]
    pub(crate) parent_collection_id: Option<OptionalId>,
    #[serde(default)]
    pub(crate) parent_association_name: Option<String>,
    #[serde(default)]
    pub(crate) all_records: Option<bool>,
    /// Left unread: the UI sends it with every selection, and it only counts for "select all".
    #[serde(default, borrow)]
    pub(crate) all_records_subset_query: Option<&'a RawValue>,
    #[serde(default, borrow)]
    pub(crate) all_records_ids_excluded: Option<&'a RawValue>,
    #[serde(default)]
    pub(crate) smart_action_id: Option<OptionalId>,
    #[serde(default)]
    pub(crate) signed_approval_request: Option<String>,
    #[serde(default)]
    pub(crate) requester_id: Option<Value>,
    #[serde(default)]
    pub(crate) action_intent_params: Option<Map<String, Value>>,
    #[serde(default, alias = "changedField")]
    pub(crate) changed_field: Option<String>,
    #[serde(default)]
    pub(crate) search_field: Option<String>,
    #[serde(default)]
    pub(crate) fields: Option<Vec<Map<String, Value>>>,
}

/// An id as text, whatever JSON it was sent as: text, a number, or a list of these for a composite key.
#[derive(Debug)]
pub(crate) struct SentId(pub(crate) PackedId);

impl<'de> Deserialize<'de> for SentId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;
        impl<'de> Visitor<'de> for IdVisitor {
            type Value = SentId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an id (text, a number, or a list of these)")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<SentId, E> {
                self.visit_string(text.to_owned())
            }

            fn visit_string<E: de::Error>(self, text: String) -> Result<SentId, E> {
                if text.is_empty() {
                    return Err(E::custom("an id cannot be empty"));
                }
                if text.contains('\0') {
                    return Err(E::custom("an id cannot hold a NUL character"));
                }
                Ok(SentId(PackedId(text)))
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<SentId, E> {
                Ok(SentId(PackedId(number.to_string())))
            }

            fn visit_i64<E: de::Error>(self, number: i64) -> Result<SentId, E> {
                Ok(SentId(PackedId(number.to_string())))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SentId, A::Error> {
                let mut parts = Vec::new();
                while let Some(part) = list.next_element::<Value>()? {
                    let part =
                        part_text(part).ok_or_else(|| de::Error::custom("a part of an id is text or a number"))?;
                    parts.push(Value::String(part));
                }
                Ok(SentId(PackedId(Value::Array(parts).to_string())))
            }
        }
        deserializer.deserialize_any(IdVisitor)
    }
}

/// How many ids a request may name. A larger selection is a "select all", or several requests.
pub(crate) const MAX_IDS: usize = 100_000;

/// Ids, up to [`MAX_IDS`] of them: a longer list is refused before it is in memory.
#[derive(Debug)]
pub(crate) struct SentIds(pub(crate) Vec<PackedId>);

impl<'de> Deserialize<'de> for SentIds {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdsVisitor;
        impl<'de> Visitor<'de> for IdsVisitor {
            type Value = SentIds;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of ids")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SentIds, A::Error> {
                let mut ids = Vec::new();
                while let Some(SentId(id)) = list.next_element()? {
                    if ids.len() == MAX_IDS {
                        return Err(de::Error::custom(format!("at most {MAX_IDS} ids are read")));
                    }
                    ids.push(id);
                }
                Ok(SentIds(ids))
            }
        }
        deserializer.deserialize_seq(IdsVisitor)
    }
}

/// Reads a list of ids that was left unread.
pub(crate) fn sent_ids(text: &str) -> Result<Vec<PackedId>, serde_json::Error> {
    serde_json::from_str(text).map(|ids: SentIds| ids.0)
}

/// An id that may be left out, for which some clients send an empty text.
#[derive(Debug)]
pub(crate) struct OptionalId(pub(crate) Option<PackedId>);

impl<'de> Deserialize<'de> for OptionalId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Value::deserialize(deserializer)? {
            Value::String(text) if text.is_empty() => Ok(Self(None)),
            id => SentId::deserialize(id)
                .map(|id| Self(Some(id.0)))
                .map_err(de::Error::custom),
        }
    }
}

/// The attributes, from an object only: a derived reader would take a list as well. Boxed, because they are
/// moved from one result into the next on their way up.
struct Object<'a>(Box<Attributes<'a>>);

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<'de>, A::Error> {
                Box::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// `data`: an object with attributes, or the records as a list.
#[allow(clippy::large_enum_variant, reason = "one value lives for a moment in each request")]
enum Data<'a> {
    Object { attributes: Option<Box<Attributes<'a>>> },
    Records(SentIds),
}

impl<'de> Deserialize<'de> for Data<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Record {
            id: SentId,
        }
        #[derive(Deserialize)]
        #[serde(field_identifier, rename_all = "snake_case")]
        enum DataKey {
            Attributes,
            #[serde(other)]
            Other,
        }
        struct DataVisitor;
        impl<'de> Visitor<'de> for DataVisitor {
            type Value = Data<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with `attributes`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Data<'de>, A::Error> {
                let mut attributes = None;
                while let Some(key) = map.next_key()? {
                    match key {
                        DataKey::Attributes => {
                            attributes = map.next_value::<Option<Object>>()?.map(|object| object.0);
                        }
                        DataKey::Other => {
                            map.next_value::<de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(Data::Object { attributes })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Data<'de>, A::Error> {
                let mut ids = Vec::new();
                while let Some(record) = list.next_element::<Record>()? {
                    if ids.len() == MAX_IDS {
                        return Err(de::Error::custom(format!("at most {MAX_IDS} ids are read")));
                    }
                    ids.push(record.id.0);
                }
                Ok(Data::Records(SentIds(ids)))
            }
        }
        deserializer.deserialize_any(DataVisitor)
    }
}

/// The whole body.
#[allow(clippy::large_enum_variant, reason = "one value lives for a moment in each request")]
enum Body<'a> {
    Attributes(Box<Attributes<'a>>),
    /// The attributes stand at the top.
    Flat,
    /// The records stand in `data`, everything else at the top.
    Records(SentIds),
    Nothing,
}

/// The attributes that older agents read at the top of the body. `type` and the like are none of them.
const FLAT: [&str; 8] = [
    "recordIds",
    "ids",
    "collectionName",
    "collection_name",
    "values",
    "fields",
    "changedField",
    "changed_field",
];

/// A key at the top of the body.
enum BodyKey {
    Data,
    /// One of [`FLAT`].
    Flat,
    Other,
}

impl<'de> Deserialize<'de> for BodyKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct KeyVisitor;
        impl Visitor<'_> for KeyVisitor {
            type Value = BodyKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a key")
            }

            fn visit_str<E: de::Error>(self, key: &str) -> Result<BodyKey, E> {
                Ok(match key {
                    "data" => BodyKey::Data,
                    flat if FLAT.contains(&flat) => BodyKey::Flat,
                    _ => BodyKey::Other,
                })
            }
        }
        deserializer.deserialize_identifier(KeyVisitor)
    }
}

impl<'de> Deserialize<'de> for Body<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BodyVisitor;
        impl<'de> Visitor<'de> for BodyVisitor {
            type Value = Body<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object with `data.attributes`")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Body<'de>, A::Error> {
                let mut data = None;
                let mut is_flat = false;
                while let Some(key) = map.next_key()? {
                    match key {
                        BodyKey::Data => data = map.next_value::<Option<Data>>()?,
                        BodyKey::Flat => {
                            is_flat = true;
                            map.next_value::<de::IgnoredAny>()?;
                        }
                        BodyKey::Other => {
                            map.next_value::<de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(match data {
                    Some(Data::Object {
                        attributes: Some(attributes),
                    }) => Body::Attributes(attributes),
                    Some(Data::Records(ids)) => Body::Records(ids),
                    _ if is_flat => Body::Flat,
                    _ => Body::Nothing,
                })
            }
        }
        deserializer.deserialize_any(BodyVisitor)
    }
}

/// Reads a body.
///
/// # Errors
/// 400 when it is not JSON, not an object, has no attributes in any of the accepted shapes, or an attribute has
/// another type than the protocol's; the text names the place.
pub(crate) fn parse_body(body: &[u8]) -> Result<Attributes<'_>, ActionError> {
    let read = match serde_json::from_slice::<Body<'_>>(body) {
        Ok(Body::Attributes(attributes)) => *attributes,
        Ok(Body::Records(ids)) => {
            let top = serde_json::from_slice(body).map_err(|error| explain::<Attributes<'_>>(body, &error))?;
            Attributes { ids: Some(ids), ..top }
        }
        Ok(Body::Flat) => serde_json::from_slice(body).map_err(|error| explain::<Attributes<'_>>(body, &error))?,
        Ok(Body::Nothing) => {
            return Err(ActionError::refused(
                ErrorKind::BadRequest,
                "invalid request body: `data.attributes` is missing",
            ));
        }
        Err(error) => return Err(explain::<Body<'_>>(body, &error)),
    };
    match read.values.map(RawValue::get) {
        Some(values) if !values.starts_with('{') => Err(ActionError::refused(
            ErrorKind::BadRequest,
            "invalid request body: `data.attributes.values`: expected an object",
        )),
        _ => Ok(read),
    }
}

/// Reads the body once more, slowly, to tell where it is wrong.
fn explain<'de, T: Deserialize<'de>>(body: &'de [u8], error: &serde_json::Error) -> ActionError {
    if error.is_syntax() || error.is_eof() {
        let text = format!("invalid request body: not JSON ({error})");
        return ActionError::refused(ErrorKind::BadRequest, text).name("SyntaxError");
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    let text = match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Err(error) if error.path().iter().next().is_some() => {
            format!(
                "invalid request body: `{}`: {}",
                error.path(),
                without_value(error.inner())
            )
        }
        Err(error) => format!("invalid request body: {}", without_value(error.inner())),
        Ok(_) => format!("invalid request body: {error}"),
    };
    ActionError::refused(ErrorKind::BadRequest, text)
}

/// What is wrong, without line and column, which say less than the path, and without the value that the reader quotes:
/// the text ends in the log, and a value may be a secret, or very long.
fn without_value(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    match text.rsplit_once(", expected ") {
        Some((_, expected)) => format!("expected {expected}"),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> String {
        match parse_body(body.as_bytes()) {
            Ok(attributes) => panic!("{body} was accepted: {attributes:?}"),
            Err(error) => {
                assert_eq!(error.kind(), ErrorKind::BadRequest, "{body}");
                error.message().to_owned()
            }
        }
    }

    fn ids(body: &str) -> Vec<String> {
        match parse_body(body.as_bytes()) {
            Ok(attributes) => attributes
                .ids
                .map(|ids| ids.0)
                .unwrap_or_default()
                .into_iter()
                .map(|id| id.0)
                .collect(),
            Err(error) => panic!("{body}: {error}"),
        }
    }

    #[test]
    fn sel_10_the_documented_shapes_are_accepted() {
        assert_eq!(
            ids(r#"{"data":{"attributes":{"ids":["1",2,-3,["a",4]]}}}"#),
            ["1", "2", "-3", r#"["a","4"]"#]
        );
        assert_eq!(ids(r#"{"data":[{"id":"1","type":"x"},{"id":2}]}"#), ["1", "2"]);
        assert_eq!(ids(r#"{"recordIds":["70"],"collectionName":"c"}"#), ["70"]);
        assert_eq!(ids(r#"{"ids":["70"]}"#), ["70"]);
        assert_eq!(ids(r#"{"data":null,"recordIds":["70"]}"#), ["70"]);
        assert_eq!(
            ids(r#"{"data":{"attributes":{"ids":null,"values":null,"all_records":null}}}"#),
            [""; 0]
        );
    }

    #[test]
    fn sel_10_any_other_shape_is_refused_naming_the_place() {
        for (body, expected) in [
            ("{}", "`data.attributes` is missing"),
            (r#"{"data":null}"#, "`data.attributes` is missing"),
            (r#"{"data":{}}"#, "`data.attributes` is missing"),
            (r#"{"data":{"attributes":null}}"#, "`data.attributes` is missing"),
            ("[]", "expected an object with `data.attributes`"),
            ("3", "expected an object with `data.attributes`"),
            (r#"{"data":3}"#, "`data`"),
            (r#"{"data":{"attributes":3}}"#, "`data.attributes`"),
            (r#"{"data":{"attributes":[]}}"#, "`data.attributes`"),
            (r#"{"data":{"attributes":{"ids":"1"}}}"#, "`data.attributes.ids`"),
            (
                r#"{"data":{"attributes":{"ids":["1",null]}}}"#,
                "`data.attributes.ids[1]`",
            ),
            (r#"{"data":{"attributes":{"ids":[""]}}}"#, "an id cannot be empty"),
            (r#"{"data":{"attributes":{"ids":[1.5]}}}"#, "expected an id"),
            (r#"{"data":{"attributes":{"ids":[{}]}}}"#, "`data.attributes.ids[0]`"),
            (
                r#"{"data":{"attributes":{"all_records":"true"}}}"#,
                "`data.attributes.all_records`",
            ),
            (r#"{"data":{"attributes":{"values":[]}}}"#, "`data.attributes.values`"),
            (r#"{"data":[{"no":"id"}]}"#, "missing field `id`"),
            (r#"{"data":{"attributes":{"ids":["a\u0000"]}}}"#, "NUL"),
        ] {
            let refusal = refusal(body);
            assert!(refusal.contains(expected), "{body}: {refusal}");
        }
        for body in ["", "{", "nope", "{\"data\":", "\u{feff}{}"] {
            assert!(refusal(body).contains("not JSON"), "{body}");
        }
        assert!(parse_body(b"{\"data\":\"\xff\"}").is_err());
        assert!(parse_body("[".repeat(100_000).as_bytes()).is_err());
    }
}
