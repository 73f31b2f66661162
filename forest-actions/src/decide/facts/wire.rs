//! The three permission payloads as they are written (protocol: permissions, endpoints).
//!
//! Owns what may be absent or null, and which parts are read by themselves. Lists in the place of objects are refused, which
//! a derived reader would take by position. Knows nothing of what the parts mean; `read` turns them into facts.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::read::from_json;
use super::{Malformed, RoleId};

pub(super) enum EnvironmentWire {
    Development,
    Rules(RulesWire),
}

#[derive(Deserialize)]
pub(super) struct RulesWire {
    pub(super) collections: HashMap<Box<str>, Apart<Object<CollectionWire>>>,
}

#[derive(Deserialize)]
pub(super) struct CollectionWire {
    pub(super) collection: Option<Apart<Object<CollectionRightsWire>>>,
    pub(super) actions: Option<Apart<ActionsWire>>,
}

/// Actions by name.
type ActionsWire = HashMap<Box<str>, Apart<Object<ActionWire>>>;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CollectionRightsWire {
    pub(super) browse_enabled: Option<Apart<RightWire>>,
    pub(super) read_enabled: Option<Apart<RightWire>>,
    pub(super) edit_enabled: Option<Apart<RightWire>>,
    pub(super) add_enabled: Option<Apart<RightWire>>,
    pub(super) delete_enabled: Option<Apart<RightWire>>,
    pub(super) export_enabled: Option<Apart<RightWire>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ActionWire {
    pub(super) trigger_enabled: Option<RightWire>,
    pub(super) trigger_conditions: Option<Vec<Object<ConditionWire>>>,
    pub(super) approval_required: Option<RightWire>,
    pub(super) approval_required_conditions: Option<Vec<Object<ConditionWire>>>,
    pub(super) user_approval_enabled: Option<RightWire>,
    pub(super) user_approval_conditions: Option<Vec<Object<ConditionWire>>>,
    pub(super) self_approval_enabled: Option<RightWire>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConditionWire {
    pub(super) role_id: RoleId,
    pub(super) filter: Option<FilterWire>,
}

pub(super) enum RightWire {
    Flag(bool),
    Roles(Vec<RoleId>),
}

/// A tree of conditions as the text of its JSON, whether it came as a tree or as a text that holds one (PER-15).
pub(super) struct FilterWire {
    pub(super) text: Box<str>,
    /// Whether it is an object. What is none is kept as it came, and shows nothing wherever it is read.
    pub(super) is_tree: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserWire {
    pub(super) id: IdText,
    pub(super) first_name: Option<Box<str>>,
    pub(super) last_name: Option<Box<str>>,
    pub(super) full_name: Option<Box<str>>,
    pub(super) email: Option<Box<str>>,
    pub(super) permission_level: Option<Box<str>>,
    pub(super) tags: Option<TagsWire>,
    pub(super) role_id: Option<RoleId>,
}

/// Tags are a map here; other endpoints have a list of pairs, so both are read (AUT-10).
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum TagsWire {
    Map(HashMap<Box<str>, Value>),
    Pairs(Vec<TagPair>),
}

#[derive(Deserialize)]
pub(super) struct TagPair {
    pub(super) key: Box<str>,
    #[serde(default)]
    pub(super) value: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RenderingWire {
    pub(super) team: Option<Apart<Object<TeamWire>>>,
    pub(super) collections: HashMap<Box<str>, Apart<Object<RenderedWire>>>,
}

#[derive(Deserialize)]
pub(super) struct TeamWire {
    pub(super) id: IdText,
    pub(super) name: Option<Box<str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RenderedWire {
    pub(super) scope: Option<FilterWire>,
    pub(super) segments: Option<Apart<Vec<Apart<Box<str>>>>>,
    pub(super) live_query_segments: Option<Apart<Vec<Apart<Object<LiveQueryWire>>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LiveQueryWire {
    pub(super) connection_name: Option<Box<str>>,
    pub(super) query: Box<str>,
}

/// An id that is an integer or text, as text.
pub(super) struct IdText(pub(super) Box<str>);

/// A part that is read by itself, so that what is wrong with it concerns nothing else.
pub(super) struct Apart<T>(pub(super) Result<T, Malformed>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Apart<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(from_json(raw.get().as_bytes())))
    }
}

/// A struct that is read from an object and from nothing else.
pub(super) struct Object<T>(pub(super) T);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ObjectVisitor<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
            type Value = Object<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                T::deserialize(MapAccessDeserializer::new(map)).map(Object)
            }
        }

        deserializer.deserialize_map(ObjectVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for EnvironmentWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct EnvironmentVisitor;

        impl<'de> Visitor<'de> for EnvironmentVisitor {
            type Value = EnvironmentWire;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`true` or an object of collections")
            }

            fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Self::Value, E> {
                if flag {
                    Ok(EnvironmentWire::Development)
                } else {
                    Err(E::invalid_value(de::Unexpected::Bool(false), &self))
                }
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                RulesWire::deserialize(MapAccessDeserializer::new(map)).map(EnvironmentWire::Rules)
            }
        }

        deserializer.deserialize_any(EnvironmentVisitor)
    }
}

impl<'de> Deserialize<'de> for RightWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Members {
            roles: Vec<RoleId>,
        }
        struct RightVisitor;

        impl<'de> Visitor<'de> for RightVisitor {
            type Value = RightWire;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a boolean or an object with `roles`")
            }

            fn visit_bool<E: de::Error>(self, flag: bool) -> Result<Self::Value, E> {
                Ok(RightWire::Flag(flag))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
                Members::deserialize(MapAccessDeserializer::new(map)).map(|members| RightWire::Roles(members.roles))
            }
        }

        deserializer.deserialize_any(RightVisitor)
    }
}

impl<'de> Deserialize<'de> for FilterWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?.get();
        let is_tree = |json: &str| json.starts_with('{');
        Ok(match serde_json::from_str::<Cow<'_, str>>(raw) {
            Ok(text) => Self {
                is_tree: serde_json::from_str::<&RawValue>(text.trim()).is_ok_and(|inner| is_tree(inner.get())),
                text: text.into(),
            },
            Err(_) => Self {
                is_tree: is_tree(raw),
                text: raw.into(),
            },
        })
    }
}

impl<'de> Deserialize<'de> for RoleId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let IdText(text) = IdText::deserialize(deserializer)?;
        text.parse()
            .map(Self)
            .map_err(|_| de::Error::custom("the id of a role is an integer"))
    }
}

impl<'de> Deserialize<'de> for IdText {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct IdVisitor;

        impl Visitor<'_> for IdVisitor {
            type Value = IdText;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer or a text")
            }

            fn visit_i64<E: de::Error>(self, id: i64) -> Result<Self::Value, E> {
                Ok(IdText(id.to_string().into()))
            }

            fn visit_u64<E: de::Error>(self, id: u64) -> Result<Self::Value, E> {
                Ok(IdText(id.to_string().into()))
            }

            fn visit_str<E: de::Error>(self, id: &str) -> Result<Self::Value, E> {
                if id.is_empty() {
                    return Err(E::invalid_value(de::Unexpected::Str(id), &self));
                }
                Ok(IdText(id.into()))
            }
        }

        deserializer.deserialize_any(IdVisitor)
    }
}
