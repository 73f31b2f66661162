//! The stream of server events and its subscribers (protocol: server events).

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use super::answer::Cut;
use super::server::{FakeForest, FakeForestError};
use super::state::lock;

/// An event that the Forest server sends to its agents.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum ForestEvent {
    /// The stream is alive.
    Heartbeat,
    /// Users have changed.
    RefreshUsers,
    /// Roles or rights have changed.
    RefreshRoles,
    /// Scopes, segments or teams of these renderings have changed.
    RefreshRenderings(Vec<u64>),
    /// No-code customizations have changed.
    RefreshCustomizations,
    /// Any other event.
    Other {
        /// The name.
        event: String,
        /// The data, on one line.
        data: String,
    },
    /// Raw text of the stream: a comment, a `retry:` line, half an event.
    Raw(String),
}

impl ForestEvent {
    fn to_bytes(&self) -> Bytes {
        let event = |name: &str, data: &Value| Bytes::from(format!("event: {name}\ndata: {data}\n\n"));
        match self {
            Self::Heartbeat => event("heartbeat", &json!({})),
            Self::RefreshUsers => event("refresh-users", &json!({})),
            Self::RefreshRoles => event("refresh-roles", &json!({})),
            Self::RefreshCustomizations => event("refresh-customizations", &json!({})),
            Self::RefreshRenderings(ids) => {
                let ids: Vec<String> = ids.iter().map(u64::to_string).collect();
                event("refresh-renderings", &json!({"renderingIds": ids}))
            }
            Self::Other { event, data } => Bytes::from(format!("event: {event}\ndata: {data}\n\n")),
            Self::Raw(text) => Bytes::from(text.clone()),
        }
    }
}

/// A piece of the stream, or its abrupt end.
type Piece = Result<Bytes, Cut>;

#[derive(Debug)]
pub(super) struct EventHub {
    subscribers: Mutex<Vec<mpsc::UnboundedSender<Piece>>>,
    silent: AtomicBool,
    /// Notified when a subscriber leaves.
    changed: Arc<Notify>,
}

impl EventHub {
    pub(super) fn new(changed: Arc<Notify>) -> Self {
        Self {
            subscribers: Mutex::default(),
            silent: AtomicBool::new(false),
            changed,
        }
    }

    /// Adds a subscriber. It gets a heartbeat at once, unless the stream is silent.
    pub(super) fn subscribe(&self) -> EventStream {
        let (sender, receiver) = mpsc::unbounded_channel();
        if !self.is_silent() {
            // the receiver exists, so this does not fail
            let _ = sender.send(Ok(ForestEvent::Heartbeat.to_bytes()));
        }
        lock(&self.subscribers).push(sender);
        EventStream {
            receiver,
            _gone: Gone(self.changed.clone()),
        }
    }

    fn is_silent(&self) -> bool {
        self.silent.load(Ordering::SeqCst)
    }

    pub(super) fn set_silent(&self, silent: bool) {
        self.silent.store(silent, Ordering::SeqCst);
    }

    /// Sends to all subscribers and returns their number. A silent stream drops the event.
    pub(super) fn push(&self, event: &ForestEvent) -> usize {
        if self.is_silent() {
            return 0;
        }
        let bytes = event.to_bytes();
        let mut subscribers = lock(&self.subscribers);
        subscribers.retain(|subscriber| subscriber.send(Ok(bytes.clone())).is_ok());
        subscribers.len()
    }

    /// Closes every stream, abruptly or with a proper end, and returns their number.
    pub(super) fn close(&self, is_abrupt: bool) -> usize {
        let subscribers = std::mem::take(&mut *lock(&self.subscribers));
        let is_open = |subscriber: &mpsc::UnboundedSender<Piece>| match is_abrupt {
            true => subscriber.send(Err(Cut)).is_ok(),
            false => !subscriber.is_closed(),
        };
        subscribers.iter().filter(|subscriber| is_open(subscriber)).count()
    }

    /// The number of subscribers.
    pub(super) fn count(&self) -> usize {
        let mut subscribers = lock(&self.subscribers);
        subscribers.retain(|subscriber| !subscriber.is_closed());
        subscribers.len()
    }
}

/// The stream of one subscriber.
#[derive(Debug)]
pub(super) struct EventStream {
    // before `_gone`, so that it is closed when the hub is notified
    receiver: mpsc::UnboundedReceiver<Piece>,
    _gone: Gone,
}

impl EventStream {
    pub(super) fn into_stream(self) -> impl Stream<Item = Piece> {
        stream::unfold(self, |mut events| async move {
            let piece = events.receiver.recv().await?;
            if piece.is_err() {
                // lets the pieces before this one be flushed
                tokio::task::yield_now().await;
            }
            Some((piece, events))
        })
    }
}

/// Notifies the hub when it is dropped.
#[derive(Debug)]
struct Gone(Arc<Notify>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.notify_waiters();
    }
}

/// Events.
impl FakeForest {
    /// Sends an event to all subscribed agents and returns their number.
    pub fn push(&self, event: &ForestEvent) -> usize {
        self.shared().events.push(event)
    }

    /// Sends an event for every change, or only explicit pushes.
    pub fn push_events(&self, are_pushed: bool) {
        self.shared().state().push_events = are_pushed;
    }

    /// Accepts subscriptions and drops all events, heartbeats included, as a buffering proxy does.
    pub fn silence_events(&self, is_silent: bool) {
        self.shared().events.set_silent(is_silent);
    }

    /// Cuts every event stream in the middle and returns their number.
    pub fn cut_events(&self) -> usize {
        self.shared().events.close(true)
    }

    /// Ends every event stream properly and returns their number.
    pub fn end_events(&self) -> usize {
        self.shared().events.close(false)
    }

    /// The number of subscribed agents.
    #[must_use]
    pub fn subscribers(&self) -> usize {
        self.shared().events.count()
    }

    /// Waits until exactly `number` agents are subscribed: 0 for a stream that the agent closes.
    ///
    /// # Errors
    /// It does not happen in time, or the server is offline.
    pub async fn wait_for_subscribers(&self, number: usize) -> Result<(), FakeForestError> {
        self.until(
            format!("{number} event subscribers"),
            move |shared| (shared.events.count() == number).then_some(()),
            |shared| format!("there are {}", shared.events.count()),
        )
        .await
    }
}
