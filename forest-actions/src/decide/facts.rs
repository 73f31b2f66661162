//! Users and their rights as the Forest server publishes them, in the form that decisions read.
//!
//! Missing data never grants a right: an unknown collection, action, user or role is denied (PER-02). Conditions and scopes
//! stay JSON text until they meet the model of a collection. `server::facts` builds these values from the server's JSON.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::chart::ChartDefinition;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RoleId(pub(crate) i64);

impl fmt::Display for RoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A tree of conditions as JSON text. Malformed text is kept, because a missing condition would grant more than a broken one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RawFilter(pub(crate) Arc<str>);

impl RawFilter {
    /// A placeholder that no parser accepts, so that it denies or hides everything.
    pub(crate) fn unreadable() -> Self {
        Self("null".into())
    }

    pub(crate) fn as_json(&self) -> &str {
        &self.0
    }
}

/// The rights of all roles in an environment (protocol: permissions of an environment).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum EnvironmentPermissions {
    /// A development environment, which has no permission system (PER-08).
    Development,
    Rules {
        /// By the collection's exact name in the schema (PER-11).
        collections: HashMap<Box<str>, CollectionRights>,
    },
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct CollectionRights {
    pub(crate) browse: Right,
    pub(crate) read: Right,
    pub(crate) edit: Right,
    pub(crate) add: Right,
    pub(crate) delete: Right,
    pub(crate) export: Right,
    /// By the action's exact displayed name. Shared with decisions that wait for the selected records.
    pub(crate) actions: HashMap<Box<str>, Arc<ActionRights>>,
}

#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ActionRights {
    pub(crate) trigger: Right,
    pub(crate) trigger_conditions: RoleConditions,
    /// The roles whose trigger needs an approval.
    pub(crate) approval_required: Right,
    pub(crate) approval_required_conditions: RoleConditions,
    /// The roles that may approve the requests of other users.
    pub(crate) user_approval: Right,
    /// Conditions of `user_approval`; they bind approvals of one's own requests as well.
    pub(crate) user_approval_conditions: RoleConditions,
    /// The roles that may approve their own requests.
    pub(crate) self_approval: Right,
}

/// The holders of a right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Right {
    /// Every user of the project, with or without a role.
    Everybody,
    #[default]
    Nobody,
    /// Each role once, in the order of the payload.
    Roles(Arc<[RoleId]>),
}

/// The conditions of a right, at most one per role, in the order of the payload.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RoleConditions(Box<[(RoleId, RawFilter)]>);

/// The users of a project, by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Users(HashMap<Box<str>, Arc<UserFacts>>);

/// The current facts about a user; the session token holds those of the login. Texts are empty where the server sends none.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct UserFacts {
    pub(crate) id: Box<str>,
    pub(crate) first_name: Box<str>,
    pub(crate) last_name: Box<str>,
    pub(crate) full_name: Box<str>,
    pub(crate) email: Box<str>,
    /// `admin`, `developer`, `editor`, `user`…
    pub(crate) permission_level: Box<str>,
    /// A user without a role only has the rights that are given to all users.
    pub(crate) role: Option<RoleId>,
    pub(crate) tags: Tags,
}

/// The tags of a user, sorted by key; a map would cost several times the memory for the few tags that users have.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Tags(Box<[(Box<str>, Value)]>);

/// A rendering, which is a team's view of the project.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct RenderingFacts {
    pub(crate) team: Option<TeamFacts>,
    pub(crate) collections: HashMap<Box<str>, RenderedCollection>,
    /// The charts on its screens.
    pub(crate) charts: HashSet<ChartDefinition>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TeamFacts {
    pub(crate) id: Box<str>,
    pub(crate) name: Box<str>,
}

/// The scope and the live queries of a collection in a rendering.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RenderedCollection {
    /// Limits the records that the team sees; `None` shows all of them.
    pub(crate) scope: Option<RawFilter>,
    /// Live queries in the older form, which names no connection.
    pub(crate) segments: Box<[Box<str>]>,
    pub(crate) live_query_segments: Box<[LiveQuerySegment]>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveQuerySegment {
    pub(crate) connection: Option<Box<str>>,
    pub(crate) query: Box<str>,
}

