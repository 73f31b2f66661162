//! The body of an action or hook request, read from JSON with the tolerance that real clients need.
//!
//! Accepted: `{"data": {"attributes": {…}}}`, records as a list in `data` (`[{"id": …}]`), and the flat shape of
//! older agents (`recordIds`, `collectionName` at the top). `null` means absent. Everything else is a 400
//! that names the place (protocol: validation and malformed requests; SEL-10). Nothing is decided here.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::error::RequestError;
use super::lazy::{Lazy, invalid};
use super::sent_ids::{LazyIds, OptionalId, SentIds};
use crate::json::Shallow;

/// The attributes of a request as they were sent, before they are checked against the action. Of an attribute that is
/// given twice the last one counts, as in JavaScript. Lists and objects stay text until the right of the caller is known.
#[derive(Debug, Default)]
pub(crate) struct Attributes<'a> {
    pub(crate) collection_name: Option<String>,
    /// Left unread: the UI sends ids where they do not count.
    pub(crate) ids: Option<LazyIds<'a>>,
    /// Left unread: files travel in it, and the form's type reads it without a copy.
    pub(crate) values: Option<&'a RawValue>,
    pub(crate) parent_collection_name: Option<String>,
    pub(crate) parent_collection_id: Option<OptionalId>,
    pub(crate) parent_association_name: Option<String>,
    pub(crate) all_records: Option<bool>,
    /// Left unread: the UI sends it with every selection, and it only counts for "select all".
    pub(crate) all_records_subset_query: Option<Lazy<'a, Members>>,
    pub(crate) all_records_ids_excluded: Option<Lazy<'a, SentIds>>,
    pub(crate) smart_action_id: Option<OptionalId>,
    pub(crate) signed_approval_request: Option<Shallow>,
    pub(crate) requester_id: Option<Shallow>,
    pub(crate) action_intent_params: Option<Lazy<'a, Members>>,
    pub(crate) changed_field: Option<String>,
    pub(crate) search_field: Option<String>,
    pub(crate) fields: Option<Lazy<'a, Vec<Map<String, Value>>>>,
}

impl Attributes<'_> {
    /// The ids that were sent, unchecked; empty for "select all", and if they cannot be read.
    pub(crate) fn into_ids(self) -> Vec<String> {
        let ids = self.ids.filter(|_| self.all_records != Some(true));
        let ids = ids.and_then(|ids| ids.read().ok()).map(|ids| ids.0).unwrap_or_default();
        ids.into_iter().map(|id| id.0).collect()
    }
}

/// A key of an object, borrowed where nothing has to be unescaped.
#[derive(Deserialize)]
#[serde(transparent)]
struct Name<'a>(#[serde(borrow)] Cow<'a, str>);

/// An object with attributes. Boxed, because they are moved from one result into the next on their way up.
struct Object<'a> {
    attributes: Box<Attributes<'a>>,
    /// Its `data`, which is a list of records where the attributes stand at the top of the body.
    data: Option<&'a RawValue>,
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor;
        impl<'de> Visitor<'de> for ObjectVisitor {
            type Value = Object<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut all = Box::new(Attributes::default());
                let mut data = None;
                // the names of older clients, which count where the newer ones are not given
                let (mut collection_name, mut ids, mut changed_field) = (None, None, None);
                while let Some(Name(name)) = map.next_key()? {
                    match &*name {
                        "collection_name" => all.collection_name = map.next_value()?,
                        "collectionName" => collection_name = map.next_value()?,
                        "ids" => all.ids = lazy("ids", &mut map)?.map(LazyIds::Ids),
                        "recordIds" => ids = lazy("recordIds", &mut map)?.map(LazyIds::Ids),
                        "values" => all.values = map.next_value()?,
                        "parent_collection_name" => all.parent_collection_name = map.next_value()?,
                        "parent_collection_id" => all.parent_collection_id = map.next_value()?,
                        "parent_association_name" => all.parent_association_name = map.next_value()?,
                        "all_records" => all.all_records = map.next_value()?,
                        "all_records_subset_query" => {
                            all.all_records_subset_query = lazy("all_records_subset_query", &mut map)?;
                        }
                        "all_records_ids_excluded" => {
                            all.all_records_ids_excluded = lazy("all_records_ids_excluded", &mut map)?;
                        }
                        "smart_action_id" => all.smart_action_id = map.next_value()?,
                        "signed_approval_request" => all.signed_approval_request = map.next_value()?,
                        "requester_id" => all.requester_id = map.next_value()?,
                        "action_intent_params" => {
                            all.action_intent_params = lazy("data.attributes.action_intent_params", &mut map)?
                        }
                        "changed_field" => all.changed_field = map.next_value()?,
                        "changedField" => changed_field = map.next_value()?,
                        "search_field" => all.search_field = map.next_value()?,
                        "fields" => all.fields = lazy("data.attributes.fields", &mut map)?,
                        "data" => data = map.next_value()?,
                        _ => _ = map.next_value::<de::IgnoredAny>()?,
                    }
                }
                all.collection_name = all.collection_name.or(collection_name);
                all.ids = all.ids.or(ids);
                all.changed_field = all.changed_field.or(changed_field);
                Ok(Object { attributes: all, data })
            }
        }
        deserializer.deserialize_map(ObjectVisitor)
    }
}

