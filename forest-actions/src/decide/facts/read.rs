//! From the JSON of the Forest server to facts.
//!
//! The three permission payloads (protocol: permissions, endpoints). What may be absent or null is written in the types
//! here; everything else that is not as the protocol says is an error with its place, never a default. Lists in
//! the place of objects are refused, which a derived reader would take by position. Called by `facts` only.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use serde::de::value::MapAccessDeserializer;
use serde::de::{self, DeserializeOwned, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::{
    ActionRights, CollectionRights, EnvironmentPermissions, LiveQuerySegment, Malformed, RawFilter, RenderedCollection,
    RenderingFacts, Right, RoleCondition, RoleConditions, RoleId, RoleSet, TeamFacts, UserFacts, Users,
};
use crate::text::excerpt;

/// Reads the whole of a text.
pub(crate) fn from_json<T: DeserializeOwned>(payload: &[u8]) -> Result<T, Malformed> {
    const SHOWN: usize = 200;
    let mut reader = serde_json::Deserializer::from_slice(payload);
    let value = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let path = error.path().to_string();
        Malformed {
            place: if path == "." {
                "the top".to_owned()
            } else {
                excerpt(&path, SHOWN)
            },
            problem: excerpt(&error.inner().to_string(), SHOWN),
        }
    })?;
    reader.end().map_err(|error| Malformed {
        place: "the end".to_owned(),
        problem: excerpt(&error.to_string(), SHOWN),
    })?;
    Ok(value)
}

pub(super) fn environment(payload: &[u8]) -> Result<EnvironmentPermissions, Malformed> {
    let collections = match from_json(payload)? {
        EnvironmentWire::Development => return Ok(EnvironmentPermissions::Development),
        EnvironmentWire::Rules(rules) => rules.collections,
    };
    let mut shared = Shared::default();
    let collections = collections
        .into_iter()
        .map(|(name, wire)| (name, wire.into_rights(&mut shared)))
        .collect();
    Ok(EnvironmentPermissions::Rules { collections })
}

pub(super) fn users(payload: &[u8]) -> Result<Users, Malformed> {
    let users: Vec<UserWire> = from_json(payload)?;
    let users = users.into_iter().map(|wire| {
        let user = wire.into_user();
        (user.id.clone(), Arc::new(user))
    });
    Ok(Users(users.collect()))
}

pub(super) fn rendering(payload: &[u8]) -> Result<RenderingFacts, Malformed> {
    let Object(rendering): Object<RenderingWire> = from_json(payload)?;
    let mut shared = Shared::default();
    let collections = rendering
        .collections
        .into_iter()
        .map(|(name, Object(wire))| (name, wire.into_collection(&mut shared)))
        .collect();
    Ok(RenderingFacts {
        team: rendering.team.map(|Object(team)| TeamFacts {
            id: team.id.0,
            name: team.name.unwrap_or_default(),
        }),
        collections,
    })
}

/// What occurs many times in a payload is kept once: a thousand actions have few different sets of roles and few
/// different conditions.
#[derive(Default)]
struct Shared {
    roles: HashSet<Arc<[RoleId]>>,
    texts: HashSet<Arc<str>>,
}

impl Shared {
    fn roles(&mut self, roles: Vec<RoleId>) -> Arc<[RoleId]> {
        match self.roles.get(roles.as_slice()) {
            Some(known) => Arc::clone(known),
            None => {
                let roles: Arc<[RoleId]> = roles.into();
                self.roles.insert(Arc::clone(&roles));
                roles
            }
        }
    }

    fn filter(&mut self, filter: FilterWire) -> RawFilter {
        let text = filter.0.get();
        RawFilter(match self.texts.get(text) {
            Some(known) => Arc::clone(known),
            None => {
                let text: Arc<str> = text.into();
                self.texts.insert(Arc::clone(&text));
                text
            }
        })
    }

    fn right(&mut self, wire: Option<RightWire>) -> Right {
        match wire {
            None | Some(RightWire::Flag(false)) => Right::Nobody,
            Some(RightWire::Flag(true)) => Right::Everybody,
            Some(RightWire::Roles(mut listed)) => {
                let mut seen = HashSet::new();
                listed.retain(|role| seen.insert(*role));
                let mut sorted = listed.clone();
                sorted.sort_unstable();
                let reordered = sorted != listed;
                Right::Roles(RoleSet {
                    sorted: self.roles(sorted),
                    listed: reordered.then(|| self.roles(listed)),
                })
            }
        }
    }

    /// A right that is not given by roles ignores its conditions. Of two conditions of a role the last one wins, in
    /// the place of the first.
    fn conditions(&mut self, right: &Right, wire: Option<Vec<Object<ConditionWire>>>) -> RoleConditions {
        if !matches!(right, Right::Roles(_)) {
            return RoleConditions::default();
        }
        let mut conditions: Vec<RoleCondition> = Vec::new();
        let mut places: HashMap<RoleId, usize> = HashMap::new();
        for Object(wire) in wire.unwrap_or_default() {
            let (role, filter) = (wire.role_id, self.filter(wire.filter));
            let place = *places.entry(role).or_insert(conditions.len());
            match conditions.get_mut(place) {
                Some(known) => known.filter = filter,
                None => conditions.push(RoleCondition { role, filter }),
            }
        }
        RoleConditions(conditions.into())
    }
}

enum EnvironmentWire {
    Development,
    Rules(RulesWire),
}

#[derive(Deserialize)]
struct RulesWire {
    collections: HashMap<Box<str>, CollectionWire>,
}

