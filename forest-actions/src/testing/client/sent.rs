//! One request about an action: who sends it, what it selects, and where the test says so.

use std::fmt;
use std::panic::Location;

use actix_web::http::Method;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::received::Received;
use super::user::TestUser;
use crate::declare::{ActionDescriptor, HttpMethod};

/// A request under construction, and afterwards the memory of it.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) user: TestUser,
    pub(super) action: &'static ActionDescriptor,
    pub(super) attributes: Map<String, Value>,
    timezone: String,
    pub(super) at: &'static Location<'static>,
}

impl Sent {
    /// What the UI sends before anything is selected or filled in.
    pub(super) fn new(user: TestUser, action: &'static ActionDescriptor, at: &'static Location<'static>) -> Self {
        let mut attributes = Map::new();
        for (name, value) in [
            ("collection_name", json!(action.collection)),
            ("ids", json!([])),
            ("parent_collection_name", Value::Null),
            ("parent_collection_id", Value::Null),
            ("parent_association_name", Value::Null),
            ("all_records", json!(false)),
            ("all_records_subset_query", Value::Null),
            ("all_records_ids_excluded", json!([])),
        ] {
            attributes.insert(name.to_owned(), value);
        }
        Self {
            user,
            action,
            attributes,
            timezone: "UTC".to_owned(),
            at,
        }
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.attributes.insert(name.to_owned(), value.into());
    }

    pub(super) fn set_ids(&mut self, ids: impl IntoIterator<Item = impl ToString>) {
        let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
        self.set("ids", ids);
    }

    pub(super) fn set_all(&mut self, list: Value) {
        self.set("all_records", true);
        self.set("all_records_subset_query", list);
    }

    pub(super) fn set_parent(&mut self, collection: &str, id: &str, relation: &str) {
        self.set("parent_collection_name", collection);
        self.set("parent_collection_id", id);
        self.set("parent_association_name", relation);
    }

    pub(super) fn set_timezone(&mut self, name: &str) {
        name.clone_into(&mut self.timezone);
    }

    /// Sends it to the action, or to a hook below it.
    pub(super) async fn send(&self, below: &str) -> Received {
        let forest = self.user.forest();
        let zone: String = url::form_urlencoded::byte_serialize(self.timezone.as_bytes()).collect();
        let path = format!("{}?timezone={zone}", forest.path(self.action, below));
        let (method, kind) = match (below, self.action.http_method) {
            ("", HttpMethod::Post) => (Method::POST, "custom-action-requests"),
            ("", HttpMethod::Put) => (Method::PUT, "custom-action-requests"),
            ("", HttpMethod::Patch) => (Method::PATCH, "custom-action-requests"),
            ("", HttpMethod::Delete) => (Method::DELETE, "custom-action-requests"),
            _ => (Method::POST, "action-requests"),
        };
        self.user.post(method, &path, kind, &self.attributes).await
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (collection, name) = (self.action.collection, self.action.name);
        write!(f, "`{name}` of `{collection}` by {}, {}", self.user.person(), self.at)
    }
}

/// A value as JSON.
#[track_caller]
pub(super) fn json_of(value: impl Serialize, of: &str) -> Value {
    match serde_json::to_value(value) {
        Ok(value) => value,
        Err(error) => panic!("{of} cannot be written as JSON: {error}"),
    }
}

/// The methods by which a request says what it is about; for each kind of request of this client.
macro_rules! selecting {
    ($type:ty) => {
        impl $type {
            /// On these records, by their ids. The parts of a composite key are joined as the UI does it: `["7|42"]`.
            pub fn ids(mut self, ids: impl IntoIterator<Item = impl ToString>) -> Self {
                self.sent.set_ids(ids);
                self
            }

            /// On all records of the list: "select all".
            pub fn all(mut self) -> Self {
                self.sent.set_all(serde_json::json!({"timezone": "UTC"}));
                self
            }

            /// On all records of a list with these parameters: `filters`, `search`, `segment`, … as
            /// `all_records_subset_query` has them.
            pub fn all_of(mut self, list: serde_json::Value) -> Self {
                self.sent.set_all(list);
                self
            }

            /// Without these records, which were unticked after "select all".
            pub fn except(mut self, ids: impl IntoIterator<Item = impl ToString>) -> Self {
                let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
                self.sent.set("all_records_ids_excluded", ids);
                self
            }

            /// From the list of a record's related records.
            pub fn related_to(mut self, collection: &str, id: impl ToString, relation: &str) -> Self {
                self.sent.set_parent(collection, &id.to_string(), relation);
                self
            }

            /// In this time zone instead of UTC.
            pub fn timezone(mut self, name: &str) -> Self {
                self.sent.set_timezone(name);
                self
            }

            /// Sets any other attribute of the body, such as one that the UI would never send.
            pub fn attribute(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
                self.sent.set(name, value);
                self
            }
        }
    };
}

pub(super) use selecting;