/// The next value of an object, to be read later; `None` for `null`.
fn lazy<'de, A: MapAccess<'de>, T: Deserialize<'de>>(
    place: &'static str,
    map: &mut A,
) -> Result<Option<Lazy<'de, T>>, A::Error> {
    let json: Option<&'de RawValue> = map.next_value()?;
    Ok(json.map(|json| Lazy::new(place, json)))
}

/// `data`: an object with attributes, or the records as a list.
enum Data<'a> {
    Object { attributes: Option<Box<Attributes<'a>>> },
    Records,
}

impl<'de> Deserialize<'de> for Data<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
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
                            attributes = map.next_value::<Option<Object>>()?.map(|object| object.attributes);
                        }
                        DataKey::Other => {
                            map.next_value::<de::IgnoredAny>()?;
                        }
                    }
                }
                Ok(Data::Object { attributes })
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Data<'de>, A::Error> {
                while list.next_element::<de::IgnoredAny>()?.is_some() {}
                Ok(Data::Records)
            }
        }
        deserializer.deserialize_any(DataVisitor)
    }
}

/// The whole body.
enum Body<'a> {
    Attributes(Box<Attributes<'a>>),
    /// The attributes stand at the top.
    Flat,
    /// The records stand in `data`, everything else at the top.
    Records,
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
                    Some(Data::Records) => Body::Records,
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
pub(crate) fn parse_body(body: &[u8]) -> Result<Attributes<'_>, RequestError> {
    // some clients begin a text with the mark of its encoding
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let read = match read::<Body<'_>>(body)? {
        Body::Attributes(attributes) => *attributes,
        Body::Flat => *read::<Object<'_>>(body)?.attributes,
        Body::Records => {
            let Object { attributes, data } = read(body)?;
            let records = data.map(|records| LazyIds::Records(Lazy::new("data", records)));
            Attributes {
                ids: records,
                ..*attributes
            }
        }
        Body::Nothing => {
            return Err(RequestError::NoAttributes);
        }
    };
    match read.values.map(RawValue::get) {
        Some(values) if is_empty_list(values) => Ok(Attributes { values: None, ..read }),
        Some(values) if !values.starts_with('{') => Err(RequestError::InvalidAttribute {
            place: "data.attributes.values".to_owned(),
            reason: "expected an object".to_owned(),
        }),
        _ => Ok(read),
    }
}

/// An object. The empty list is one too: programs in PHP write an empty map so.
#[derive(Debug, Default)]
pub(crate) struct Members(pub(crate) Map<String, Value>);

impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct MembersVisitor;
        impl<'de> Visitor<'de> for MembersVisitor {
            type Value = Members;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a map")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Members, A::Error> {
                Map::deserialize(MapAccessDeserializer::new(map)).map(Members)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Members, A::Error> {
                match list.next_element::<de::IgnoredAny>()? {
                    None => Ok(Members::default()),
                    Some(_) => Err(de::Error::invalid_type(de::Unexpected::Seq, &self)),
                }
            }
        }
        deserializer.deserialize_any(MembersVisitor)
    }
}

