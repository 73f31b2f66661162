//! A rendering: what one team sees of the project (protocol: permissions). Its scopes and segments are handed out as
//! they were given; the fake server never evaluates them.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::events::ForestEvent;
use super::shared::Shared;

/// What there is to say about a rendering.
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
    /// The answer about it, which lists all collections of the project, also those of which there is nothing to say.
    pub(super) fn to_json<'a>(&self, known: impl Iterator<Item = &'a String>) -> Value {
        let collection = |entry: &RenderedCollection| {
            let live = entry.live_query_segments.iter();
            let live: Vec<Value> = live
                .map(|(connection, query)| json!({"connectionName": connection, "query": query}))
                .collect();
            json!({"scope": entry.scope, "segments": entry.segments, "liveQuerySegments": live})
        };
        let mut collections: Map<String, Value> = known
            .map(|name| (name.clone(), collection(&RenderedCollection::default())))
            .collect();
        let declared = self.collections.iter();
        collections.extend(declared.map(|(name, entry)| (name.clone(), collection(entry))));
        json!({
            "team": {"id": self.team.0, "name": self.team.1},
            "collections": collections,
            "stats": self.stats,
        })
    }
}

/// A rendering of the fake project, to be changed: every method acts at once.
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

    /// The team whose rendering it is. Without this, it is number 1, `Operations`.
    pub fn team(self, id: u64, name: &str) -> Self {
        self.change(|rendering| rendering.team = (id, name.to_owned()))
    }

    /// Which records of a collection the team sees: a condition tree, `{{currentUser…}}` included.
    pub fn scope(self, collection: &str, filter: Value) -> Self {
        self.change_collection(collection, |entry| entry.scope = Some(filter))
    }

    /// The team sees every record of a collection again.
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

    /// Adds a chart's definition.
    pub fn chart(self, definition: Value) -> Self {
        self.change(|rendering| rendering.stats.push(definition))
    }

    /// Tells the agents that this rendering has changed.
    pub fn push(self) -> Self {
        self.shared.events.push(&ForestEvent::RefreshRenderings(vec![self.id]));
        self
    }
}
