//! The users of the fake project, and their forms in the protocol: the list of users, the answer to a login, the claims of a
//! session (protocol: authentication, permissions).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::server::{FakeForest, FakeForestError};

/// A user of the fake project.
///
/// ```
/// use forest_actions::testing::FakeUser;
///
/// let ada = FakeUser::new(1, "ada@example.com").name("Ada", "Lovelace").role("Admin").tag("country", "UK");
/// assert_eq!(ada.full_name(), "Ada Lovelace");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct FakeUser {
    id: u64,
    email: String,
    first_name: String,
    last_name: String,
    teams: Vec<String>,
    tags: BTreeMap<String, Value>,
    role: Option<String>,
    permission_level: String,
}

impl FakeUser {
    /// A user in the team `Operations`, with the permission level `user` and no role.
    pub fn new(id: u64, email: impl Into<String>) -> Self {
        Self {
            id,
            email: email.into(),
            first_name: String::new(),
            last_name: String::new(),
            teams: vec!["Operations".to_owned()],
            tags: BTreeMap::new(),
            role: None,
            permission_level: "user".to_owned(),
        }
    }

    /// Sets the first and last name.
    pub fn name(mut self, first: impl Into<String>, last: impl Into<String>) -> Self {
        self.first_name = first.into();
        self.last_name = last.into();
        self
    }

    /// Sets the role, by name. A new name adds a role without rights.
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// Sets the only team.
    pub fn team(self, team: impl Into<String>) -> Self {
        self.teams([team])
    }

    /// Sets the teams; an agent uses the first one.
    pub fn teams(mut self, teams: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.teams = teams.into_iter().map(Into::into).collect();
        self
    }

    /// Sets the permission level: `admin`, `developer`, `editor` or `user`.
    pub fn permission_level(mut self, level: impl Into<String>) -> Self {
        self.permission_level = level.into();
        self
    }

    /// Adds a tag: a text or any other JSON.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// The user's id.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The e-mail address.
    #[must_use]
    pub fn email(&self) -> &str {
        &self.email
    }

    /// The name of the role.
    #[must_use]
    pub fn role_name(&self) -> Option<&str> {
        self.role.as_deref()
    }

    /// The name of the first team, which an agent uses.
    #[must_use]
    pub fn team_name(&self) -> Option<&str> {
        self.teams.first().map(String::as_str)
    }

    /// First and last name, or the e-mail address if both are empty.
    #[must_use]
    pub fn full_name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        match name.trim() {
            "" => self.email.clone(),
            name => name.to_owned(),
        }
    }

    /// An entry of the list of users, with tags as an object.
    pub(super) fn listed(&self, role_id: Option<u64>) -> Value {
        json!({
            "id": self.id,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "fullName": self.full_name(),
            "email": self.email,
            "permissionLevel": self.permission_level,
            "tags": self.tags,
            "roleId": role_id,
        })
    }

    /// The answer to a login, with tags as a list of pairs.
    pub(super) fn authorized(&self) -> Value {
        json!({"data": {"type": "users", "id": self.id.to_string(), "attributes": {
            "email": self.email,
            "first_name": self.first_name,
            "last_name": self.last_name,
            "teams": self.teams,
            "role": self.role,
            "permission_level": self.permission_level,
            "tags": self.tag_pairs(),
        }}})
    }

    /// The claims of the provider.
    pub(super) fn profile(&self) -> Map<String, Value> {
        object(json!({
            "sub": self.id.to_string(),
            "email": self.email,
            "email_verified": true,
            "given_name": self.first_name,
            "family_name": self.last_name,
            "name": self.full_name(),
        }))
    }

    /// The claims of a session, as the reference agent makes them.
    pub(super) fn session(&self, rendering: u64, now: u64, lifetime: u64) -> Map<String, Value> {
        object(json!({
            "id": self.id.to_string(),
            "email": self.email,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "team": self.teams.first(),
            "role": self.role,
            "tags": self.tag_pairs(),
            "permissionLevel": self.permission_level,
            "renderingId": rendering,
            "iat": now,
            "exp": now + lifetime,
        }))
    }

    fn tag_pairs(&self) -> Vec<Value> {
        let pairs = self.tags.iter();
        pairs.map(|(key, value)| json!({"key": key, "value": value})).collect()
    }
}

/// Users.
impl FakeForest {
    /// Adds a user, or replaces the one with this id.
    pub fn add_user(&self, user: impl Into<FakeUser>) {
        self.shared().state().add_user(user.into());
        self.shared().users_changed();
    }

    /// Removes a user. Returns `false` if there is no user with this id.
    pub fn remove_user(&self, id: u64) -> bool {
        let is_removed = self.shared().state().users.remove(&id).is_some();
        self.shared().users_changed();
        is_removed
    }

    /// Sets or removes the role of a user.
    ///
    /// # Errors
    /// There is no such user.
    pub fn set_role(&self, user: u64, role: Option<&str>) -> Result<(), FakeForestError> {
        let mut state = self.shared().state();
        if let Some(role) = role {
            state.role_id(role);
        }
        let entry = state.users.get_mut(&user).ok_or(FakeForestError::UnknownUser(user))?;
        entry.role = role.map(str::to_owned);
        drop(state);
        self.shared().users_changed();
        Ok(())
    }

    /// The users, by id.
    #[must_use]
    pub fn users(&self) -> Vec<FakeUser> {
        self.shared().state().users.values().cloned().collect()
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