impl EnvironmentPermissions {
    pub(crate) fn is_development(&self) -> bool {
        matches!(self, Self::Development)
    }

    /// The rights on a collection; `None` in a development environment and for an unknown collection.
    pub(crate) fn collection(&self, name: &str) -> Option<&CollectionRights> {
        match self {
            Self::Development => None,
            Self::Rules { collections } => collections.get(name),
        }
    }

    /// The rights on an action; `None` in a development environment and for an unknown action.
    pub(crate) fn action(&self, collection: &str, name: &str) -> Option<&ActionRights> {
        Some(self.collection(collection)?.actions.get(name)?)
    }
}

impl Right {
    pub(crate) fn allows(&self, role: Option<RoleId>) -> bool {
        match self {
            Self::Everybody => true,
            Self::Nobody => false,
            Self::Roles(roles) => role.is_some_and(|role| roles.contains(&role)),
        }
    }

    /// The roles of a right that is given by roles; empty otherwise.
    pub(crate) fn roles(&self) -> &[RoleId] {
        match self {
            Self::Everybody | Self::Nobody => &[],
            Self::Roles(roles) => roles,
        }
    }
}

impl RoleConditions {
    /// Conditions only exist for a right that is given by roles; `conditions` is not read otherwise. The last of several
    /// conditions of a role replaces the earlier ones, in the place of the first.
    pub(crate) fn new(right: &Right, conditions: impl IntoIterator<Item = (RoleId, RawFilter)>) -> Self {
        if !matches!(right, Right::Roles(_)) {
            return Self::default();
        }
        let mut listed: Vec<(RoleId, RawFilter)> = Vec::new();
        let mut places: HashMap<RoleId, usize> = HashMap::new();
        for (role, filter) in conditions {
            let place = *places.entry(role).or_insert(listed.len());
            match listed.get_mut(place) {
                Some((_, known)) => *known = filter,
                None => listed.push((role, filter)),
            }
        }
        Self(listed.into())
    }

    /// The condition of a role; a role without one holds the right unconditionally (PER-07).
    pub(crate) fn of(&self, role: RoleId) -> Option<&RawFilter> {
        self.iter().find(|(of, _)| *of == role).map(|(_, filter)| filter)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (RoleId, &RawFilter)> {
        self.0.iter().map(|(role, filter)| (*role, filter))
    }
}

impl FromIterator<UserFacts> for Users {
    fn from_iter<I: IntoIterator<Item = UserFacts>>(users: I) -> Self {
        let users = users.into_iter().map(|user| (user.id.clone(), Arc::new(user)));
        Self(users.collect())
    }
}

impl Users {
    pub(crate) fn iter(&self) -> impl ExactSizeIterator<Item = &UserFacts> {
        self.0.values().map(|user| &**user)
    }

    pub(crate) fn get(&self, id: &str) -> Option<&Arc<UserFacts>> {
        self.0.get(id)
    }
}

impl FromIterator<(Box<str>, Value)> for Tags {
    /// The last of several equal keys wins.
    fn from_iter<I: IntoIterator<Item = (Box<str>, Value)>>(tags: I) -> Self {
        let tags: HashMap<_, _> = tags.into_iter().collect();
        let mut tags: Box<[_]> = tags.into_iter().collect();
        tags.sort_unstable_by(|(a, _), (b, _)| a.cmp(b));
        Self(tags)
    }
}

impl Tags {
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (&**key, value))
    }

    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        let place = self.0.binary_search_by(|(name, _)| (**name).cmp(key)).ok()?;
        self.0.get(place).map(|(_, value)| value)
    }
}

impl RenderingFacts {
    pub(crate) fn collection(&self, name: &str) -> Option<&RenderedCollection> {
        self.collections.get(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rendering_has_the_collections_that_the_payload_names() {
        let scoped = RenderedCollection {
            scope: Some(RawFilter("{}".into())),
            ..RenderedCollection::default()
        };
        let rendering = RenderingFacts {
            collections: [("companies".into(), scoped.clone())].into(),
            ..RenderingFacts::default()
        };
        assert_eq!(rendering.collection("companies"), Some(&scoped));
        assert_eq!(rendering.collection("Companies"), None);
    }
}