fn is_empty_list(json: &str) -> bool {
    let inside = json.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    inside.is_some_and(|inside| inside.trim().is_empty())
}

/// A body in which each half of a surrogate pair that stands alone is a replacement character, if there is one: legal
/// JSON, which browsers write for a text that was cut within a character, and no text in UTF-8.
pub(crate) fn with_whole_characters(body: &[u8]) -> Option<Bytes> {
    let mut whole = body.to_vec();
    let mut at = 0;
    let mut is_changed = false;
    while let Some(rest) = body.get(at..).filter(|rest| !rest.is_empty()) {
        at += match (rest, half(rest), rest.get(6..).and_then(half)) {
            (_, Some(0xD800..0xDC00), Some(0xDC00..)) => 12,
            (_, Some(_), _) => {
                whole.get_mut(at..at + 6)?.copy_from_slice(b"\\ufffd");
                is_changed = true;
                6
            }
            // an escaped backslash begins no escape
            ([b'\\', ..], ..) => 2,
            _ => 1,
        };
    }
    is_changed.then(|| whole.into())
}

/// The half of a surrogate pair whose escape the text begins with.
fn half(text: &[u8]) -> Option<u16> {
    let digits = std::str::from_utf8(text.get(..6)?.strip_prefix(b"\\u")?).ok()?;
    u16::from_str_radix(digits, 16)
        .ok()
        .filter(|unit| (0xD800..0xE000).contains(unit))
}

fn read<'de, T: Deserialize<'de>>(body: &'de [u8]) -> Result<T, RequestError> {
    // as text: UTF-8 is validated once, and not for each value
    let read = match std::str::from_utf8(body) {
        Ok(text) => serde_json::from_str(text),
        Err(_) => serde_json::from_slice(body),
    };
    read.map_err(|error| explain::<T>(body, &error))
}

