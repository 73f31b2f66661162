//! Something that is fetched once and read by many, and may be declared obsolete at any moment.
//!
//! Owns the rules of keeping: one fetch for all who wait (PER-05), failures are never kept (PER-03), and what was asked for
//! before an invalidation is neither stored nor served to anybody who comes after it (PER-04). They hold because what is stored is
//! named by a generation, and an invalidation takes a new one: an older answer has no name left under which anybody
//! would look for it. Knows nothing of what it keeps; `cache` uses it for each kind of permission.
//!
//! A refresh (PER-01) fetches a new generation beside the one in use, and takes its place when it succeeds. So a server
//! that fails or hangs costs the caller who was refused, and nobody who is allowed by what is still valid.

use std::collections::HashMap;
use std::future::Future;
use std::ops::Deref;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use moka::future::Cache;
use moka::policy::EvictionPolicy;
use tokio::time::Instant;

use super::failure::{FailureKind, ServerFailure};
use super::own_thread::Upstream;
use super::pace::{Pace, Spent};

/// How often a reader begins again because of invalidations.
const ROUNDS: usize = 4;
/// How many things are remembered by name before all of them are forgotten.
const MAX_SLOTS: usize = 4096;
/// Nothing is served for longer, not even while events say that it has not changed.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// Names the fetch that a value came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Token(u64);

/// How fresh a value must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// What is kept will do.
    Cached,
    /// From a later fetch than this one.
    After(Token),
}

/// A value with the fetch that it came from.
#[derive(Debug)]
pub(crate) struct Reading<V> {
    value: Arc<V>,
    generation: u64,
    asked: Instant,
    answered: Instant,
}

impl<V> Reading<V> {
    /// The value. Readings of two fetches that said the same share it.
    pub(crate) fn value(&self) -> &Arc<V> {
        &self.value
    }

    /// Names the fetch, for [`Freshness::After`].
    pub(crate) fn token(&self) -> Token {
        Token(self.generation)
    }

    /// Whether the server was asked at this moment or later. A request that was refused by such a reading need not
    /// ask again.
    pub(crate) fn asked_since(&self, moment: Instant) -> bool {
        self.asked >= moment
    }

    /// How long ago the server was asked.
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

// derived, it would ask the same of `V`
impl<V> Clone for Reading<V> {
    fn clone(&self) -> Self {
        Self {
            value: Arc::clone(&self.value),
            ..*self
        }
    }
}

/// How long values are served. Shared by all that events keep up to date.
#[derive(Debug)]
pub(crate) struct Lifetime {
    duration: Duration,
    events_flow: AtomicBool,
}

impl Lifetime {
    /// Values live this long, counted from the moment the server was asked.
    pub(super) fn new(duration: Duration) -> Self {
        Self {
            duration,
            events_flow: AtomicBool::new(false),
        }
    }

    /// While events flow they say when something has changed, and time does not (EVT-02).
    pub(super) fn set_events_flow(&self, flow: bool) {
        self.events_flow.store(flow, Ordering::Relaxed);
    }

    /// Whether events flow.
    pub(super) fn events_flow(&self) -> bool {
        self.events_flow.load(Ordering::Relaxed)
    }

    fn current(&self) -> Duration {
        if self.events_flow() { LONGEST } else { self.duration }
    }
}

/// See the module.
pub(super) struct SharedFetch<V> {
    inner: Arc<Inner<V>>,
}

struct Inner<V> {
    name: &'static str,
    entries: Cache<Key, Reading<V>>,
    slots: Mutex<Slots<V>>,
    lifetime: Arc<Lifetime>,
    pace: Pace,
    upstream: Upstream,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    id: Arc<str>,
    generation: u64,
}

/// Which generation of each thing is in use. Numbers are given out once, so a slot that was forgotten and made again
/// cannot name an old entry.
struct Slots<V> {
    last: u64,
    by_id: HashMap<Arc<str>, Slot<V>>,
}

struct Slot<V> {
    id: Arc<str>,
    current: u64,
    /// Whether the server was asked for the current one. When not, it cannot be obsolete.
    asked: bool,
    /// A later one that is being fetched, to become the current one.
    refreshing: Option<u64>,
    /// The value of the current one, for the many who only read.
    reading: Option<Reading<V>>,
    spent: Spent,
}

enum Unfilled<V> {
    /// Declared obsolete meanwhile; what was fetched all the same.
    Obsolete(Option<Reading<V>>),
    Failed(Arc<ServerFailure>),
}

impl<V> Default for Slots<V> {
    fn default() -> Self {
        Self {
            last: 0,
            by_id: HashMap::new(),
        }
    }
}

impl<V> Slots<V> {
    fn next(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// The name of what is to be read; `next` is used when a refresh begins.
    fn key(&mut self, id: &str, freshness: Freshness, next: u64) -> Key {
        if let Some(slot) = self.by_id.get_mut(id) {
            return slot.key(freshness, next);
        }
        if self.by_id.len() >= MAX_SLOTS {
            self.by_id.clear();
        }
        let id: Arc<str> = id.into();
        let slot = Slot {
            id: Arc::clone(&id),
            current: next,
            asked: false,
            refreshing: None,
            reading: None,
            spent: Spent::default(),
        };
        let key = slot.current_key();
        self.by_id.insert(id, slot);
        key
    }
}

impl<V> Slot<V> {
    fn current_key(&self) -> Key {
        Key {
            id: Arc::clone(&self.id),
            generation: self.current,
        }
    }

