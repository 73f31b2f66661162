//! The subscription to the Forest server's events (protocol: server events).
//!
//! One task per program (EVT-04) keeps a connection open and reopens it with growing delays. An event only drops cached values;
//! while no events flow, they expire (EVT-02).

#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use super::client::ServerClient;
use super::failure::{FailureKind, ServerFailure};
use super::permission_cache::PermissionCache;
use super::sse::{EventReader, ServerEvent};

use crate::text::excerpt;

/// Maximum time between two events; a longer silence means that a proxy buffers the stream.
const HEARTBEAT: Duration = Duration::from_secs(45);
/// The first reconnection delay, unless the server requests another.
const FIRST_DELAY: Duration = Duration::from_secs(5);
const MAX_DELAY: Duration = Duration::from_secs(5 * 60);
const MIN_DELAY: Duration = Duration::from_secs(1);
/// A connection of this duration resets the delays.
const GOOD_CONNECTION: Duration = Duration::from_secs(60);
/// The number of consecutive transient failures that is logged as a warning.
const FAILURES_TO_REPORT: u32 = 3;

const NO_HEARTBEAT: &str = "Unable to detect ServerSentEvents Heartbeat. A proxy between this program and the Forest server probably buffers \
     answers: switch buffering off for `/liana/v4/subscribe-to-events`. Permissions are kept for a limited time until events flow.";

/// A running subscription. Dropping it closes the connection (EVT-01).
#[derive(Debug)]
pub(crate) struct EventSubscription {
    task: tokio::task::JoinHandle<()>,
}

impl EventSubscription {
    /// Returns `true` after a final refusal of the server.
    pub(crate) fn has_ended(&self) -> bool {
        self.task.is_finished()
    }
}

impl Drop for EventSubscription {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Subscribes; to be called once per program (EVT-04).
pub(crate) fn subscribe(client: Arc<ServerClient>, cache: Arc<PermissionCache>) -> EventSubscription {
    let runtime = client.runtime().clone();
    let source = ServerEvents(client);
    EventSubscription {
        task: runtime.spawn(async move { follow(&source, &*cache, random).await }),
    }
}

/// Opens connections; replaced in tests.
pub(super) trait EventSource: Sync {
    type Connection: EventConnection;

    fn open(&self, last_id: Option<&str>) -> impl Future<Output = Result<Self::Connection, ServerFailure>> + Send;
}

/// An open connection.
pub(super) trait EventConnection: Send {
    /// Returns the next bytes, or `None` after the end of the connection.
    fn next(&mut self) -> impl Future<Output = Option<Bytes>> + Send;
}

/// Applies the effects of events.
pub(super) trait EventSink: Sync {
    fn apply(&self, effect: Effect) -> impl Future<Output = ()> + Send;
}

/// An instruction to the caches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// Events may have been missed.
    DropAll,
    DropUsers,
    DropEnvironment,
    DropRenderings(Vec<String>),
    DropAllRenderings,
    /// Events flow, or no longer do.
    Flow(bool),
}

struct ServerEvents(Arc<ServerClient>);

impl EventSource for ServerEvents {
    type Connection = reqwest::Response;

    async fn open(&self, last_id: Option<&str>) -> Result<Self::Connection, ServerFailure> {
        self.0.open_events(last_id).await
    }
}

impl EventConnection for reqwest::Response {
    async fn next(&mut self) -> Option<Bytes> {
        // an error is handled like the end of the stream
        self.chunk().await.ok().flatten()
    }
}

impl EventSink for PermissionCache {
    async fn apply(&self, effect: Effect) {
        match effect {
            Effect::DropAll => self.invalidate_all(),
            Effect::DropUsers => self.invalidate_users(),
            Effect::DropEnvironment => self.invalidate_environment(),
            Effect::DropRenderings(ids) => {
                for id in ids {
                    self.invalidate_rendering(&id);
                }
            }
            Effect::DropAllRenderings => self.invalidate_renderings(),
            Effect::Flow(flow) => self.set_events_flow(flow),
        }
    }
}

/// Values that survive a connection.
#[derive(Debug, Default)]
struct Memory {
    last_id: Option<String>,
    delay: Option<Duration>,
}

/// Connects again and again, until the server does not know the environment.
async fn follow<S: EventSource, K: EventSink>(source: &S, sink: &K, random: fn() -> u64) {
    let mut memory = Memory::default();
    let mut failures = 0;
    loop {
        let began = Instant::now();
        let ended = connect(source, sink, &mut memory).await;
        sink.apply(Effect::Flow(false)).await;
        match ended {
            Ok(()) if began.elapsed() >= GOOD_CONNECTION => failures = 0,
            Ok(()) => failures += 1,
            Err(failure) => {
                failures += 1;
                if is_final(&failure) {
                    tracing::error!(
                        cause = failure.cause(),
                        hint = failure.kind().hint(),
                        "no events will come, and permissions are kept for a limited time: {}",
                        failure.message()
                    );
                    return;
                }
                report(&failure, failures);
            }
        }
        let delay = delay(memory.delay.unwrap_or(FIRST_DELAY), failures, random());
        tracing::debug!(?delay, failures, "the stream of events ended; it is reopened");
        tokio::time::sleep(delay).await;
    }
}

