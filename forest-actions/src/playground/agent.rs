//! The page's view of the agent: admission, rights, schema and settings. Only `fake` adds to it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use actix_web::dev::Payload;
use actix_web::{HttpRequest, web};
use serde::de::DeserializeOwned;

use crate::caller::Caller;
use crate::config::Environment;
use crate::declare::{ActionDescriptor, ChartDescriptor};
use crate::forest::Forest;
use crate::http::admission::{BodyKind, admit};
use crate::http::{Shared, link_rights};
use crate::local::LocalUser;
use crate::request::read_body;
use crate::response::ActionError;
use crate::rights::{BrowseRight, Intent};
use crate::schema::Relationship;

/// Maximum size of a request body of the page: a form with some files.
const BODY_LIMIT: usize = 50 * 1024 * 1024;

#[derive(Debug, Clone)]
pub(super) struct Agent(Forest);

/// A relation by which records can be linked, with the rights that it needs.
pub(super) struct Linkable<'a> {
    pub(super) relation: &'a str,
    pub(super) link: Vec<(&'a str, BrowseRight)>,
    /// `None` if the foreign key cannot be empty.
    pub(super) unlink: Option<Vec<(&'a str, BrowseRight)>>,
}

impl Agent {
    pub(super) fn new(forest: &Forest) -> Self {
        Self(forest.clone())
    }

    pub(super) fn shared(&self) -> &Shared {
        &self.0.shared
    }

    /// Returns `true` once for each agent. Every worker of a server mounts a page, and a problem of it is logged once.
    pub(super) fn is_first_page(&self) -> bool {
        static AGENTS: Mutex<Vec<Weak<Shared>>> = Mutex::new(Vec::new());
        let mut agents = AGENTS.lock().unwrap_or_else(PoisonError::into_inner);
        agents.retain(|agent| agent.strong_count() > 0);
        let own = Arc::downgrade(&self.0.shared);
        let is_first = !agents.iter().any(|agent| agent.ptr_eq(&own));
        if is_first {
            agents.push(own);
        }
        is_first
    }

    /// Returns whether the history of records can be read.
    pub(super) fn has_history(&self) -> bool {
        self.shared().audit().is_some_and(|trail| trail.is_readable())
    }

    /// Returns whether actions can run in the background.
    pub(super) fn has_runs(&self) -> bool {
        self.shared().runs().is_some()
    }

    pub(super) fn is_local(&self) -> bool {
        self.0.is_local()
    }

    pub(super) fn is_in_production(&self) -> bool {
        self.0.environment() == Environment::Production
    }

    pub(super) fn local_users(&self) -> &[LocalUser] {
        self.0.local_users()
    }

    pub(super) fn local_session(&self, user: u64) -> Result<String, ActionError> {
        self.0.local_token(user).map_err(ActionError::internal)
    }

    /// Admits the caller of a request without a body.
    ///
    /// # Errors
    /// The refusal of the agent's own admission.
    pub(super) async fn reader(&self, req: &HttpRequest) -> Result<Caller, ActionError> {
        admit(self.shared(), req, BodyKind::Unread).await
    }

    pub(super) fn schema_text(&self) -> String {
        self.shared().schema().to_file_text()
    }

    pub(super) fn collections(&self) -> impl Iterator<Item = &str> {
        let collections = self.shared().schema().collections.iter();
        collections.map(|collection| collection.name.as_str())
    }

    pub(super) fn has_records(&self, collection: &str) -> bool {
        self.shared().store_of(collection).is_some()
    }

    /// The fields and relations of a collection in the order of its table, a relation in place of its foreign key. The schema
    /// is sorted by name.
    pub(super) fn order(&self, collection: &str) -> Vec<&str> {
        let store = self.shared().store_of(collection);
        let Some(model) = store.and_then(|store| store.models.get(collection)) else {
            return Vec::new();
        };
        let mut place: HashMap<&str, usize> = HashMap::new();
        for (index, field) in model.fields.iter().enumerate() {
            place.insert(&field.name, index);
        }
        for relation in &model.relations {
            let key = place.get(relation.local_key.as_str()).copied();
            let belongs = relation.kind == Relationship::BelongsTo;
            place.insert(&relation.name, key.filter(|_| belongs).unwrap_or(model.fields.len()));
        }
        let schema = self.shared().schema().collections.iter();
        let mut names: Vec<&str> = schema
            .filter(|known| known.name == collection)
            .flat_map(|known| known.fields.iter().map(|field| field.field.as_str()))
            .collect();
        names.sort_by_key(|name| place.get(name).copied().unwrap_or(usize::MAX));
        names
    }

    /// The charts in code.
    pub(super) fn charts(&self) -> impl Iterator<Item = &'static ChartDescriptor> {
        self.shared().charts().iter()
    }

    /// The rights of the kinds of writing that the program allows on a collection.
    pub(super) fn writes(&self, collection: &str) -> Vec<BrowseRight> {
        let store = self.shared().store_of(collection);
        let writable = store.and_then(|store| store.writable.get(collection));
        let allowed = writable.map(|writable| {
            [
                (writable.creates, BrowseRight::Add),
                (writable.updates, BrowseRight::Edit),
                (writable.deletes, BrowseRight::Delete),
            ]
        });
        let allowed = allowed.into_iter().flatten().filter(|(is_allowed, _)| *is_allowed);
        allowed.map(|(_, right)| right).collect()
    }

    /// The relations of a collection by which the program allows to link records.
    pub(super) fn links(&self, collection: &str) -> Vec<Linkable<'_>> {
        let Some(store) = self.shared().store_of(collection) else {
            return Vec::new();
        };
        let Some(owner) = store.models.get(collection) else {
            return Vec::new();
        };
        let relations = owner.relations.iter().filter(|relation| !relation.is_read_only);
        let linkable = relations.map(|relation| {
            let holder = match relation.kind {
                Relationship::BelongsTo => Some((owner, &relation.local_key)),
                _ => store
                    .models
                    .get(&relation.target)
                    .map(|target| (target, &relation.target_key)),
            };
            let key = holder.and_then(|(holder, key)| holder.find_field(key));
            let may_be_empty = relation.through.is_some() || key.is_some_and(|key| key.is_nullable && !key.is_required);
            Linkable {
                relation: &relation.name,
                link: link_rights(owner, relation, false),
                unlink: may_be_empty.then(|| link_rights(owner, relation, true)),
            }
        });
        linkable.collect()
    }

    pub(super) fn actions(&self) -> &[&'static ActionDescriptor] {
        self.shared().actions()
    }

    /// Checks the right to run an action, as far as no record decides.
    ///
    /// # Errors
    /// 403 without the right, 503 if the rights cannot be read.
    pub(super) async fn may_trigger(
        &self,
        action: &'static ActionDescriptor,
        caller: &Caller,
    ) -> Result<(), ActionError> {
        let permit = self.shared().rights().permit(action, caller, Intent::Trigger).await?;
        drop(permit);
        Ok(())
    }

    /// Checks a right on the records of a collection.
    ///
    /// # Errors
    /// 403 without the right, 503 if the rights cannot be read.
    pub(super) async fn may_browse(
        &self,
        collection: &str,
        caller: &Caller,
        right: BrowseRight,
    ) -> Result<(), ActionError> {
        Ok(self.shared().rights().browse(caller, collection, right).await?)
    }
}

/// Reads a JSON body.
///
/// # Errors
/// 400 for invalid JSON, naming the place; the refusals of the agent's own reader.
pub(super) async fn json_body<T: DeserializeOwned>(req: &HttpRequest, payload: web::Payload) -> Result<T, ActionError> {
    let mut payload: Payload = payload.into_inner();
    let body = read_body(req, &mut payload, BODY_LIMIT).await?;
    let mut json = serde_json::Deserializer::from_slice(&body);
    let invalid = |problem: String| ActionError::bad_request(format!("the request body: {problem}"));
    let read = serde_path_to_error::deserialize(&mut json).map_err(|error| invalid(error.to_string()))?;
    json.end().map_err(|error| invalid(error.to_string()))?;
    Ok(read)
}
