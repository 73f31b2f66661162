//! A value of the Forest server that is fetched once and shared by all requests.
//!
//! The rules:
//! - one fetch serves all requests that wait for the value (PER-05), in a task that no departing client can cancel;
//! - a failure is returned to those that wait and is never kept (PER-03);
//! - an answer requested before an invalidation is neither kept nor returned to requests that arrive after it (PER-04);
//! - an answer that a user declares obsolete still serves while no newer one can be had, so that no user can cause an outage;
//! - a refresh runs beside the value in use and replaces it on success, so an outage only affects callers that need a newer
//!   value (PER-01);
//! - fetches are limited in rate; a fetch beyond the limit waits, shared by all that need it.

use std::collections::HashMap;
use std::future::Future;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::{BoxFuture, Shared};
use tokio::task::{AbortHandle, JoinError};
use tokio::time::Instant;

use super::rate_limit::{Budget, RateLimit};
use super::runtime::Runtime;

/// Maximum age of a value while events report changes.
const MAX_LIFETIME: Duration = Duration::from_secs(24 * 60 * 60);

/// Maximum time that a request waits for the successor of an outdated value.
const PATIENCE: Duration = Duration::from_secs(3);

/// Identifies the fetch that a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token(u64);

/// The age that a request accepts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// The value in use.
    Cached,
    /// A value of a later fetch than this one.
    After(Token),
}

/// A value with the fetch that it came from.
#[derive(Debug)]
pub(crate) struct Reading<V> {
    value: Arc<V>,
    token: Token,
    asked: Instant,
}

impl<V> Reading<V> {
    /// The value. A refresh that returns an equal value keeps the allocation, so that derived data can be compared by pointer.
    pub(crate) fn value(&self) -> &Arc<V> {
        &self.value
    }

    pub(crate) fn token(&self) -> Token {
        self.token
    }

    /// Returns `true` if the server was called at `moment` or later. A request that began at `moment` need not refresh such a
    /// reading.
    pub(crate) fn asked_since(&self, moment: Instant) -> bool {
        self.asked >= moment
    }

    /// Time since the server was called.
    pub(crate) fn age(&self) -> Duration {
        self.asked.elapsed()
    }
}

impl<V> Deref for Reading<V> {
    type Target = V;

    fn deref(&self) -> &V {
        &self.value
    }
}

// a derived impl would require `V: Clone`
impl<V> Clone for Reading<V> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            ..*self
        }
    }
}

/// The lifetime of values, counted from the call to the server. Shared by all values that events keep up to date.
#[derive(Debug)]
pub(crate) struct Lifetime {
    duration: Duration,
    events_flow: AtomicBool,
}

impl Lifetime {
    pub(crate) fn new(duration: Duration) -> Self {
        Self {
            duration,
            events_flow: AtomicBool::new(false),
        }
    }

    /// While events flow, values do not expire with `duration` (EVT-02).
    pub(super) fn set_events_flow(&self, flow: bool) {
        self.events_flow.store(flow, Ordering::Relaxed);
    }

    pub(super) fn events_flow(&self) -> bool {
        self.events_flow.load(Ordering::Relaxed)
    }

    fn current(&self) -> Duration {
        if self.events_flow() {
            MAX_LIFETIME
        } else {
            self.duration
        }
    }
}

/// An error that all waiting requests receive.
pub(crate) trait FetchError: Clone + Send + Sync + 'static {
    /// The task of the fetch has panicked, or its runtime has stopped.
    fn interrupted(name: &'static str, error: &JoinError) -> Self;
}

/// Settings of a [`Cached`] value.
#[derive(Debug, Clone)]
pub(crate) struct CacheOptions {
    /// For error messages.
    pub(crate) name: &'static str,
    pub(crate) lifetime: Arc<Lifetime>,
    pub(crate) limit: RateLimit,
    /// Runs the fetches.
    pub(crate) runtime: Runtime,
}

