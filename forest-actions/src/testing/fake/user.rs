//! A person of the fake project, and the three shapes in which the protocol shows one: the list of users, the
//! answer to a login, the claims of a session (protocol: authentication, permissions).

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

/// A person who can log in, has a role, triggers actions and reviews approvals.
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

    /// First and last name.
    pub fn name(mut self, first: impl Into<String>, last: impl Into<String>) -> Self {
        self.first_name = first.into();
        self.last_name = last.into();
        self
    }

    /// The role, by name. A name that is new makes a new role, without any right.
    pub fn role(mut self, role: impl Into<String>) -> Self {
        self.role = Some(role.into());
        self
    }

    /// The only team.
    pub fn team(self, team: impl Into<String>) -> Self {
        self.teams([team])
    }

    /// The teams; an agent keeps the first one.
    pub fn teams(mut self, teams: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.teams = teams.into_iter().map(Into::into).collect();
        self
    }

    /// The permission level: `admin`, `developer`, `editor` or `user`.
    pub fn permission_level(mut self, level: impl Into<String>) -> Self {
        self.permission_level = level.into();
        self
    }

    /// Adds a tag: a text, or whatever else JSON can say.
    pub fn tag(mut self, key: impl Into<String>, value: impl Into<Value>) -> Self {
        self.tags.insert(key.into(), value.into());
        self
    }

    /// The id.
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

    /// The name of the team that an agent keeps.
    #[must_use]
    pub fn team_name(&self) -> Option<&str> {
        self.teams.first().map(String::as_str)
    }

    /// First and last name, or the e-mail address when there is neither.
    #[must_use]
    pub fn full_name(&self) -> String {
        let name = format!("{} {}", self.first_name, self.last_name);
        match name.trim() {
            "" => self.email.clone(),
            name => name.to_owned(),
        }
    }

    /// The entry in the list of users, where tags are an object.
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

    /// The answer to a login, where tags are a list of pairs.
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

    /// What the provider says about the user, beside the subject.
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

    /// The claims of a session that starts now, as the reference agent makes them.
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

    pub(super) fn set_role(&mut self, role: Option<String>) {
        self.role = role;
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}