/// Reads the body once more, slowly, to tell where it is wrong.
fn explain<'de, T: Deserialize<'de>>(body: &'de [u8], error: &serde_json::Error) -> RequestError {
    // JSON may hold what no value can: half a character, a number that is too large
    if std::str::from_utf8(body).is_err() || serde_json::from_slice::<de::IgnoredAny>(body).is_err() {
        return RequestError::NotJson {
            reason: error.to_string(),
        };
    }
    let mut reader = serde_json::Deserializer::from_slice(body);
    match serde_path_to_error::deserialize::<_, T>(&mut reader) {
        Err(error) => invalid("", &error),
        Ok(_) => RequestError::InvalidBody {
            reason: error.to_string(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(body: &str) -> String {
        match parse_body(body.as_bytes()) {
            Ok(Attributes { ids: Some(ids), .. }) => match ids.read() {
                Ok(ids) => panic!("{body} was accepted: {ids:?}"),
                Err(error) => error.to_string(),
            },
            Ok(Attributes {
                action_intent_params: Some(params),
                ..
            }) => params.read_tree().unwrap_err().to_string(),
            Ok(attributes) => panic!("{body} was accepted: {attributes:?}"),
            Err(error) => error.to_string(),
        }
    }

    fn ids(body: &str) -> Vec<String> {
        match parse_body(body.as_bytes()) {
            Ok(attributes) => attributes
                .ids
                .map(|ids| ids.read().unwrap().0)
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
        // one part is the key itself, and a whole number is one in every spelling
        assert_eq!(
            ids(r#"{"ids":[["1"],[2],3.0,4e0,-5e0,["a",6.0]]}"#),
            ["1", "2", "3", "4", "-5", r#"["a","6"]"#]
        );
        assert_eq!(ids("\u{feff}{\"ids\":[\"70\"]}"), ["70"]);
    }

    #[test]
    fn sel_10_of_two_spellings_the_newer_counts_and_of_two_values_the_last() {
        assert_eq!(ids(r#"{"ids":["1"],"recordIds":["2"]}"#), ["1"]);
        assert_eq!(ids(r#"{"recordIds":["2"],"ids":["1"]}"#), ["1"]);
        assert_eq!(ids(r#"{"recordIds":["2"],"ids":null}"#), ["2"]);
        assert_eq!(ids(r#"{"data":{"attributes":{"ids":["1"],"ids":["2"]}}}"#), ["2"]);
        assert_eq!(
            ids(r#"{"data":{"attributes":{"ids":["1"]}},"data":[{"id":1,"id":2}]}"#),
            ["2"]
        );
        let attributes =
            parse_body(br#"{"collection_name":"a","collectionName":"b","changed_field":"c","changedField":"d"}"#);
        let attributes = attributes.unwrap();
        assert_eq!(attributes.collection_name.as_deref(), Some("a"));
        assert_eq!(attributes.changed_field.as_deref(), Some("c"));
    }

    #[test]
    fn half_a_character_is_replaced_and_nothing_else() {
        for (text, expected) in [
            (r#""x\ud83d""#, Some(r#""x\ufffd""#)),
            (r#""\uDE00\uD83D""#, Some(r#""\ufffd\ufffd""#)),
            (r#""\ud83d\ud83d\ude00""#, Some(r#""\ufffd\ud83d\ude00""#)),
            (r#""\ud83d\ude00""#, None),
            (r#""\\ud83d""#, None),
            (r#""\\\ud83d""#, Some(r#""\\\ufffd""#)),
            (r#""\ud83"#, None),
            (r#""\u+83d""#, None),
            ("", None),
        ] {
            let whole = with_whole_characters(text.as_bytes());
            assert_eq!(whole.as_deref(), expected.map(str::as_bytes), "{text}");
        }
    }

    #[test]
    fn an_empty_list_is_an_empty_map() {
        let body = br#"{"data":{"attributes":{"values":[ ],"all_records_subset_query":[],"action_intent_params":[]}}}"#;
        let attributes = parse_body(body).unwrap();
        assert!(attributes.values.is_none());
        assert!(
            attributes
                .action_intent_params
                .unwrap()
                .read_tree()
                .unwrap()
                .0
                .is_empty()
        );
        assert!(
            attributes
                .all_records_subset_query
                .unwrap()
                .read()
                .unwrap()
                .0
                .is_empty()
        );
        let body = br#"{"data":{"attributes":{"all_records_subset_query":[{"search":"x"}]}}}"#;
        let subset = parse_body(body).unwrap().all_records_subset_query.unwrap();
        let refused = subset.read().unwrap_err().to_string();
        assert!(
            refused.contains("`all_records_subset_query`") && refused.contains("expected a map"),
            "{refused}"
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
            (r#"{"data":{"attributes":{"ids":"1"}}}"#, "`ids`"),
            (r#"{"data":{"attributes":{"ids":["1",null]}}}"#, "`ids[1]`"),
            (r#"{"data":{"attributes":{"ids":[""]}}}"#, "an id cannot be empty"),
            (r#"{"data":{"attributes":{"ids":[1.5]}}}"#, "expected an id"),
            (r#"{"data":{"attributes":{"ids":[{}]}}}"#, "`ids[0]`"),
            (
                r#"{"data":{"attributes":{"all_records":"true"}}}"#,
                "`data.attributes.all_records`",
            ),
            (r#"{"data":{"attributes":{"values":[1]}}}"#, "`data.attributes.values`"),
            (r#"{"data":{"attributes":{"values":"[]"}}}"#, "`data.attributes.values`"),
            (
                r#"{"data":{"attributes":{"action_intent_params":[[]]}}}"#,
                "`data.attributes.action_intent_params`",
            ),
            (r#"{"data":[{"no":"id"}]}"#, "missing field `id`"),
            (r#"{"data":{"attributes":{"ids":["a\u0000"]}}}"#, "NUL"),
        ] {
            let refusal = refusal(body);
            assert!(refusal.contains(expected), "{body}: {refusal}");
        }
        for body in ["", "{", "nope", "{\"data\":", "\u{feff}", "\u{feff}\u{feff}{}"] {
            assert!(refusal(body).contains("not JSON"), "{body}");
        }
        assert!(parse_body(b"{\"data\":\"\xff\"}").is_err());
        assert!(parse_body("[".repeat(100_000).as_bytes()).is_err());
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        let fields = format!("{{\"data\":{{\"attributes\":{{\"fields\":{deep}}}}}}}");
        let fields = parse_body(fields.as_bytes()).unwrap().fields.unwrap();
        assert!(fields.read_tree().is_err());
    }
}