/// See the module. Clones share the value.
pub(crate) struct Cached<V, E>(Arc<Inner<V, E>>);

struct Inner<V, E> {
    options: CacheOptions,
    state: Mutex<State<V, E>>,
}

struct State<V, E> {
    value: Option<Reading<V>>,
    /// The last value, after it was declared obsolete.
    outdated: Option<Reading<V>>,
    /// The fetch that will provide the next value.
    fetch: Option<Fetch<V, E>>,
    last_token: u64,
    budget: Budget,
    /// The error of the last fetch, if it failed.
    failure: Option<E>,
}

type Outcome<V, E> = Shared<BoxFuture<'static, Result<Reading<V>, E>>>;

struct Fetch<V, E> {
    token: Token,
    /// The server has been called. Before that, an invalidation cannot make the answer obsolete.
    asked: bool,
    outcome: Outcome<V, E>,
    task: AbortHandle,
}

enum Lookup<V, E> {
    Value(Reading<V>),
    Running(Outcome<V, E>),
    Missing,
}

impl<V, E> Clone for Cached<V, E> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V: PartialEq + Send + Sync + 'static, E: FetchError> Cached<V, E> {
    pub(crate) fn new(options: CacheOptions) -> Self {
        let state = Mutex::new(State {
            value: None,
            outdated: None,
            fetch: None,
            last_token: 0,
            budget: Budget::default(),
            failure: None,
        });
        Self(Arc::new(Inner { options, state }))
    }

    /// Returns the value in use without waiting.
    pub(crate) fn peek(&self) -> Option<Reading<V>> {
        let lifetime = self.0.options.lifetime.current();
        let state = self.0.state();
        state.value.as_ref().filter(|value| value.age() < lifetime).cloned()
    }

    /// Returns the error of the last fetch, if it failed.
    pub(crate) fn failure(&self) -> Option<E> {
        self.0.state().failure.clone()
    }

    /// Returns the value, from memory or from a fetch that all callers share. `fetch` is polled only when no other one runs.
    ///
    /// # Errors
    /// The error of the fetch.
    pub(crate) async fn get<F>(&self, freshness: Freshness, fetch: F) -> Result<Reading<V>, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let outdated = self.0.outdated().filter(|_| freshness == Freshness::Cached);
        let Some((outdated, is_reachable)) = outdated else {
            return self.get_current(freshness, fetch).await;
        };
        if !is_reachable {
            let _ = self.join_or_fetch(freshness, fetch);
            return Ok(outdated);
        }
        match tokio::time::timeout(PATIENCE, self.get_current(freshness, fetch)).await {
            Ok(Ok(successor)) => Ok(successor),
            Ok(Err(_)) | Err(_) => Ok(outdated),
        }
    }

    async fn get_current<F>(&self, freshness: Freshness, fetch: F) -> Result<Reading<V>, E>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let began = Instant::now();
        let found = self.0.lookup(&mut self.0.state(), freshness);
        match found {
            Lookup::Value(reading) => return Ok(reading),
            Lookup::Running(outcome) => {
                let reading = outcome.await?;
                if reading.asked_since(began) || self.0.is_current(&reading) {
                    return Ok(reading);
                }
                // an invalidation has made it obsolete; the fetch that replaces it began after this call
            }
            Lookup::Missing => {}
        }
        match self.join_or_fetch(freshness, fetch) {
            Ok(reading) => Ok(reading),
            Err(outcome) => outcome.await,
        }
    }

    /// Starts a fetch for a later value than `seen`, without waiting for it.
    pub(crate) fn refresh<F>(&self, seen: Token, fetch: F)
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let _ = self.join_or_fetch(Freshness::After(seen), fetch);
    }

    /// Drops the value, and makes the answer of a running fetch obsolete.
    pub(crate) fn invalidate(&self) {
        let mut state = self.0.state();
        state.value = None;
        state.outdated = None;
        state.fetch.take_if(|fetch| fetch.asked);
    }

    /// Declares the value obsolete, as [`invalidate`](Self::invalidate) does; until its lifetime ends, it serves while the
    /// server gives no newer one.
    pub(crate) fn outdate(&self) {
        let mut state = self.0.state();
        if let Some(value) = state.value.take() {
            state.outdated = Some(value);
        }
        state.fetch.take_if(|fetch| fetch.asked);
    }

    /// Drops the value of this fetch. A value that has replaced it stays.
    pub(crate) fn invalidate_if(&self, suspected: Token) {
        self.0.state().value.take_if(|value| value.token == suspected);
    }

    /// Returns `true` during a fetch, for tests that have just changed the answers of the server.
    #[cfg(feature = "testing")]
    pub(crate) fn is_fetching(&self) -> bool {
        self.0.state().fetch.is_some()
    }

    /// Makes the whole rate limit available, for tests that change the server's answers often.
    #[cfg(feature = "testing")]
    pub(crate) fn refill_budget(&self) {
        self.0.state().budget = Budget::default();
    }

    fn join_or_fetch<F>(&self, freshness: Freshness, fetch: F) -> Result<Reading<V>, Outcome<V, E>>
    where
        F: Future<Output = Result<V, E>> + Send + 'static,
    {
        let mut state = self.0.state();
        match self.0.lookup(&mut state, freshness) {
            Lookup::Value(reading) => return Ok(reading),
            Lookup::Running(outcome) => return Err(outcome),
            Lookup::Missing => {}
        }
        state.last_token += 1;
        let token = Token(state.last_token);
        let inner = Arc::clone(&self.0);
        let running = self
            .0
            .options
            .runtime
            .spawn(async move { inner.run(token, fetch).await });
        let task = running.abort_handle();
        let name = self.0.options.name;
        let outcome = running
            .map(move |ended| ended.unwrap_or_else(|error| Err(E::interrupted(name, &error))))
            .boxed()
            .shared();
        state.fetch = Some(Fetch {
            token,
            asked: false,
            outcome: outcome.clone(),
            task,
        });
        Err(outcome)
    }
}

