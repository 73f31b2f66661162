//! What the server's thread and the handles of tests have in common: the state, the faults, the log of requests, the
//! event streams, and the news that any of these has changed.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::Notify;

use super::events::{EventHub, ForestEvent};
use super::fault::FaultPlan;
use super::key::SigningKey;
use super::requests::RequestLog;
use super::state::State;

/// Locks are held for moments, never across an await, and never two at a time.
pub(super) struct Shared {
    state: Mutex<State>,
    faults: Mutex<FaultPlan>,
    requests: Mutex<RequestLog>,
    pub(super) events: EventHub,
    pub(super) changed: Arc<Notify>,
    base_url: OnceLock<String>,
    /// How often something has changed that agents keep.
    revision: AtomicU64,
    key: Mutex<Option<Arc<SigningKey>>>,
}

/// Without the state, which is large and holds secrets.
impl fmt::Debug for Shared {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shared")
            .field("base_url", &self.base_url())
            .finish_non_exhaustive()
    }
}

/// A panic elsewhere says nothing about this data, which is changed in single steps.
pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(state: State) -> Self {
        let changed = Arc::new(Notify::new());
        Self {
            state: Mutex::new(state),
            faults: Mutex::default(),
            requests: Mutex::default(),
            events: EventHub::new(changed.clone()),
            changed,
            base_url: OnceLock::new(),
            revision: AtomicU64::new(0),
            key: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }

    pub(super) fn faults(&self) -> MutexGuard<'_, FaultPlan> {
        lock(&self.faults)
    }

    pub(super) fn requests(&self) -> MutexGuard<'_, RequestLog> {
        lock(&self.requests)
    }

    /// The address by which the server is reached, without a slash at its end; empty before the first start.
    pub(super) fn base_url(&self) -> &str {
        self.base_url.get().map_or("", String::as_str)
    }

    pub(super) fn set_base_url(&self, url: String) {
        // a server that starts again does so at the same address
        let _ = self.base_url.set(url);
    }

    /// The key of the identity tokens. Made when it is first needed: most tests log nobody in, and it takes its time.
    pub(super) fn signing_key(&self) -> Option<Arc<SigningKey>> {
        let mut key = lock(&self.key);
        if key.is_none() {
            *key = SigningKey::generate().map(Arc::new);
        }
        key.clone()
    }

    /// Forgets the key; the next one is another.
    pub(super) fn drop_signing_key(&self) {
        *lock(&self.key) = None;
    }

    /// Rights have changed: says so to the agents, if that is wanted.
    pub(super) fn roles_changed(&self) {
        self.tell(&ForestEvent::RefreshRoles);
    }

    pub(super) fn users_changed(&self) {
        self.tell(&ForestEvent::RefreshUsers);
    }

    pub(super) fn rendering_changed(&self, id: u64) {
        self.tell(&ForestEvent::RefreshRenderings(vec![id]));
    }

    /// Something has changed that agents keep.
    pub(super) fn count_change(&self) {
        self.revision.fetch_add(1, Ordering::SeqCst);
    }

    #[cfg(feature = "server")]
    pub(super) fn revision(&self) -> u64 {
        self.revision.load(Ordering::SeqCst)
    }

    fn tell(&self, event: &ForestEvent) {
        self.count_change();
        let is_wanted = self.state().push_events;
        if is_wanted {
            self.events.push(event);
        }
    }
}
