//! Local mode: the users and roles that exist on a developer's machine, without an account.
//!
//! Owns who they are and the session tokens that stand for them. That local mode only exists on loopback
//! is enforced by the pipeline.

use std::collections::BTreeMap;
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::Serialize;

use crate::records::{Filter, GrantedQuery, Models, RecordRules, Scope};
use crate::rights::RoleRights;
#[cfg(feature = "playground")]
use crate::text::full_name;

/// A person of local mode.
///
/// ```
/// use forest_actions::LocalUser;
///
/// let ada = LocalUser::new(1, "ada@example.com").name("Ada", "Lovelace").role("Admin").tag("country", "UK");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct LocalUser {
    id: u64,
    email: String,
    first_name: String,
    last_name: String,
    team: String,
    role: String,
    permission_level: String,
    tags: BTreeMap<String, String>,
}

impl LocalUser {
    /// A user with the role `Admin`, in the team `Operations`.
    pub fn new(id: u64, email: impl Into<String>) -> Self {
        Self {
            id,
            email: email.into(),
            first_name: String::new(),
            last_name: String::new(),
            team: "Operations".to_owned(),
            role: "Admin".to_owned(),
            permission_level: "admin".to_owned(),
            tags: BTreeMap::new(),
        }
    }

    /// First and last name.
    pub fn name(mut self, first: impl Into<String>, last: impl Into<String>) -> Self {
        self.first_name = first.into();
        self.last_name = last.into();
        self
    }

    /// The role, by name; see [`LocalRole`].
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = role.into();
        self
    }

    /// The team.
    pub fn team(mut self, team: impl Into<String>) -> Self {
        self.team = team.into();
        self
    }

    /// The permission level: `admin`, `developer`, `editor` or `user`.
    pub fn permission_level(mut self, level: impl Into<String>) -> Self {
        self.permission_level = level.into();
        self
    }

    /// Adds a tag.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// The id by which a session is asked for.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// First and last name, or the e-mail address when there is neither.
    #[cfg(feature = "playground")]
    pub(crate) fn full_name(&self) -> String {
        full_name(&self.first_name, &self.last_name, &self.email)
    }

    #[cfg(feature = "playground")]
    pub(crate) fn email(&self) -> &str {
        &self.email
    }

    /// The role, by name.
    pub(crate) fn role_name(&self) -> &str {
        &self.role
    }

    #[cfg(feature = "playground")]
    pub(crate) fn team_name(&self) -> &str {
        &self.team
    }

    /// The claims of a session that starts now.
    pub(crate) fn claims(&self, now: u64, lifetime: u64) -> impl Serialize + '_ {
        SessionClaims {
            id: self.id.to_string(),
            email: &self.email,
            first_name: &self.first_name,
            last_name: &self.last_name,
            team: &self.team,
            role: &self.role,
            permission_level: &self.permission_level,
            tags: self.tags.iter().map(|(key, value)| Tag { key, value }).collect(),
            rendering_id: 1,
            iat: now,
            exp: now + lifetime,
        }
    }
}

/// `Ada Lovelace <ada@example.com>, Admin`
impl fmt::Display for LocalUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{} {}", self.first_name, self.last_name);
        match name.trim() {
            "" => write!(f, "{}, {}", self.email, self.role),
            name => write!(f, "{name} <{}>, {}", self.email, self.role),
        }
    }
}

/// What the reference agent puts into a session token, in its order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionClaims<'a> {
    id: String,
    email: &'a str,
    first_name: &'a str,
    last_name: &'a str,
    team: &'a str,
    role: &'a str,
    tags: Vec<Tag<'a>>,
    permission_level: &'a str,
    rendering_id: u64,
    iat: u64,
    exp: u64,
}

#[derive(Serialize)]
struct Tag<'a> {
    key: &'a str,
    value: &'a str,
}

/// What a role of local mode may not do; a role may do everything else.
///
/// ```
/// use forest_actions::LocalRole;
///
/// let support = LocalRole::new("Support").deny("companies", "Mark as Live");
/// ```
#[derive(Debug, Clone)]
#[must_use]
pub struct LocalRole(RoleRights);

impl LocalRole {
    /// A role that may trigger every action.
    pub fn new(name: impl Into<String>) -> Self {
        Self(RoleRights {
            role: name.into(),
            denied: HashSet::new(),
            records: Arc::default(),
        })
    }

    /// Takes the right to trigger an action, named by its collection and its label.
    pub fn deny(mut self, collection: impl Into<String>, action: impl Into<String>) -> Self {
        self.0.denied.insert((collection.into(), action.into()));
        self
    }

    /// Lets the role see only the records of a collection for which the filter holds; in lists, in selections, and by
    /// id. A value may be a variable, such as `{{currentUser.email}}` or `{{currentUser.tags.country}}`.
    ///
    /// ```
    /// use forest_actions::LocalRole;
    /// use forest_actions::records::{Filter, Operator};
    ///
    /// let support = LocalRole::new("Support").scope(
    ///     "companies",
    ///     Filter::leaf("country", Operator::Equal, "{{currentUser.tags.country}}"),
    /// );
    /// ```
    pub fn scope(mut self, collection: impl Into<String>, filter: Filter) -> Self {
        self.rules().scopes.insert(collection.into(), Scope::Filter(filter));
        self
    }

    /// Grants a live query: the SQL of a segment of this collection, on the source's default connection.
    pub fn live_query(self, collection: impl Into<String>, sql: impl Into<String>) -> Self {
        self.grant(collection.into(), None, sql.into())
    }

    /// Grants a live query on a connection that it names.
    pub fn live_query_on(
        self,
        collection: impl Into<String>,
        connection: impl Into<String>,
        sql: impl Into<String>,
    ) -> Self {
        self.grant(collection.into(), Some(connection.into()), sql.into())
    }

    fn grant(mut self, collection: String, connection: Option<String>, sql: String) -> Self {
        let queries = self.rules().live_queries.entry(collection).or_default();
        queries.0.push(GrantedQuery { connection, sql });
        self
    }

    /// Takes the right to look at the records of a collection, also through the relations of others; its actions can still
    /// be run.
    pub fn deny_browsing(mut self, collection: impl Into<String>) -> Self {
        self.rules().not_browsed.insert(collection.into());
        self
    }

    fn rules(&mut self) -> &mut RecordRules {
        Arc::make_mut(&mut self.0.records)
    }

    /// Works out what the role knows of the collections, once they are known.
    pub(crate) fn see(&mut self, models: &Models) {
        let rules = self.rules();
        if !rules.not_browsed.is_empty() {
            rules.visible = Some(Arc::new(models.without(&rules.not_browsed)));
        }
    }

    pub(crate) fn record_rules(&self) -> &RecordRules {
        &self.0.records
    }

    /// The actions that the role may not trigger.
    pub(crate) fn denied(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .denied
            .iter()
            .map(|(collection, action)| (collection.as_str(), action.as_str()))
    }

    pub(crate) fn name(&self) -> &str {
        &self.0.role
    }

    pub(crate) fn into_rights(self) -> RoleRights {
        self.0
    }
}