    fn key(&mut self, freshness: Freshness, next: u64) -> Key {
        match freshness {
            // all who were refused by the same value share one refresh
            Freshness::After(Token(seen)) if self.current == seen => Key {
                id: Arc::clone(&self.id),
                generation: *self.refreshing.get_or_insert(next),
            },
            Freshness::After(_) | Freshness::Cached => self.current_key(),
        }
    }

    /// Whether an answer for this key is still of use.
    fn wants(&self, key: &Key) -> bool {
        self.current == key.generation || self.refreshing == Some(key.generation)
    }

    /// Takes another generation into use; gives the name of the old entry.
    fn supersede(&mut self, generation: u64, asked: bool) -> Key {
        let old = self.current_key();
        self.refreshing = None;
        self.reading = None;
        self.current = generation;
        self.asked = asked;
        old
    }

    /// Makes what is kept and what is under way obsolete; gives the name of the old entry. A fetch that still waits for
    /// its turn will see what has changed, so it is let be.
    fn invalidate(&mut self, generation: u64) -> Option<Key> {
        self.asked.then(|| self.supersede(generation, false))
    }
}

impl<V: PartialEq + Send + Sync + 'static> SharedFetch<V> {
    /// Keeps the answers for at most `capacity` things, the least recently used go first.
    pub(super) fn new(
        name: &'static str,
        capacity: u64,
        lifetime: Arc<Lifetime>,
        pace: Pace,
        upstream: Upstream,
    ) -> Self {
        let entries = Cache::builder()
            .name(name)
            .max_capacity(capacity)
            // the default policy would refuse a new generation in favour of the often read old one
            .eviction_policy(EvictionPolicy::lru())
            .build();
        Self {
            inner: Arc::new(Inner {
                name,
                entries,
                slots: Mutex::default(),
                lifetime,
                pace,
                upstream,
            }),
        }
    }

    /// The value in use, when there is one: what [`Self::get`] gives without waiting for anybody.
    pub(super) fn at_hand(&self, id: &str) -> Option<Reading<V>> {
        let slots = self.inner.slots();
        let reading = slots.by_id.get(id)?.reading.as_ref()?;
        (reading.age() < self.inner.lifetime.current()).then(|| reading.clone())
    }

    /// The value, from memory or by `fetch`, which runs in a task of its own: a client that goes away while
    /// others wait takes nothing away from them.
    ///
    /// # Errors
    /// The failure of the fetch, the same for all who waited for it.
    pub(super) async fn get<F, R>(
        &self,
        id: &str,
        freshness: Freshness,
        fetch: F,
    ) -> Result<Reading<V>, Arc<ServerFailure>>
    where
        F: Fn() -> R + Clone + Send + Sync + 'static,
        R: Future<Output = Result<V, ServerFailure>> + Send + 'static,
    {
        let began = Instant::now();
        for _ in 0..ROUNDS {
            let key = self.inner.key_to_read(id, freshness);
            if let Some(reading) = self.inner.entries.get(&key).await {
                let alive = reading.age() < self.inner.lifetime.current() || reading.answered >= began;
                if alive && self.inner.is_current(&key) {
                    return Ok(reading);
                }
                if !alive {
                    self.inner.retire(&key).await;
                }
                continue;
            }
            let (inner, task_key, fetch) = (Arc::clone(&self.inner), key.clone(), fetch.clone());
            let filling = self
                .inner
                .upstream
                .spawn(async move { inner.fill(task_key, fetch).await });
            match filling.await {
                // what was asked for since the reader came will do, whatever was declared obsolete meanwhile: so
                // invalidations without end cost a reader one more call at most
                Ok(Ok(reading) | Err(Unfilled::Obsolete(Some(reading)))) if reading.asked_since(began) => {
                    return Ok(reading);
                }
                Ok(Ok(reading)) if self.inner.is_current(&key) => return Ok(reading),
                Ok(Ok(_) | Err(Unfilled::Obsolete(_))) => {}
                Ok(Err(Unfilled::Failed(failure))) => return Err(failure),
                Err(ended) => return Err(Arc::new(ServerFailure::ended(self.inner.name, &ended))),
            }
        }
        let failure = ServerFailure::new(
            FailureKind::Unsettled,
            self.inner.name,
            "it was declared obsolete each time while it was being read",
        );
        failure.log();
        Err(Arc::new(failure))
    }

