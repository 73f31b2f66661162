//! The permission documents as they are on the wire (protocol: permissions, endpoints): which members may be absent or
//! null, and which parts are read separately.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;
use std::marker::PhantomData;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::{Malformed, from_json};
use crate::decide::facts::RoleId;

pub(super) enum EnvironmentWire {
    Development,
    Rules(RulesWire),
}

#[derive(Deserialize)]
pub(super) struct RulesWire {
    pub(super) collections: HashMap<Box<str>, Tolerant<Object<CollectionWire>>>,
}

#[derive(Deserialize)]
pub(super) struct CollectionWire {
    pub(super) collection: Option<Tolerant<Object<CollectionRightsWire>>>,
    pub(super) actions: Option<Tolerant<ActionsWire>>,
}

type ActionsWire = HashMap<Box<str>, Tolerant<Object<ActionWire>>>;

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CollectionRightsWire {
    pub(super) browse_enabled: Option<Tolerant<RightWire>>,
    pub(super) read_enabled: Option<Tolerant<RightWire>>,
    pub(super) edit_enabled: Option<Tolerant<RightWire>>,
    pub(super) add_enabled: Option<Tolerant<RightWire>>,
    pub(super) delete_enabled: Option<Tolerant<RightWire>>,
    pub(super) export_enabled: Option<Tolerant<RightWire>>,
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

/// The JSON text of a tree of conditions, which the server sends as an object or as a text that holds one (PER-15).
pub(super) struct FilterWire {
    pub(super) text: Box<str>,
    /// `false` for text that is not an object; it is kept, and rejected where conditions are parsed.
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

/// A map on this endpoint and a list of pairs on others; both are accepted (AUT-10).
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
    pub(super) team: Option<Tolerant<Object<TeamWire>>>,
    pub(super) collections: HashMap<Box<str>, Tolerant<Object<RenderedWire>>>,
    pub(super) stats: Option<Tolerant<ChartsWire>>,
}

type ChartsWire = Vec<Tolerant<Map<String, Value>>>;

#[derive(Deserialize)]
pub(super) struct TeamWire {
    pub(super) id: Option<IdText>,
    pub(super) name: Option<Box<str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct RenderedWire {
    pub(super) scope: Option<FilterWire>,
    pub(super) segments: Option<Tolerant<Vec<Tolerant<Box<str>>>>>,
    pub(super) live_query_segments: Option<Tolerant<Vec<Tolerant<Object<LiveQueryWire>>>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LiveQueryWire {
    pub(super) connection_name: Option<Box<str>>,
    pub(super) query: Box<str>,
}

/// An id that the server sends as an integer or as text.
pub(super) struct IdText(pub(super) Box<str>);

/// A part that is read separately, so that a mistake in it leaves the rest of the document readable.
pub(super) struct Tolerant<T>(pub(super) Result<T, Malformed>);

impl<'de, T: DeserializeOwned> Deserialize<'de> for Tolerant<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&RawValue>::deserialize(deserializer)?;
        Ok(Self(from_json(raw.get().as_bytes())))
    }
}

/// A struct that is read from an object only; a derived reader would take the members of a list by position.
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