impl<V: PartialEq, E: Clone> Inner<V, E> {
    /// No code panics while it holds the lock, so a poisoned lock holds a consistent state.
    fn state(&self) -> MutexGuard<'_, State<V, E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn lookup(&self, state: &mut State<V, E>, freshness: Freshness) -> Lookup<V, E> {
        let lifetime = self.options.lifetime.current();
        state.value.take_if(|value| value.age() >= lifetime);
        let fits = |value: &&Reading<V>| freshness != Freshness::After(value.token);
        if let Some(value) = state.value.as_ref().filter(fits) {
            return Lookup::Value(value.clone());
        }
        // a fetch that has panicked is still here, with its task finished
        match state.fetch.as_ref().filter(|fetch| !fetch.task.is_finished()) {
            Some(fetch) => Lookup::Running(fetch.outcome.clone()),
            None => Lookup::Missing,
        }
    }

    /// The outdated value, if it is all there is, and whether the last fetch succeeded.
    fn outdated(&self) -> Option<(Reading<V>, bool)> {
        let lifetime = self.options.lifetime.current();
        let mut state = self.state();
        state.outdated.take_if(|value| value.age() >= lifetime);
        let outdated = state.outdated.as_ref().filter(|_| state.value.is_none())?;
        Some((outdated.clone(), state.failure.is_none()))
    }

    fn is_current(&self, reading: &Reading<V>) -> bool {
        let state = self.state();
        state.value.as_ref().is_some_and(|value| value.token == reading.token)
    }

    async fn run(&self, token: Token, fetch: impl Future<Output = Result<V, E>>) -> Result<Reading<V>, E> {
        while let Err(wait) = self.take_turn(token) {
            tokio::time::sleep(wait).await;
        }
        let asked = Instant::now();
        let fetched = fetch.await;
        let mut state = self.state();
        let is_wanted = state.fetch.take_if(|fetch| fetch.token == token).is_some();
        match fetched {
            Ok(value) => {
                let before = state.value.as_ref().or(state.outdated.as_ref()).map(Reading::value);
                let value = match before.filter(|before| ***before == value) {
                    Some(before) => Arc::clone(before),
                    None => Arc::new(value),
                };
                let reading = Reading { value, token, asked };
                if is_wanted {
                    state.value = Some(reading.clone());
                    state.outdated = None;
                    state.failure = None;
                }
                Ok(reading)
            }
            Err(error) => {
                if is_wanted {
                    state.failure = Some(error.clone());
                }
                Err(error)
            }
        }
    }

    fn take_turn(&self, token: Token) -> Result<(), Duration> {
        let mut state = self.state();
        state.budget.take(self.options.limit, Instant::now())?;
        if let Some(fetch) = state.fetch.as_mut().filter(|fetch| fetch.token == token) {
            fetch.asked = true;
        }
        Ok(())
    }
}

