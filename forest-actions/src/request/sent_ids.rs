//! Record ids as requests carry them: text, numbers, lists of parts, or records with an `id`.
//!
//! Owns their bounds and their one form as text. What an id means for a key is the business of
//! [`RecordKey`](crate::RecordKey). Called by the reader of the body.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, IgnoredAny, MapAccess, SeqAccess, Unexpected, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::error::RequestError;
use super::lazy::{Lazy, without_value};
use crate::json::Shallow;
use crate::records::{PackedId, part_text, whole};

/// The selected records, in one of the shapes in which they are sent.
#[derive(Debug)]
pub(crate) enum LazyIds<'a> {
    Ids(Lazy<'a, SentIds>),
    Records(Lazy<'a, SentRecords>),
}

impl LazyIds<'_> {
    /// The ids.
    ///
    /// # Errors
    /// 400 that names the place.
    pub(crate) fn read(self) -> Result<SentIds, RequestError> {
        match self {
            Self::Ids(ids) => ids.read(),
            Self::Records(records) => records.read().map(|records| records.0),
        }
    }
}

/// An id as text. In JSON it is a text, a number, or a list of these for a composite key.
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

            fn visit_f64<E: de::Error>(self, number: f64) -> Result<SentId, E> {
                match whole(number) {
                    Some(number) => self.visit_i64(number),
                    None => Err(E::invalid_type(Unexpected::Float(number), &self)),
                }
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SentId, A::Error> {
                let mut parts = Vec::new();
                while let Some(Shallow(part)) = list.next_element()? {
                    if parts.len() == MAX_PARTS {
                        return Err(de::Error::custom(format!("an id has at most {MAX_PARTS} parts")));
                    }
                    let part =
                        part_text(part).ok_or_else(|| de::Error::custom("a part of an id is text or a number"))?;
                    parts.push(Value::String(part));
                }
                // a key of one column is that part, however it is packed
                if let [Value::String(_)] = parts.as_slice()
                    && let Some(Value::String(part)) = parts.pop()
                {
                    return self.visit_string(part);
                }
                Ok(SentId(PackedId(Value::Array(parts).to_string())))
            }
        }
        deserializer.deserialize_any(IdVisitor)
    }
}

/// An id in JSON, as text; `None` for another value.
pub(crate) fn id_of(json: &Value) -> Option<PackedId> {
    SentId::deserialize(json).ok().map(|id| id.0)
}

/// Maximum number of parts of an id: more columns than a key has.
const MAX_PARTS: usize = 16;

/// Maximum number of ids in a request. A larger selection is a "select all", or several requests.
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
                        return Err(too_many_ids());
                    }
                    ids.push(id);
                }
                Ok(SentIds(ids))
            }
        }
        deserializer.deserialize_seq(IdsVisitor)
    }
}

/// An id that may be left out, for which some clients send an empty text.
#[derive(Debug)]
pub(crate) struct OptionalId(pub(crate) Option<PackedId>);

impl<'de> Deserialize<'de> for OptionalId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = <&RawValue>::deserialize(deserializer)?;
        match json.get() {
            "\"\"" => Ok(Self(None)),
            text => serde_json::from_str::<SentId>(text)
                .map(|id| Self(Some(id.0)))
                .map_err(|error| de::Error::custom(without_value(&error))),
        }
    }
}

/// A record of which only the id is read; the last one, if it is given twice.
struct SentRecord {
    id: SentId,
}

impl<'de> Deserialize<'de> for SentRecord {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RecordVisitor;
        impl<'de> Visitor<'de> for RecordVisitor {
            type Value = SentRecord;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a record")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<SentRecord, A::Error> {
                let mut id = None;
                while let Some(key) = map.next_key::<Cow<'de, str>>()? {
                    match &*key {
                        "id" => id = Some(map.next_value()?),
                        _ => _ = map.next_value::<IgnoredAny>()?,
                    }
                }
                let id = id.ok_or_else(|| de::Error::missing_field("id"))?;
                Ok(SentRecord { id })
            }
        }
        deserializer.deserialize_map(RecordVisitor)
    }
}

/// Ids as records, each an object with an `id`; as many as [`SentIds`].
#[derive(Debug)]
pub(crate) struct SentRecords(SentIds);

impl<'de> Deserialize<'de> for SentRecords {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct RecordsVisitor;
        impl<'de> Visitor<'de> for RecordsVisitor {
            type Value = SentRecords;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of records")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<SentRecords, A::Error> {
                let mut ids = Vec::new();
                while let Some(record) = list.next_element::<SentRecord>()? {
                    if ids.len() == MAX_IDS {
                        return Err(too_many_ids());
                    }
                    ids.push(record.id.0);
                }
                Ok(SentRecords(SentIds(ids)))
            }
        }
        deserializer.deserialize_seq(RecordsVisitor)
    }
}

fn too_many_ids<E: de::Error>() -> E {
    E::custom(format!("at most {MAX_IDS} ids are read"))
}
