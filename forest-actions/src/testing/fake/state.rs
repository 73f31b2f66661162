//! What the fake project is at this moment: secrets, users, roles, rights, renderings, rules, schemas, approvals, and
//! who is logging in. Plain data; requests and handles read and change it under one lock.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value};

use super::approval::Approval;
use super::ip::IpRules;
use super::provider::Provider;
use super::rendering::RenderingEntry;
use super::rights::{ActionEntry, ActionRight, CollectionEntry, CollectionRight};
use super::schema::PublishedSchema;
use super::user::FakeUser;

/// A role.
#[derive(Debug)]
pub(super) struct RoleEntry {
    pub(super) id: u64,
    pub(super) name: String,
    /// Whether it is given every collection and the trigger right on every action that appears.
    pub(super) is_given_everything: bool,
}

/// The whole state.
pub(super) struct State {
    pub(super) env_secret: String,
    pub(super) auth_secret: String,
    pub(super) project: String,
    /// Where the agent says it is, without a slash at its end.
    pub(super) agent_url: String,
    pub(super) is_development: bool,
    /// Whether each change is told to the agents by an event.
    pub(super) push_events: bool,
    pub(super) users: BTreeMap<u64, FakeUser>,
    pub(super) roles: Vec<RoleEntry>,
    pub(super) collections: BTreeMap<String, CollectionEntry>,
    pub(super) renderings: BTreeMap<u64, RenderingEntry>,
    pub(super) ip_rules: IpRules,
    pub(super) schemas: Vec<PublishedSchema>,
    pub(super) approvals: Vec<Approval>,
    /// How long a signed request is good for; without one it says nothing about that.
    pub(super) approval_lifetime: Option<Duration>,
    pub(super) provider: Provider,
}

impl State {
    pub(super) fn new() -> Self {
        let random = || uuid::Uuid::new_v4().simple().to_string();
        Self {
            // the form of a real one, and different for each server, so that a mix-up cannot go unnoticed
            env_secret: random() + &random(),
            auth_secret: random() + &random(),
            project: "Fake project".to_owned(),
            agent_url: "http://localhost:3310".to_owned(),
            is_development: false,
            push_events: false,
            users: BTreeMap::new(),
            roles: Vec::new(),
            collections: BTreeMap::new(),
            renderings: BTreeMap::new(),
            ip_rules: IpRules::default(),
            schemas: Vec::new(),
            approvals: Vec::new(),
            approval_lifetime: None,
            provider: Provider::default(),
        }
    }

    /// The id of the role with this name, which is made when there is none.
    pub(super) fn role_id(&mut self, name: &str) -> u64 {
        if let Some(id) = self.known_role_id(name) {
            return id;
        }
        let id = self.roles.iter().map(|role| role.id).max().unwrap_or(0) + 10;
        self.roles.push(RoleEntry {
            id,
            name: name.to_owned(),
            is_given_everything: false,
        });
        id
    }

    pub(super) fn known_role_id(&self, name: &str) -> Option<u64> {
        self.roles.iter().find(|role| role.name == name).map(|role| role.id)
    }

    pub(super) fn add_user(&mut self, user: FakeUser) {
        if let Some(role) = user.role_name() {
            self.role_id(role);
        }
        self.users.insert(user.id(), user);
    }

    /// The user with this id; one who is not in the project is made up, since tokens may name anybody.
    pub(super) fn user_or_stranger(&self, id: u64) -> FakeUser {
        let known = self.users.get(&id).cloned();
        known.unwrap_or_else(|| FakeUser::new(id, format!("stranger-{id}@example.com")))
    }

    fn all_roles(&self) -> Vec<u64> {
        self.roles.iter().map(|role| role.id).collect()
    }

    fn roles_given_everything(&self) -> Vec<u64> {
        let roles = self.roles.iter().filter(|role| role.is_given_everything);
        roles.map(|role| role.id).collect()
    }

    /// The entry of a collection, which is made when there is none.
    pub(super) fn collection(&mut self, name: &str) -> &mut CollectionEntry {
        let roles = self.roles_given_everything();
        self.collections.entry(name.to_owned()).or_insert_with(|| {
            let mut entry = CollectionEntry::default();
            for (right, role) in CollectionRight::ALL
                .into_iter()
                .flat_map(|right| roles.iter().map(move |role| (right, role)))
            {
                entry.right_mut(right).set(*role, true, &[]);
            }
            entry
        })
    }

    /// The entry of an action, which is made when there is none.
    pub(super) fn action(&mut self, collection: &str, action: &str) -> &mut ActionEntry {
        let roles = self.roles_given_everything();
        let actions = &mut self.collection(collection).actions;
        actions.entry(action.to_owned()).or_insert_with(|| {
            let mut entry = ActionEntry::default();
            for role in roles {
                entry.right_mut(ActionRight::Trigger).set(role, true, &[]);
            }
            entry
        })
    }

    pub(super) fn set_action_right(&mut self, role: u64, right: ActionRight, place: (&str, &str), allowed: bool) {
        let all = self.all_roles();
        self.action(place.0, place.1).right_mut(right).set(role, allowed, &all);
    }

    pub(super) fn set_collection_right(&mut self, role: u64, right: CollectionRight, collection: &str, allowed: bool) {
        let all = self.all_roles();
        self.collection(collection).right_mut(right).set(role, allowed, &all);
    }

    /// Gives a role everything that is there, and that will be.
    pub(super) fn give_everything(&mut self, role: u64) {
        for entry in self.roles.iter_mut().filter(|entry| entry.id == role) {
            entry.is_given_everything = true;
        }
        for collection in self.collections.values_mut() {
            for right in CollectionRight::ALL {
                collection.right_mut(right).set(role, true, &[]);
            }
            for action in collection.actions.values_mut() {
                action.right_mut(ActionRight::Trigger).set(role, true, &[]);
            }
        }
    }

    /// The answer about the environment's permissions.
    pub(super) fn environment(&self) -> Value {
        if self.is_development {
            return Value::Bool(true);
        }
        let collections = self.collections.iter();
        let collections: Map<String, Value> = collections
            .map(|(name, entry)| (name.clone(), entry.to_json()))
            .collect();
        serde_json::json!({"collections": collections})
    }

    /// The answer about a rendering.
    pub(super) fn rendering(&self, id: u64) -> Value {
        let known = self.collections.keys();
        match self.renderings.get(&id) {
            Some(rendering) => rendering.to_json(known),
            None => RenderingEntry::default().to_json(known),
        }
    }

    /// The answer about the users.
    pub(super) fn user_list(&self) -> Value {
        let users = self.users.values();
        users
            .map(|user| user.listed(user.role_name().and_then(|role| self.known_role_id(role))))
            .collect()
    }
}
