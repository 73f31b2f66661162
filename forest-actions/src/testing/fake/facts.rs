//! The routes from which agents read facts: the logged-in user, the environment, the users, a rendering, the IP rules
//! (protocol: permissions, IP whitelist).
//!
//! Scopes, segments and IP rules are sent as they were given; the fake server never evaluates them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::events::ForestEvent;
use super::provider::LoginRefusal;
use super::requests::RecordedRequest;
use super::server::FakeForest;
use super::state::Shared;

/// An IP rule, sent as it is written: invalid rules can be sent as well.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum IpRule {
    /// One address.
    Address(String),
    /// The first and the last address of a range.
    Range(String, String),
    /// A range in the spelling of newer servers (`ipMinimum`, `ipMaximum`).
    CamelCaseRange(String, String),
    /// A network, such as `192.168.0.0/16`.
    Subnet(String),
    /// Any JSON, such as a rule of an unknown type.
    Raw(Value),
}

impl IpRule {
    fn to_json(&self) -> Value {
        match self {
            Self::Address(ip) => json!({"type": 0, "ip": ip}),
            Self::Range(from, to) => json!({"type": 1, "ip_minimum": from, "ip_maximum": to}),
            Self::CamelCaseRange(from, to) => json!({"type": 1, "ipMinimum": from, "ipMaximum": to}),
            Self::Subnet(range) => json!({"type": 2, "range": range}),
            Self::Raw(rule) => rule.clone(),
        }
    }
}

#[derive(Debug, Default)]
pub(super) struct IpRules {
    pub(super) enabled: bool,
    pub(super) rules: Vec<IpRule>,
}

impl IpRules {
    pub(super) fn to_json(&self) -> Value {
        let rules: Vec<Value> = self.rules.iter().map(IpRule::to_json).collect();
        json!({"data": {"type": "ip-whitelist-rules", "id": "1", "attributes": {
            "use_ip_whitelist": self.enabled,
            "rules": rules,
        }}})
    }
}

/// The view that one team has of the project.
#[derive(Debug, Clone)]
pub(super) struct RenderingEntry {
    team: (u64, String),
    collections: BTreeMap<String, RenderedCollection>,
    stats: Vec<Value>,
}

#[derive(Debug, Clone, Default)]
struct RenderedCollection {
    scope: Option<Value>,
    segments: Vec<String>,
    live_query_segments: Vec<(String, String)>,
}

/// The rendering of a team that sees everything.
impl Default for RenderingEntry {
    fn default() -> Self {
        Self {
            team: (1, "Operations".to_owned()),
            collections: BTreeMap::new(),
            stats: Vec::new(),
        }
    }
}

impl RenderingEntry {
    /// The answer of the rendering route. It lists all known collections, also those without a description.
    fn to_json<'a>(&self, known: impl Iterator<Item = &'a String>) -> Value {
        let mut collections: Map<String, Value> = known
            .map(|name| (name.clone(), RenderedCollection::default().to_json()))
            .collect();
        let described = self.collections.iter();
        collections.extend(described.map(|(name, entry)| (name.clone(), entry.to_json())));
        json!({
            "team": {"id": self.team.0, "name": self.team.1},
            "collections": collections,
            "stats": self.stats,
        })
    }
}

impl RenderedCollection {
    fn to_json(&self) -> Value {
        let live = self.live_query_segments.iter();
        let live: Vec<Value> = live
            .map(|(connection, query)| json!({"connectionName": connection, "query": query}))
            .collect();
        json!({"scope": self.scope, "segments": self.segments, "liveQuerySegments": live})
    }
}

/// A rendering of the fake project. Every method takes effect at once.
#[derive(Debug, Clone)]
pub struct FakeRendering {
    shared: Arc<Shared>,
    id: u64,
}

impl FakeRendering {
    pub(super) fn new(shared: Arc<Shared>, id: u64) -> Self {
        Self { shared, id }
    }

    fn change(self, change: impl FnOnce(&mut RenderingEntry)) -> Self {
        change(self.shared.state().renderings.entry(self.id).or_default());
        self.shared.rendering_changed(self.id);
        self
    }

    fn change_collection(self, collection: &str, change: impl FnOnce(&mut RenderedCollection)) -> Self {
        self.change(|rendering| change(rendering.collections.entry(collection.to_owned()).or_default()))
    }

    /// Sets the team of the rendering. Default: number 1, `Operations`.
    pub fn team(self, id: u64, name: &str) -> Self {
        self.change(|rendering| rendering.team = (id, name.to_owned()))
    }