struct CollectionWire {
    rights: CollectionRightsWire,
    actions: HashMap<Box<str>, Object<ActionWire>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CollectionRightsWire {
    browse_enabled: Option<RightWire>,
    read_enabled: Option<RightWire>,
    edit_enabled: Option<RightWire>,
    add_enabled: Option<RightWire>,
    delete_enabled: Option<RightWire>,
    export_enabled: Option<RightWire>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionWire {
    trigger_enabled: Option<RightWire>,
    trigger_conditions: Option<Vec<Object<ConditionWire>>>,
    approval_required: Option<RightWire>,
    approval_required_conditions: Option<Vec<Object<ConditionWire>>>,
    user_approval_enabled: Option<RightWire>,
    user_approval_conditions: Option<Vec<Object<ConditionWire>>>,
    self_approval_enabled: Option<RightWire>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ConditionWire {
    role_id: RoleId,
    filter: FilterWire,
}

enum RightWire {
    Flag(bool),
    Roles(Vec<RoleId>),
}

/// A tree of conditions: JSON of an object, kept as text.
struct FilterWire(Box<RawValue>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserWireMembers {
    id: IdText,
    first_name: Option<Box<str>>,
    last_name: Option<Box<str>>,
    full_name: Option<Box<str>>,
    email: Option<Box<str>>,
    permission_level: Option<Box<str>>,
    tags: Option<TagsWire>,
    role_id: Option<RoleId>,
}

type UserWire = Object<UserWireMembers>;

/// Tags are a map here; other endpoints have a list of pairs, so both are read (AUT-10).
#[derive(Deserialize)]
#[serde(untagged)]
enum TagsWire {
    Map(HashMap<Box<str>, Value>),
    Pairs(Vec<TagPair>),
}

#[derive(Deserialize)]
struct TagPair {
    key: Box<str>,
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RenderingWire {
    team: Option<Object<TeamWire>>,
    collections: HashMap<Box<str>, Object<RenderedWire>>,
}

#[derive(Deserialize)]
struct TeamWire {
    id: IdText,
    name: Option<Box<str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RenderedWire {
    scope: Option<FilterWire>,
    segments: Option<Vec<Box<str>>>,
    live_query_segments: Option<Vec<Object<LiveQueryWire>>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct LiveQueryWire {
    connection_name: Option<Box<str>>,
    query: Box<str>,
}

/// An id that is an integer or text, as text.
struct IdText(Box<str>);

impl CollectionWire {
    fn into_rights(self, shared: &mut Shared) -> CollectionRights {
        let rights = self.rights;
        CollectionRights {
            browse: shared.right(rights.browse_enabled),
            read: shared.right(rights.read_enabled),
            edit: shared.right(rights.edit_enabled),
            add: shared.right(rights.add_enabled),
            delete: shared.right(rights.delete_enabled),
            export: shared.right(rights.export_enabled),
            actions: self
                .actions
                .into_iter()
                .map(|(name, Object(wire))| (name, wire.into_rights(shared)))
                .collect(),
        }
    }
}

impl ActionWire {
    fn into_rights(self, shared: &mut Shared) -> ActionRights {
        let trigger = shared.right(self.trigger_enabled);
        let approval_required = shared.right(self.approval_required);
        let user_approval = shared.right(self.user_approval_enabled);
        ActionRights {
            trigger_conditions: shared.conditions(&trigger, self.trigger_conditions),
            approval_required_conditions: shared.conditions(&approval_required, self.approval_required_conditions),
            user_approval_conditions: shared.conditions(&user_approval, self.user_approval_conditions),
            self_approval: shared.right(self.self_approval_enabled),
            trigger,
            approval_required,
            user_approval,
        }
    }
}

impl UserWire {
    fn into_user(self) -> UserFacts {
        let user = self.0;
        let mut tags: Vec<(Box<str>, Value)> = match user.tags {
            None => Vec::new(),
            Some(TagsWire::Map(tags)) => tags.into_iter().collect(),
            // through a map, so that the last of two equal keys wins here as well
            Some(TagsWire::Pairs(pairs)) => pairs
                .into_iter()
                .map(|pair| (pair.key, pair.value))
                .collect::<HashMap<_, _>>()
                .into_iter()
                .collect(),
        };
        tags.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        UserFacts {
            id: user.id.0,
            first_name: user.first_name.unwrap_or_default(),
            last_name: user.last_name.unwrap_or_default(),
            full_name: user.full_name.unwrap_or_default(),
            email: user.email.unwrap_or_default(),
            permission_level: user.permission_level.unwrap_or_default(),
            role: user.role_id,
            tags: tags.into(),
        }
    }
}

impl RenderedWire {
    fn into_collection(self, shared: &mut Shared) -> RenderedCollection {
        RenderedCollection {
            scope: self.scope.map(|scope| shared.filter(scope)),
            segments: self.segments.unwrap_or_default().into(),
            live_query_segments: self
                .live_query_segments
                .unwrap_or_default()
                .into_iter()
                .map(|Object(wire)| LiveQuerySegment {
                    connection: wire.connection_name,
                    query: wire.query,
                })
                .collect(),
        }
    }
}

/// A struct that is read from an object and from nothing else.
struct Object<T>(T);

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

impl<'de> Deserialize<'de> for CollectionWire {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        struct Members {
            collection: Option<Object<CollectionRightsWire>>,
            actions: Option<HashMap<Box<str>, Object<ActionWire>>>,
        }
        let Object(members) = Object::<Members>::deserialize(deserializer)?;
        Ok(Self {
            rights: members.collection.map(|Object(rights)| rights).unwrap_or_default(),
            actions: members.actions.unwrap_or_default(),
        })
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
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        if raw.get().starts_with('{') {
            Ok(Self(raw))
        } else {
            Err(de::Error::custom("a condition is an object"))
        }
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
