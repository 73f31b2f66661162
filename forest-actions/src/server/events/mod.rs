//! The subscription to the Forest server's events (protocol: server events).
//!
//! Owns the connection over time: opening it, watching it, opening it again with growing delays. What an event does is
//! handed to an [`EventSink`], in the program the caches. It never makes anything more permissive: an event only drops
//! what is kept, and while none flow, time drops it (EVT-02). One task for the whole program (EVT-04), held by the state that
//! all workers share; it ends at once when its subscription is dropped (EVT-01).

#[cfg(test)]
mod tests;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use serde::Deserialize;
use serde_json::Value;
use tokio::time::Instant;

use super::cache::PermissionCache;
use super::client::ServerClient;
use super::failure::{FailureKind, ServerFailure};
use super::sse::{EventReader, ServerEvent};

use crate::text::excerpt;

/// Silence that is longer than this is a connection that something holds back.
const HEARTBEAT: Duration = Duration::from_secs(45);
/// The first delay before a reconnection, until the server asks for another.
const FIRST_DELAY: Duration = Duration::from_secs(5);
/// The longest delay.
const LONGEST_DELAY: Duration = Duration::from_secs(5 * 60);
/// The shortest that a server can ask for.
const SHORTEST_DELAY: Duration = Duration::from_secs(1);
/// A connection that lasted this long was a good one: the delays begin again.
const GOOD_CONNECTION: Duration = Duration::from_secs(60);
/// Failures in a row after which it is worth a line.
const WORTH_A_LINE: u32 = 3;

const NO_HEARTBEAT: &str = "Unable to detect ServerSentEvents Heartbeat. A proxy between this program and the Forest server probably buffers \
     answers: switch buffering off for `/liana/v4/subscribe-to-events`. Permissions are kept for a limited time until events flow.";

/// A running subscription. Dropping it closes the connection.
#[derive(Debug)]
pub(crate) struct EventSubscription {
    task: tokio::task::JoinHandle<()>,
}

impl EventSubscription {
    /// Whether it has ended: stopped, or refused by the server for good.
    pub(crate) fn has_ended(&self) -> bool {
        self.task.is_finished()
    }
}

impl Drop for EventSubscription {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Subscribes; to be called once a program (EVT-04).
pub(crate) fn subscribe(client: Arc<ServerClient>, cache: Arc<PermissionCache>) -> EventSubscription {
    let upstream = client.upstream().clone();
    let source = ServerEvents(client);
    EventSubscription {
        task: upstream.spawn(async move { follow(&source, &*cache, random).await }),
    }
}

/// Where connections come from; the tests have one without a network.
pub(super) trait EventSource: Sync {
    /// An open connection.
    type Connection: EventConnection;

    /// Opens one.
    fn open(&self, last_id: Option<&str>) -> impl Future<Output = Result<Self::Connection, ServerFailure>> + Send;
}

/// An open connection.
pub(super) trait EventConnection: Send {
    /// The next bytes; `None` at the end, whatever ended it.
    fn next(&mut self) -> impl Future<Output = Option<Bytes>> + Send;
}

/// What an event does.
pub(super) trait EventSink: Sync {
    /// Does it.
    fn apply(&self, effect: Effect) -> impl Future<Output = ()> + Send;
}

/// What is to be dropped, or known about the stream.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Effect {
    /// Drop everything: events may have been missed.
    DropAll,
    /// Drop the users.
    DropUsers,
    /// Drop the rights.
    DropEnvironment,
    /// Drop these renderings.
    DropRenderings(Vec<String>),
    /// Drop all renderings.
    DropAllRenderings,
    /// Whether events flow.
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
        // how it broke makes no difference: it is opened again
        self.chunk().await.ok().flatten()
    }
}

