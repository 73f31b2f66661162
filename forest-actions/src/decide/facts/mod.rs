//! What the Forest server says about people and their rights, in the form in which decisions read it.
//!
//! Owns the types and their lookups; `read` turns JSON into them. Missing data is never a right: an unknown
//! collection, action, user or role is allowed nothing; a part of another shape denies what it is about, and a payload of
//! another shape is an error (PER-02). Conditions and scopes are kept as JSON and parsed where a record model is at hand. Knows no network and no
//! clock; filled by the server's client, asked by the rules of `decide`.

mod read;
#[cfg(test)]
mod tests;
mod wire;

use std::collections::HashMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

pub(crate) use read::from_json;

/// A payload that does not have the shape of the protocol; says where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{problem} (at {place})")]
pub(crate) struct Malformed {
    /// The path to the offending member, shortened and escaped.
    pub(crate) place: String,
    /// What is wrong there, shortened and escaped.
    pub(crate) problem: String,
}

/// The number of a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct RoleId(pub(crate) i64);

impl fmt::Display for RoleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A tree of conditions as JSON text. What is no tree is kept as it came: whoever parses it finds out, and shows nothing.
/// Equal trees of one payload share their memory.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct RawFilter(Arc<str>);

impl RawFilter {
    /// What stands in the place of one that is not there to be read.
    fn unreadable() -> Self {
        Self("null".into())
    }

    /// The JSON text.
    pub(crate) fn as_json(&self) -> &str {
        &self.0
    }
}

/// The rights of an environment (protocol: permissions of an environment).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum EnvironmentPermissions {
    /// A development environment: there is no permission system (PER-08).
    Development,
    /// The rights of roles.
    Rules {
        /// By the collection's name in the schema, exactly (PER-11).
        collections: HashMap<Box<str>, CollectionRights>,
    },
}

/// The rights on one collection.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct CollectionRights {
    /// See the list.
    pub(crate) browse: Right,
    /// See a record.
    pub(crate) read: Right,
    /// Change a record.
    pub(crate) edit: Right,
    /// Add a record.
    pub(crate) add: Right,
    /// Delete a record.
    pub(crate) delete: Right,
    /// Download the list.
    pub(crate) export: Right,
    /// By the action's displayed name, exactly.
    pub(crate) actions: HashMap<Box<str>, ActionRights>,
}

/// The rights on one action.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ActionRights {
    /// Who may trigger it.
    pub(crate) trigger: Right,
    /// Under which conditions.
    pub(crate) trigger_conditions: RoleConditions,
    /// Whose trigger needs an approval.
    pub(crate) approval_required: Right,
    /// Under which conditions.
    pub(crate) approval_required_conditions: RoleConditions,
    /// Who may approve.
    pub(crate) user_approval: Right,
    /// Under which conditions.
    pub(crate) user_approval_conditions: RoleConditions,
    /// Who may approve a request of their own.
    pub(crate) self_approval: Right,
}

/// Who has a right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum Right {
    /// Every user of the project, with or without a role.
    Everybody,
    /// Nobody; also what a missing right means.
    #[default]
    Nobody,
    /// These roles.
    Roles(RoleSet),
}

/// Some roles, each once. Sets with equal members in one payload share their memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleSet {
    sorted: Arc<[RoleId]>,
    /// In the order of the payload, where that is another one.
    listed: Option<Arc<[RoleId]>>,
}

/// The conditions of a right, at most one a role, in the order of the payload. Empty for a right that is not given by
/// roles, because only there do conditions exist.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RoleConditions(Box<[RoleCondition]>);

/// The condition under which a role has a right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RoleCondition {
    /// The role.
    pub(crate) role: RoleId,
    /// What must hold for the records.
    pub(crate) filter: RawFilter,
}

/// The users of a project, by id.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Users(HashMap<Box<str>, Arc<UserFacts>>);

/// A user of the project, as the Forest server knows them now; the token says what was true at login.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct UserFacts {
    /// The id, as text.
    pub(crate) id: Box<str>,
    /// First name; empty when there is none.
    pub(crate) first_name: Box<str>,
    /// Last name; empty when there is none.
    pub(crate) last_name: Box<str>,
    /// Full name; empty when there is none.
    pub(crate) full_name: Box<str>,
    /// E-mail address; empty when there is none.
    pub(crate) email: Box<str>,
    /// `admin`, `developer`, `editor`, `user`…; empty when there is none.
    pub(crate) permission_level: Box<str>,
    /// The role; a user without one has the rights of everybody.
    pub(crate) role: Option<RoleId>,
    tags: Box<[(Box<str>, Value)]>,
}

/// What a rendering (a team's view of the project) adds: its team, and what of each collection is shown.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct RenderingFacts {
    /// The team.
    pub(crate) team: Option<TeamFacts>,
    /// By the collection's name.
    pub(crate) collections: HashMap<Box<str>, RenderedCollection>,
}

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TeamFacts {
    /// Its id, as text.
    pub(crate) id: Box<str>,
    /// Its name.
    pub(crate) name: Box<str>,
}

