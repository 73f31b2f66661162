//! The stream of server events: who listens, and what they are sent (protocol: server events).
//!
//! A subscriber is live until its connection is gone, in whichever way, so that a test can wait for both.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use bytes::Bytes;
use futures_util::stream::{self, Stream};
use serde_json::{Value, json};
use tokio::sync::{Notify, mpsc};

use super::answer::Cut;
use super::shared::lock;

/// Something that the Forest server tells its agents.
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
    /// Customizations without code have changed.
    RefreshCustomizations,
    /// Any other event.
    Other {
        /// The name.
        event: String,
        /// The data; one line.
        data: String,
    },
    /// Bytes as they are, such as a comment, a `retry:` line, or half an event.
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

/// A piece of the stream, or its violent end.
type Piece = Result<Bytes, Cut>;

/// All subscribers.
#[derive(Debug)]
pub(super) struct EventHub {
    subscribers: Mutex<Vec<mpsc::UnboundedSender<Piece>>>,
    silent: AtomicBool,
    /// Told when a subscriber goes.
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

    /// A new subscriber; it gets its heartbeat at once, unless the stream is silent.
    pub(super) fn subscribe(&self) -> EventStream {
        let (sender, receiver) = mpsc::unbounded_channel();
        if !self.is_silent() {
            // the receiver is right here
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

    /// Sends to everybody who listens, and says how many these are. A silent stream swallows it.
    pub(super) fn push(&self, event: &ForestEvent) -> usize {
        if self.is_silent() {
            return 0;
        }
        let bytes = event.to_bytes();
        let mut subscribers = lock(&self.subscribers);
        subscribers.retain(|subscriber| subscriber.send(Ok(bytes.clone())).is_ok());
        subscribers.len()
    }

    /// Closes every stream: in the middle, or with a proper end.
    pub(super) fn close(&self, is_abrupt: bool) -> usize {
        let subscribers = std::mem::take(&mut *lock(&self.subscribers));
        let is_open = |subscriber: &mpsc::UnboundedSender<Piece>| match is_abrupt {
            true => subscriber.send(Err(Cut)).is_ok(),
            false => !subscriber.is_closed(),
        };
        subscribers.iter().filter(|subscriber| is_open(subscriber)).count()
    }

    /// How many listen.
    pub(super) fn count(&self) -> usize {
        let mut subscribers = lock(&self.subscribers);
        subscribers.retain(|subscriber| !subscriber.is_closed());
        subscribers.len()
    }
}

/// What one subscriber is sent.
#[derive(Debug)]
pub(super) struct EventStream {
    // before `_gone`: the hub must see it closed when it is told
    receiver: mpsc::UnboundedReceiver<Piece>,
    _gone: Gone,
}

impl EventStream {
    pub(super) fn into_stream(self) -> impl Stream<Item = Piece> {
        stream::unfold(self, |mut events| async move {
            let piece = events.receiver.recv().await?;
            if piece.is_err() {
                // what was sent before arrives: it is flushed while this waits
                tokio::task::yield_now().await;
            }
            Some((piece, events))
        })
    }
}

/// Tells that a subscriber is gone.
#[derive(Debug)]
struct Gone(Arc<Notify>);

impl Drop for Gone {
    fn drop(&mut self) {
        self.0.notify_waiters();
    }
}