/// [`Cached`] values by id. Beyond the capacity, the least recently used one is dropped.
pub(crate) struct CachedMap<V, E> {
    options: CacheOptions,
    capacity: usize,
    entries: Mutex<Entries<V, E>>,
}

struct Entries<V, E> {
    by_id: HashMap<Box<str>, Entry<V, E>>,
    uses: u64,
}

struct Entry<V, E> {
    cached: Cached<V, E>,
    last_use: u64,
}

impl<V: PartialEq + Send + Sync + 'static, E: FetchError> CachedMap<V, E> {
    pub(crate) fn new(options: CacheOptions, capacity: usize) -> Self {
        Self {
            options,
            capacity,
            entries: Mutex::new(Entries {
                by_id: HashMap::new(),
                uses: 0,
            }),
        }
    }

    /// Returns the value of `id`, which may have to be fetched.
    pub(crate) fn entry(&self, id: &str) -> Cached<V, E> {
        let mut entries = self.entries();
        if let Some(cached) = entries.find(id) {
            return cached.clone();
        }
        if entries.by_id.len() >= self.capacity {
            entries.drop_least_recently_used();
        }
        let cached = Cached::new(self.options.clone());
        let last_use = entries.uses;
        let entry = Entry {
            cached: cached.clone(),
            last_use,
        };
        entries.by_id.insert(id.into(), entry);
        cached
    }

    /// Returns the value in use for `id` without waiting.
    pub(crate) fn peek(&self, id: &str) -> Option<Reading<V>> {
        self.entries().find(id)?.peek()
    }

    /// Returns the values in use.
    pub(crate) fn readings(&self) -> Vec<Reading<V>> {
        let entries = self.entries();
        entries.by_id.values().filter_map(|entry| entry.cached.peek()).collect()
    }

    pub(crate) fn invalidate(&self, id: &str) {
        if let Some(cached) = self.entries().find(id) {
            cached.invalidate();
        }
    }

    pub(crate) fn outdate(&self, id: &str) {
        if let Some(cached) = self.entries().find(id) {
            cached.outdate();
        }
    }

    pub(crate) fn invalidate_all(&self) {
        for entry in self.entries().by_id.values() {
            entry.cached.invalidate();
        }
    }

    fn entries(&self) -> MutexGuard<'_, Entries<V, E>> {
        self.entries.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<V, E> Entries<V, E> {
    fn find(&mut self, id: &str) -> Option<&Cached<V, E>> {
        self.uses += 1;
        let entry = self.by_id.get_mut(id)?;
        entry.last_use = self.uses;
        Some(&entry.cached)
    }

    /// Looks at every entry, which only happens in a project with more renderings than fit.
    fn drop_least_recently_used(&mut self) {
        let oldest = self.by_id.iter().min_by_key(|(_, entry)| entry.last_use);
        if let Some(id) = oldest.map(|(id, _)| id.clone()) {
            self.by_id.remove(&id);
        }
    }
}