    /// Drops one thing, and whatever answer about it is under way.
    pub(super) async fn invalidate(&self, id: &str) {
        let old = {
            let mut slots = self.inner.slots();
            let next = slots.next();
            slots.by_id.get_mut(id).and_then(|slot| slot.invalidate(next))
        };
        // what was never asked for needs no dropping
        if let Some(old) = old {
            self.inner.entries.invalidate(&old).await;
        }
    }

    /// Drops everything, and whatever answer is under way.
    pub(super) async fn invalidate_all(&self) {
        let old: Vec<Key> = {
            let mut slots = self.inner.slots();
            let Slots { last, by_id } = &mut *slots;
            by_id
                .values_mut()
                .filter_map(|slot| {
                    *last += 1;
                    slot.invalidate(*last)
                })
                .collect()
        };
        for key in old {
            self.inner.entries.invalidate(&key).await;
        }
    }
}

impl<V: PartialEq + Send + Sync + 'static> Inner<V> {
    /// The lock is held for a few assignments and never across an `await`, so a poisoned one is whole.
    fn slots(&self) -> MutexGuard<'_, Slots<V>> {
        self.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn key_to_read(&self, id: &str, freshness: Freshness) -> Key {
        let mut slots = self.slots();
        let next = slots.next();
        slots.key(id, freshness, next)
    }

    fn is_current(&self, key: &Key) -> bool {
        self.slots()
            .by_id
            .get(&key.id)
            .is_some_and(|slot| slot.current == key.generation)
    }

    /// Takes an expired value out of use. A refresh that is under way is what comes next anyway.
    async fn retire(&self, key: &Key) {
        {
            let mut slots = self.slots();
            let next = slots.next();
            if let Some(slot) = slots.by_id.get_mut(&key.id)
                && slot.current == key.generation
            {
                match slot.refreshing {
                    Some(generation) => slot.supersede(generation, true),
                    None => slot.supersede(next, false),
                };
            }
        }
        self.entries.invalidate(key).await;
    }

    /// Fetches and stores, once for all who ask for this key at the same time.
    async fn fill<F, R>(&self, key: Key, fetch: F) -> Result<Reading<V>, Unfilled<V>>
    where
        F: Fn() -> R + Send,
        R: Future<Output = Result<V, ServerFailure>> + Send,
    {
        let filled = self
            .entries
            .try_get_with_by_ref(&key, async {
                self.await_turn(&key).await?;
                let asked = Instant::now();
                let value = fetch().await.map_err(|failure| {
                    failure.log();
                    Unfilled::Failed(Arc::new(failure))
                })?;
                let before = self.before(&key).await;
                let reading = Reading {
                    // what says the same stays the same, for those who keep what they made from it
                    value: before
                        .filter(|before| **before == value)
                        .unwrap_or_else(|| Arc::new(value)),
                    generation: key.generation,
                    asked,
                    answered: Instant::now(),
                };
                let Some(replaced) = self.publish(&key, &reading) else {
                    return Err(Unfilled::Obsolete(Some(reading)));
                };
                if let Some(old) = replaced {
                    self.entries.invalidate(&old).await;
                }
                Ok(reading)
            })
            .await;
        filled.map_err(|unfilled| match &*unfilled {
            Unfilled::Obsolete(reading) => Unfilled::Obsolete(reading.clone()),
            Unfilled::Failed(failure) => Unfilled::Failed(Arc::clone(failure)),
        })
    }

    /// Waits until the server may be asked again.
    async fn await_turn(&self, key: &Key) -> Result<(), Unfilled<V>> {
        loop {
            let wait = {
                let mut slots = self.slots();
                let slot = slots
                    .by_id
                    .get_mut(&key.id)
                    .filter(|slot| slot.wants(key))
                    .ok_or(Unfilled::Obsolete(None))?;
                match slot.spent.take(self.pace, Instant::now()) {
                    Ok(()) => {
                        slot.asked |= slot.current == key.generation;
                        return Ok(());
                    }
                    Err(wait) => wait,
                }
            };
            tokio::time::sleep(wait).await;
        }
    }

    /// What a refresh is about to replace.
    async fn before(&self, key: &Key) -> Option<Arc<V>> {
        let current = {
            let slots = self.slots();
            let slot = slots.by_id.get(&key.id)?;
            (slot.current != key.generation).then(|| slot.current_key())?
        };
        Some(self.entries.get(&current).await?.value)
    }

    /// Takes the fetched generation into use, if it is still wanted; gives the key that it replaces.
    fn publish(&self, key: &Key, reading: &Reading<V>) -> Option<Option<Key>> {
        let mut slots = self.slots();
        let slot = slots.by_id.get_mut(&key.id).filter(|slot| slot.wants(key))?;
        let replaced = (slot.current != key.generation).then(|| slot.supersede(key.generation, true));
        slot.reading = Some(reading.clone());
        Some(replaced)
    }
}