impl EventSink for PermissionCache {
    async fn apply(&self, effect: Effect) {
        match effect {
            Effect::DropAll => self.invalidate_all().await,
            Effect::DropUsers => self.invalidate_users().await,
            Effect::DropEnvironment => self.invalidate_environment().await,
            Effect::DropRenderings(ids) => {
                for id in ids {
                    self.invalidate_rendering(&id).await;
                }
            }
            Effect::DropAllRenderings => self.invalidate_renderings().await,
            Effect::Flow(flow) => self.set_events_flow(flow),
        }
    }
}

/// What is remembered from one connection to the next.
#[derive(Debug, Default)]
struct Memory {
    last_id: Option<String>,
    delay: Option<Duration>,
}

/// Connects, listens, and connects again, until the server says that it does not know the environment.
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
        tracing::debug!(?delay, failures, "the stream of events ended; it is opened again");
        tokio::time::sleep(delay).await;
    }
}

/// Only a secret that nobody knows makes trying again pointless.
fn is_final(failure: &ServerFailure) -> bool {
    failure.kind() == FailureKind::UnknownSecret
}

/// Gateways and lost connections are every day's business; what lasts, and what is none of it, is not.
fn report(failure: &ServerFailure, failures: u32) {
    let quiet = matches!(
        failure.kind(),
        FailureKind::Unreachable | FailureKind::Maintenance | FailureKind::Timeout | FailureKind::Status(500 | 504)
    );
    if quiet && failures != WORTH_A_LINE {
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
            "no stream of events; it is tried again, and permissions are kept for a limited time"
        );
    }
}

/// One connection, from its opening to its end.
async fn connect<S: EventSource, K: EventSink>(source: &S, sink: &K, memory: &mut Memory) -> Result<(), ServerFailure> {
    // a proxy that buffers holds even the headers back
    let opening = tokio::time::timeout(HEARTBEAT, source.open(memory.last_id.as_deref()));
    let Ok(opened) = opening.await else {
        tracing::error!("{NO_HEARTBEAT}");
        return Ok(());
    };
    let mut connection = opened?;
    // what happened while nobody listened is unknown, also before the first connection
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
            tracing::warn!("the stream of events has a line or an event that is too long; it is opened again");
            return Ok(());
        }
    }
}

/// What an event means; nothing for a heartbeat, and for kinds that are for other agents.
fn effect_of(event: &ServerEvent) -> Option<Effect> {
    match event.kind.as_str() {
        "heartbeat" => None,
        "refresh-users" => Some(Effect::DropUsers),
        "refresh-roles" => Some(Effect::DropEnvironment),
        "refresh-renderings" if event.data.trim().is_empty() => {
            tracing::debug!("an event names no renderings: ignored");
            None
        }
        "refresh-renderings" => Some(match rendering_ids(&event.data) {
            Some(ids) => Effect::DropRenderings(ids),
            None => {
                tracing::debug!(
                    data = excerpt(&event.data, 200),
                    "an event names renderings in an unknown way: all are dropped"
                );
                Effect::DropAllRenderings
            }
        }),
        other => {
            tracing::debug!(event = excerpt(other, 64), "an event of an unknown kind: ignored");
            None
        }
    }
}

/// Ids as text or numbers.
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

/// The delay before a reconnection: doubled with each failure in a row up to the longest, then somewhere between half
/// of it and all of it, so that the programs that a restart of the server has cut off do not come back as one.
fn delay(base: Duration, failures: u32, random: u64) -> Duration {
    let base = base.clamp(SHORTEST_DELAY, LONGEST_DELAY);
    let doublings = failures.saturating_sub(1).min(16);
    let whole = base.saturating_mul(1 << doublings).min(LONGEST_DELAY);
    let half = whole / 2;
    // a thousandth is fine enough
    half + half.mul_f64((random % 1_001) as f64 / 1_000.0)
}

/// Some bits of a random id: fit to spread delays, and already there.
fn random() -> u64 {
    uuid::Uuid::new_v4().as_u64_pair().1 & 0xffff_ffff
}