/// What a rendering shows of a collection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RenderedCollection {
    /// The records that exist for the team; all when there is none.
    pub(crate) scope: Option<RawFilter>,
    /// The queries of the older form of live segments, granted word by word.
    pub(crate) segments: Box<[Box<str>]>,
    /// The queries of live segments, granted word by word.
    pub(crate) live_query_segments: Box<[LiveQuerySegment]>,
}

/// The query of a live segment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LiveQuerySegment {
    /// The connection that it is for.
    pub(crate) connection: Option<Box<str>>,
    /// Its text.
    pub(crate) query: Box<str>,
}

/// The facts; one line for all that could not be read of them.
fn reported<T>(call: &'static str, (facts, unread): (T, read::Unread)) -> T {
    if unread.count > 0 {
        tracing::error!(
            call,
            kind = "malformed",
            parts = unread.count,
            cause = %unread,
            "parts of the Forest server's answer cannot be read, and deny what they are about"
        );
    }
    facts
}

impl EnvironmentPermissions {
    /// Reads the payload. A part that cannot be read denies what it is about, and the log names it.
    ///
    /// # Errors
    /// [`Malformed`] naming the place that has another shape than the protocol's.
    pub(crate) fn from_json(payload: &[u8]) -> Result<Self, Malformed> {
        read::environment(payload).map(|read| reported("permissions of the environment", read))
    }

    /// Whether this is a development environment.
    pub(crate) fn is_development(&self) -> bool {
        matches!(self, Self::Development)
    }

    /// The rights on a collection; `None` in a development environment, and when the payload does not know it.
    pub(crate) fn collection(&self, name: &str) -> Option<&CollectionRights> {
        match self {
            Self::Development => None,
            Self::Rules { collections } => collections.get(name),
        }
    }

    /// The rights on an action; `None` in a development environment, and when the payload does not know it.
    pub(crate) fn action(&self, collection: &str, name: &str) -> Option<&ActionRights> {
        self.collection(collection)?.actions.get(name)
    }
}

impl Right {
    /// Whether a user of this role has the right.
    pub(crate) fn allows(&self, role: Option<RoleId>) -> bool {
        match self {
            Self::Everybody => true,
            Self::Nobody => false,
            Self::Roles(roles) => role.is_some_and(|role| roles.contains(role)),
        }
    }

    /// The roles that have it, in the order of the payload; none when it is given to everybody or nobody.
    pub(crate) fn roles(&self) -> &[RoleId] {
        match self {
            Self::Everybody | Self::Nobody => &[],
            Self::Roles(roles) => roles.listed(),
        }
    }
}

impl RoleSet {
    /// Whether the role is one of these.
    pub(crate) fn contains(&self, role: RoleId) -> bool {
        self.sorted.binary_search(&role).is_ok()
    }

    /// In the order of the payload.
    pub(crate) fn listed(&self) -> &[RoleId] {
        self.listed.as_ref().unwrap_or(&self.sorted)
    }
}

impl RoleConditions {
    /// The condition of a role; no condition means unconditional (PER-07).
    pub(crate) fn of(&self, role: RoleId) -> Option<&RawFilter> {
        self.0
            .iter()
            .find(|condition| condition.role == role)
            .map(|condition| &condition.filter)
    }

    /// In the order of the payload.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &RoleCondition> {
        self.0.iter()
    }
}

impl Users {
    /// Reads the payload. A part that cannot be read denies what it is about, and the log names it.
    ///
    /// # Errors
    /// [`Malformed`] naming the place that has another shape than the protocol's.
    pub(crate) fn from_json(payload: &[u8]) -> Result<Self, Malformed> {
        read::users(payload).map(|read| reported("users", read))
    }

    /// All of them, in no order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &UserFacts> {
        self.0.values().map(|user| &**user)
    }

    /// The user of this id.
    pub(crate) fn get(&self, id: &str) -> Option<&Arc<UserFacts>> {
        self.0.get(id)
    }
}

impl UserFacts {
    /// The value of a tag, of any type.
    pub(crate) fn tag(&self, key: &str) -> Option<&Value> {
        let place = self.tags.binary_search_by(|(name, _)| (**name).cmp(key)).ok()?;
        self.tags.get(place).map(|(_, value)| value)
    }
}

impl RenderingFacts {
    /// Reads the payload. A part that cannot be read denies what it is about, and the log names it.
    ///
    /// # Errors
    /// [`Malformed`] naming the place that has another shape than the protocol's.
    pub(crate) fn from_json(payload: &[u8]) -> Result<Self, Malformed> {
        read::rendering(payload).map(|read| reported("permissions of a rendering", read))
    }

    /// What is shown of a collection; `None` when the payload does not know it.
    pub(crate) fn collection(&self, name: &str) -> Option<&RenderedCollection> {
        self.collections.get(name)
    }
}
