//! Local mode: the users and roles that exist on a developer's machine, without an account, and their session tokens.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;

use secrecy::ExposeSecret as _;
use serde::Serialize;

use crate::clock::seconds_since_epoch;
use crate::config::Config;
use crate::error::Error;
use crate::records::{Filter, GrantedQuery, RecordRules, RecordStore, Scope};
use crate::request::{LIFETIME, TokenKeys};
use crate::rights::{BrowseRight, LocalRights, RoleRights};
use crate::schema::Schema;
use crate::text::nearest;

fn hint<'a>(wrong: &str, known: impl Iterator<Item = &'a str>) -> String {
    nearest(wrong, known).map_or_else(String::new, |name| format!(" (did you mean `{name}`?)"))
}

/// The declared users and roles.
#[derive(Debug, Clone, Default)]
pub(crate) struct LocalMode {
    pub(crate) users: Vec<LocalUser>,
    pub(crate) roles: Vec<LocalRole>,
}

impl LocalMode {
    /// Adds an administrator when no user is declared, so that the local page has someone to sign in as.
    pub(crate) fn with_default_user(mut self) -> Self {
        if self.users.is_empty() {
            self.users
                .push(LocalUser::new(1, "admin@localhost").name("Local", "Admin"));
        }
        self
    }

    /// Checks the roles against the actions and collections that exist, and resolves the collections each role sees.
    ///
    /// # Errors
    /// [`Error::DuplicateLocalUser`], and [`Error::LocalRole`] for a role that limits an action or collection that does not exist:
    /// it would limit nothing.
    pub(crate) fn check(self, schema: &Schema, store: Option<&RecordStore>) -> Result<Self, Error> {
        let mut checked = self.with_default_user();
        for role in &mut checked.roles {
            role.check(schema, store)?;
        }
        for (index, user) in checked.users.iter().enumerate() {
            if checked.users.iter().skip(index + 1).any(|other| other.id == user.id) {
                return Err(Error::DuplicateLocalUser(user.id));
            }
        }
        Ok(checked)
    }

    pub(crate) fn into_rights(self) -> LocalRights {
        LocalRights(self.roles.into_iter().map(|role| role.0).collect())
    }
}

/// A session token for a user of local mode.
///
/// # Errors
/// [`Error::LocalSession`] for a connected agent, and for an unknown user.
pub(crate) fn session_token(config: &Config, users: &[LocalUser], user_id: u64) -> Result<String, Error> {
    let refused = |text: String| Err(Error::LocalSession(text));
    if !config.is_local() {
        return refused("the agent is connected, so people log in through Forest Admin".to_owned());
    }
    let Some(user) = users.iter().find(|user| user.id == user_id) else {
        let known: Vec<String> = users.iter().map(|user| format!("{} ({user})", user.id)).collect();
        return refused(format!("there is no user {user_id}; there are {}", known.join("; ")));
    };
    TokenKeys::new(config.auth_secret.expose_secret().as_bytes())
        .sign(&user.claims(seconds_since_epoch(), LIFETIME))
        .map_err(|error| Error::LocalSession(error.to_string()))
}

/// A user of local mode.
///
/// ```
/// use forest_actions::LocalUser;
///
/// let ada = LocalUser::new(1, "ada@example.com").name("Ada", "Lovelace").role("Admin").tag("country", "UK");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct LocalUser {
    pub(crate) id: u64,
    pub(crate) email: String,
    pub(crate) first_name: String,
    pub(crate) last_name: String,
    pub(crate) team: String,
    pub(crate) role: String,
    pub(crate) permission_level: String,
    pub(crate) tags: BTreeMap<String, String>,
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

    /// The id, as in [`Forest::local_token`](crate::Forest::local_token).
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The role, by name.
    pub(crate) fn role_name(&self) -> &str {
        &self.role
    }

    /// The claims of a session that starts at `now`, in seconds.
    fn claims(&self, now: u64, lifetime: u64) -> impl Serialize + '_ {
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

/// The claims of a session token, in the order of the reference agent.
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

/// The limits of a role of local mode; everything else is allowed.
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
            not_written: HashSet::new(),
        })
    }

    /// Denies the right to trigger an action, named by its collection and its label.
    pub fn deny(mut self, collection: impl Into<String>, action: impl Into<String>) -> Self {
        self.0.denied.insert((collection.into(), action.into()));
        self
    }

    /// Limits the role to the records of a collection for which the filter holds: in lists, in selections, and by id. A value may be a variable, such as `{{currentUser.email}}` or `{{currentUser.tags.country}}`.
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

    /// Denies the right to browse the records of a collection, also through the relations of others. Its actions can still be
    /// run.
    pub fn deny_browsing(mut self, collection: impl Into<String>) -> Self {
        self.rules().not_browsed.insert(collection.into());
        self
    }

    /// Denies the right to create records of a collection.
    pub fn deny_adding(self, collection: impl Into<String>) -> Self {
        self.deny_right(collection, BrowseRight::Add)
    }

    /// Denies the right to change records of a collection.
    pub fn deny_editing(self, collection: impl Into<String>) -> Self {
        self.deny_right(collection, BrowseRight::Edit)
    }

    /// Denies the right to delete records of a collection.
    pub fn deny_deleting(self, collection: impl Into<String>) -> Self {
        self.deny_right(collection, BrowseRight::Delete)
    }

    fn deny_right(mut self, collection: impl Into<String>, right: BrowseRight) -> Self {
        self.0.not_written.insert((collection.into(), right));
        self
    }

    fn rules(&mut self) -> &mut RecordRules {
        Arc::make_mut(&mut self.0.records)
    }

    /// Checks the names of actions and collections, and derives the models without the collections that the role may not
    /// browse.
    fn check(&mut self, schema: &Schema, store: Option<&RecordStore>) -> Result<(), Error> {
        let mut problems = BTreeSet::new();
        for (collection, action) in &self.0.denied {
            if schema.find_action(collection, action).is_none() {
                let known = schema.collections.iter().filter(|known| known.name() == collection);
                let known = known.flat_map(|known| &known.actions).map(|action| action.name());
                let hint = hint(action, known);
                problems.insert(format!(
                    "denies the action `{action}` of `{collection}`, which does not exist{hint}"
                ));
            }
        }
        let rules = &self.0.records;
        let limited = rules
            .scopes
            .keys()
            .chain(rules.live_queries.keys())
            .chain(&rules.not_browsed)
            .chain(self.0.not_written.iter().map(|(collection, _)| collection));
        for collection in limited {
            if store.is_none_or(|store| store.models.get(collection).is_none()) {
                let known = store.into_iter().flat_map(|store| store.models.iter());
                let hint = hint(collection, known.map(|known| known.name.as_str()));
                problems.insert(format!(
                    "limits the records of `{collection}`, and the record source has no such collection{hint}"
                ));
            }
        }
        if !problems.is_empty() {
            return Err(Error::LocalRole {
                role: self.0.role.clone(),
                problem: problems.into_iter().collect::<Vec<_>>().join(", and "),
            });
        }
        if let Some(store) = store {
            let rules = self.rules();
            if !rules.not_browsed.is_empty() {
                rules.visible = Some(Arc::new(store.models.without(&rules.not_browsed)));
            }
        }
        Ok(())
    }
}