    /// Limits the records of a collection that the team sees, by a condition tree, `{{currentUser…}}` included.
    pub fn scope(self, collection: &str, filter: Value) -> Self {
        self.change_collection(collection, |entry| entry.scope = Some(filter))
    }

    /// Removes the scope of a collection.
    pub fn no_scope(self, collection: &str) -> Self {
        self.change_collection(collection, |entry| entry.scope = None)
    }

    /// Adds a segment that is a query.
    pub fn segment(self, collection: &str, query: &str) -> Self {
        self.change_collection(collection, |entry| entry.segments.push(query.to_owned()))
    }

    /// Adds a segment that is a query on a named connection.
    pub fn live_query_segment(self, collection: &str, connection: &str, query: &str) -> Self {
        let segment = (connection.to_owned(), query.to_owned());
        self.change_collection(collection, |entry| entry.live_query_segments.push(segment))
    }

    /// Adds the definition of a chart.
    pub fn chart(self, definition: Value) -> Self {
        self.change(|rendering| rendering.stats.push(definition))
    }

    /// Sends the agents the event that this rendering has changed.
    pub fn push(self) -> Self {
        self.shared.events.push(&ForestEvent::RefreshRenderings(vec![self.id]));
        self
    }
}

/// Renderings and IP rules.
impl FakeForest {
    /// A rendering. One without a description belongs to a team that sees everything.
    pub fn rendering(&self, id: u64) -> FakeRendering {
        FakeRendering::new(self.shared().clone(), id)
    }

    /// Replaces the IP rules and switches them on. An empty list refuses every address.
    pub fn set_ip_rules(&self, rules: impl IntoIterator<Item = IpRule>) {
        let rules = rules.into_iter().collect();
        self.shared().state().ip_rules = IpRules { enabled: true, rules };
        self.shared().count_change();
    }

    /// Switches the IP rules off, and keeps them.
    pub fn switch_ip_rules_off(&self) {
        self.shared().state().ip_rules.enabled = false;
        self.shared().count_change();
    }
}

/// `GET /liana/v2/renderings/:id/authorization`.
pub(super) fn authorization(shared: &Shared, request: &RecordedRequest, rendering: &str) -> Answer {
    let state = shared.state();
    let token = request.header("forest-token").unwrap_or_default();
    let Some(user) = state.provider.user_of(token) else {
        return Answer::error(
            401,
            "UnauthorizedError",
            "the access token is missing, unknown or expired",
        );
    };
    if rendering.parse::<u64>().is_err() {
        return unknown_rendering();
    }
    match state.provider.refusal(user) {
        Some(LoginRefusal::NoAccess) => Answer::error(403, "ForbiddenError", "You cannot access this project"),
        Some(LoginRefusal::TwoFactorRequired) => Answer::error(
            403,
            "TwoFactorAuthenticationRequiredForbiddenError",
            "Two factor authentication is required",
        ),
        Some(LoginRefusal::UnknownProject) => Answer::error(404, "NotFoundError", "project not found"),
        Some(LoginRefusal::InconsistentRendering) => Answer::error(
            422,
            "UnprocessableEntityError",
            "the rendering does not belong to the environment",
        ),
        None => Answer::json(200, &state.user_or_stranger(user).authorized()),
    }
}

/// `GET /liana/v4/permissions/environment`.
pub(super) fn environment(shared: &Shared) -> Answer {
    Answer::json(200, &shared.state().environment())
}

/// `GET /liana/v4/permissions/users`.
pub(super) fn users(shared: &Shared) -> Answer {
    Answer::json(200, &shared.state().user_list())
}

/// `GET /liana/v4/permissions/renderings/:id`. Any number is a rendering.
pub(super) fn rendering(shared: &Shared, id: &str) -> Answer {
    let Ok(id) = id.parse::<u64>() else {
        return unknown_rendering();
    };
    let state = shared.state();
    let known = state.collections.keys();
    let answer = match state.renderings.get(&id) {
        Some(rendering) => rendering.to_json(known),
        None => RenderingEntry::default().to_json(known),
    };
    Answer::json(200, &answer)
}

/// `GET /liana/v1/ip-whitelist-rules`.
pub(super) fn ip_rules(shared: &Shared) -> Answer {
    Answer::json(200, &shared.state().ip_rules.to_json())
}

fn unknown_rendering() -> Answer {
    Answer::error(404, "NotFoundError", "rendering not found")
}
