//! The routes by which a schema is published, and the published schemas (protocol: schema upload). A hash is opaque here,
//! as it is to the vendor: it is only compared with the last one.

use serde_json::{Value, json};

use super::answer::Answer;
use super::requests::RecordedRequest;
use super::server::FakeForest;
use super::state::{Shared, State};

/// A published schema that differed from the one before.
#[derive(Debug, Clone, PartialEq)]
pub struct PublishedSchema {
    hash: Option<String>,
    document: Value,
}

impl PublishedSchema {
    /// The hash that was sent with it.
    #[must_use]
    pub fn hash(&self) -> Option<&str> {
        self.hash.as_deref()
    }

    /// The document.
    #[must_use]
    pub fn document(&self) -> &Value {
        &self.document
    }

    /// The names of its collections, in order.
    #[must_use]
    pub fn collections(&self) -> Vec<&str> {
        let collections = list(&self.document, "/data");
        collections
            .filter_map(|collection| collection.get("id")?.as_str())
            .collect()
    }

    /// Its actions as collection, name and endpoint, in order.
    #[must_use]
    pub fn actions(&self) -> Vec<(&str, &str, &str)> {
        let mut actions = Vec::new();
        for collection in list(&self.document, "/data") {
            let Some(name) = collection.get("id").and_then(Value::as_str) else {
                continue;
            };
            for reference in list(collection, "/relationships/actions/data") {
                let attributes = list(&self.document, "/included")
                    .find(|resource| {
                        resource.get("type").is_some_and(|kind| kind == "actions")
                            && resource.get("id") == reference.get("id")
                    })
                    .and_then(|resource| resource.get("attributes"));
                let text = |key: &str| attributes.and_then(|attributes| attributes.get(key)?.as_str());
                if let Some(action) = text("name") {
                    actions.push((name, action, text("endpoint").unwrap_or_default()));
                }
            }
        }
        actions
    }
}

fn list<'a>(value: &'a Value, pointer: &str) -> impl Iterator<Item = &'a Value> {
    value.pointer(pointer).and_then(Value::as_array).into_iter().flatten()
}

/// The name that was probably meant.
fn nearest<'n>(wrong: &str, names: impl Iterator<Item = &'n str>) -> Option<&'n str> {
    let likely = names.map(|name| (strsim::jaro_winkler(name, wrong), name));
    let likely = likely.filter(|(likeness, _)| *likeness > 0.85);
    likely.max_by(|a, b| a.0.total_cmp(&b.0)).map(|(_, name)| name)
}

/// Number of schemas that are kept.
const KEPT: usize = 100;

impl State {
    /// Keeps a schema and adds its collections and actions to the permissions.
    fn publish(&mut self, schema: PublishedSchema) {
        for collection in schema.collections() {
            self.collection(collection);
        }
        for (collection, action, _) in schema.actions() {
            self.action(collection, action);
        }
        self.schemas.push(schema);
        if self.schemas.len() > KEPT {
            self.schemas.remove(0);
        }
    }

    /// The endpoint of an action in the last schema.
    pub(super) fn endpoint(&self, collection: &str, action: &str) -> Option<String> {
        let actions = self.schemas.last()?.actions();
        let mut actions = actions.into_iter();
        let (_, _, endpoint) = actions.find(|(of, name, _)| (*of, *name) == (collection, action))?;
        (!endpoint.is_empty()).then(|| endpoint.to_owned())
    }
}

/// The published schemas.
impl FakeForest {
    /// The schemas that were published and differed from the one before, oldest first.
    #[must_use]
    pub fn schemas(&self) -> Vec<PublishedSchema> {
        self.shared().state().schemas.clone()
    }

    /// Panics for an action that the last schema does not have: a misspelt name would look like a missing right.
    #[track_caller]
    #[allow(clippy::panic, reason = "a mistake of the test")]
    pub(super) fn require_published(&self, collection: &str, action: &str) {
        let state = self.shared().state();
        let Some(schema) = state.schemas.last() else { return };
        let actions = schema.actions();
        let of_collection = || {
            actions
                .iter()
                .filter(|(of, ..)| *of == collection)
                .map(|(_, name, _)| *name)
        };
        if of_collection().any(|name| name == action) {
            return;
        }
        let (what, hint) = match of_collection().next() {
            Some(_) => (
                format!("`{action}` of `{collection}`"),
                nearest(action, of_collection()),
            ),
            None => (
                format!("`{action}`, nor any other of the collection `{collection}`"),
                nearest(collection, actions.iter().map(|(of, ..)| *of)),
            ),
        };
        let hint = hint.map_or_else(String::new, |near| format!("; did you mean `{near}`?"));
        drop(state);
        panic!("the published schema has no action {what}{hint}");
    }

    /// Forgets the schemas, so that the next one is new. Rights stay.
    pub fn forget_schemas(&self) {
        self.shared().state().schemas.clear();
    }
}

/// `POST /forest/apimaps/hashcheck`: answers if the schema with this hash has to be sent.
pub(super) fn hash_check(shared: &Shared, request: &RecordedRequest) -> Answer {
    let body = request.json();
    let hash = body.as_ref().and_then(|body| body.get("schemaFileHash")?.as_str());
    let Some(hash) = hash.filter(|hash| is_hash(hash)) else {
        return bad_request("schemaFileHash must be the SHA-1 of the schema in lower-case hexadecimal");
    };
    let state = shared.state();
    let last = state.schemas.last().and_then(PublishedSchema::hash);
    Answer::json(200, &json!({"sendSchema": last != Some(hash)}))
}

/// `GET /liana/forest-schema`: the last schema, as it was sent.
pub(super) fn published(shared: &Shared) -> Answer {
    match shared.state().schemas.last() {
        Some(schema) => Answer::json(200, schema.document()),
        None => Answer::error(404, "NotFoundError", "no schema has been published"),
    }
}

/// `POST /forest/apimaps`: takes the schema.
pub(super) fn upload(shared: &Shared, request: &RecordedRequest) -> Answer {
    let Some(document) = request.json() else {
        return bad_request("the body must be JSON");
    };
    let Some(meta) = document.get("meta").filter(|meta| meta.is_object()) else {
        return bad_request("meta is missing");
    };
    for key in ["liana", "liana_version"] {
        if !meta.get(key).is_some_and(Value::is_string) {
            return bad_request(&format!("meta.{key} must be a text"));
        }
    }
    if !document.get("data").is_some_and(Value::is_array) {
        return bad_request("data must be a list of collections");
    }
    // some agents send no hash
    let hash = match meta.get("schemaFileHash") {
        None => None,
        Some(hash) => match hash.as_str().filter(|hash| is_hash(hash)) {
            Some(hash) => Some(hash.to_owned()),
            None => return bad_request("meta.schemaFileHash must be a SHA-1 in lower-case hexadecimal"),
        },
    };
    let schema = PublishedSchema { hash, document };
    let mut state = shared.state();
    let is_the_same = state
        .schemas
        .last()
        .is_some_and(|last| match (&last.hash, &schema.hash) {
            (Some(last), Some(new)) => last == new,
            _ => last.document == schema.document,
        });
    if is_the_same {
        return Answer::empty(204);
    }
    state.publish(schema);
    let job = state.schemas.len();
    drop(state);
    // new actions may have rights
    shared.roles_changed();
    Answer::json(202, &json!({"meta": {"job_id": job}}))
}

fn is_hash(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn bad_request(detail: &str) -> Answer {
    Answer::error(400, "BadRequestError", detail)
}