/// An unknown secret makes further attempts pointless.
fn is_final(failure: &ServerFailure) -> bool {
    failure.kind() == FailureKind::UnknownSecret
}

/// Logs transient gateway errors quietly, and persistent or other failures as warnings.
fn report(failure: &ServerFailure, failures: u32) {
    let quiet = matches!(
        failure.kind(),
        FailureKind::Unreachable | FailureKind::Maintenance | FailureKind::Timeout | FailureKind::Status(500 | 504)
    );
    if quiet && failures != FAILURES_TO_REPORT {
        tracing::debug!(
            kind = failure.kind().as_str(),
            cause = failure.cause(),
            failures,
            "no stream of events"
        );
    } else {
        tracing::warn!(
            kind = failure.kind().as_str(),
            cause = failure.cause(),
            hint = failure.kind().hint(),
            failures,
            "no stream of events; the connection is retried, and permissions are kept for a limited time"
        );
    }
}

/// Handles one connection.
async fn connect<S: EventSource, K: EventSink>(source: &S, sink: &K, memory: &mut Memory) -> Result<(), ServerFailure> {
    // a buffering proxy delays even the headers
    let opening = tokio::time::timeout(HEARTBEAT, source.open(memory.last_id.as_deref()));
    let Ok(opened) = opening.await else {
        tracing::error!("{NO_HEARTBEAT}");
        return Ok(());
    };
    let mut connection = opened?;
    // changes before this connection are unknown
    sink.apply(Effect::DropAll).await;
    let mut reader = EventReader::default();
    let mut events = Vec::new();
    let mut flows = false;
    let mut heard = false;
    let mut silence_until = Some(Instant::now() + HEARTBEAT);
    loop {
        let silence = async {
            match silence_until {
                Some(moment) => tokio::time::sleep_until(moment).await,
                None => std::future::pending().await,
            }
        };
        let bytes = tokio::select! {
            bytes = connection.next() => bytes,
            () = silence => {
                silence_until = None;
                if heard {
                    tracing::debug!("no event for a while: permissions are kept for a limited time");
                } else {
                    tracing::error!("{NO_HEARTBEAT}");
                }
                flows = false;
                sink.apply(Effect::Flow(false)).await;
                continue;
            }
        };
        let Some(bytes) = bytes else { return Ok(()) };
        let read = reader.push(&bytes, &mut events);
        for event in events.drain(..) {
            if !heard {
                tracing::info!("events of the Forest server flow: changed permissions take effect at once");
            }
            heard = true;
            silence_until = Some(Instant::now() + HEARTBEAT);
            if let Some(effect) = effect_of(&event) {
                sink.apply(effect).await;
            }
            if !flows {
                flows = true;
                sink.apply(Effect::Flow(true)).await;
            }
        }
        memory.last_id = reader.last_id().map(str::to_owned).or(memory.last_id.take());
        memory.delay = reader.retry().or(memory.delay);
        if read.is_err() {
            tracing::warn!("the stream of events has a line or an event that is too long; it is reopened");
            return Ok(());
        }
    }
}

/// The effect of an event; `None` for heartbeats and for events of other agents.
fn effect_of(event: &ServerEvent) -> Option<Effect> {
    match event.kind.as_str() {
        "heartbeat" => None,
        "refresh-users" => Some(Effect::DropUsers),
        "refresh-roles" => Some(Effect::DropEnvironment),
        "refresh-renderings" if event.data.trim().is_empty() => {
            tracing::debug!("an event without renderings is ignored");
            None
        }
        "refresh-renderings" => Some(match rendering_ids(&event.data) {
            Some(ids) => Effect::DropRenderings(ids),
            None => {
                tracing::debug!(
                    data = excerpt(&event.data, 200),
                    "an event names renderings in an unknown format: all are dropped"
                );
                Effect::DropAllRenderings
            }
        }),
        other => {
            tracing::debug!(event = excerpt(other, 64), "an event of an unknown type is ignored");
            None
        }
    }
}

/// Reads ids that are texts or numbers.
fn rendering_ids(data: &str) -> Option<Vec<String>> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Renderings {
        rendering_ids: Vec<Value>,
    }
    let renderings: Renderings = serde_json::from_str(data).ok()?;
    renderings
        .rendering_ids
        .into_iter()
        .map(|id| match id {
            Value::String(id) => Some(id),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        })
        .collect()
}

/// The reconnection delay: doubled with each consecutive failure, and reduced by up to half at random, so that a restart of the
/// server does not bring all programs back at once.
fn delay(base: Duration, failures: u32, random: u64) -> Duration {
    let base = base.clamp(MIN_DELAY, MAX_DELAY);
    let doublings = failures.saturating_sub(1).min(16);
    let whole = base.saturating_mul(1 << doublings).min(MAX_DELAY);
    let half = whole / 2;
    half + half.mul_f64((random % 1_001) as f64 / 1_000.0)
}

/// Random bits of a UUID, enough to spread delays.
fn random() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().1 & 0xffff_ffff
}
