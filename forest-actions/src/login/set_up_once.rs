//! Something that is set up once, used by every login, and forgotten when it is suspected to be wrong.
//!
//! One fetch for all who wait, in a task of its own, so that a browser that goes away takes nothing from the others;
//! failures are never kept (AUT-08); what is suspected is dropped only while it is still what is in use (AUT-02); and
//! the server is asked no more often than its pace allows. Knows nothing of what it keeps; `context` owns two of them.
//!
//! It is no `SharedFetch`: there an invalidation outdates whatever was asked for before it, while a login that suspects what
//! it used must not drop what another login has set up since.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use moka::future::Cache;
use moka::ops::compute::Op;
use tokio::time::Instant;

use super::problem::Problem;
use crate::server::{Pace, Spent, Upstream};

/// After this it is set up anew. A server that forgets a client tells the browser and not the agent, so nothing else
/// would ever notice.
const LIFETIME: Duration = Duration::from_secs(60 * 60);

/// See the module.
pub(super) struct SetUpOnce<T> {
    entry: Cache<(), Arc<T>>,
    spent: Arc<Mutex<Spent>>,
    upstream: Upstream,
}

impl<T: Send + Sync + 'static> SetUpOnce<T> {
    /// Nothing is kept yet.
    pub(super) fn new(name: &'static str, upstream: Upstream) -> Self {
        Self {
            entry: Cache::builder().name(name).time_to_live(LIFETIME).build(),
            spent: Arc::default(),
            upstream,
        }
    }

    /// What is kept, or else what `fetch` gives.
    ///
    /// # Errors
    /// The problem of the fetch, the same for all who waited for it.
    pub(super) async fn get<F, R>(&self, fetch: F) -> Result<Arc<T>, Problem>
    where
        F: FnOnce() -> R + Send + 'static,
        R: Future<Output = Result<T, Problem>> + Send + 'static,
    {
        if let Some(value) = self.current().await {
            return Ok(value);
        }
        let (entry, spent) = (self.entry.clone(), Arc::clone(&self.spent));
        let fetching = self.upstream.spawn(async move {
            let fetched = entry.try_get_with((), async {
                await_turn(&spent).await;
                fetch().await.map(Arc::new)
            });
            fetched.await.map_err(|problem: Arc<Problem>| Problem::clone(&problem))
        });
        fetching.await.unwrap_or_else(|ended| Err(Problem::internal(ended)))
    }

    /// What is kept, if anything is.
    pub(super) async fn current(&self) -> Option<Arc<T>> {
        self.entry.get(&()).await
    }

    /// Drops this very value. One that has taken its place meanwhile stays.
    pub(super) async fn forget(&self, suspected: &Arc<T>) {
        let suspected = Arc::clone(suspected);
        self.entry
            .entry(())
            .and_compute_with(|entry| async move {
                let is_it = entry.is_some_and(|entry| Arc::ptr_eq(entry.value(), &suspected));
                if is_it { Op::Remove } else { Op::Nop }
            })
            .await;
    }
}

/// Waits until the server may be asked again.
async fn await_turn(spent: &Mutex<Spent>) {
    loop {
        // a few assignments under the lock, and no `await`
        let turn = spent
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take(Pace::LOGIN, Instant::now());
        match turn {
            Ok(()) => return,
            Err(wait) => tokio::time::sleep(wait).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use tokio::sync::Semaphore;

    use super::*;

    /// Fetches a number that was never fetched before.
    async fn number(kept: &SetUpOnce<usize>, count: &Arc<AtomicUsize>) -> Result<Arc<usize>, Problem> {
        let count = Arc::clone(count);
        kept.get(move || async move { Ok(count.fetch_add(1, Ordering::SeqCst) + 1) })
            .await
    }

    #[tokio::test(start_paused = true)]
    async fn aut_02_what_is_suspected_is_dropped_and_what_replaced_it_is_not() {
        let (kept, count) = (SetUpOnce::new("test", Upstream::here().unwrap()), Arc::default());
        let first = number(&kept, &count).await.unwrap();
        assert_eq!(*number(&kept, &count).await.unwrap(), 1);
        kept.forget(&first).await;
        let second = number(&kept, &count).await.unwrap();
        assert_eq!(*second, 2);
        // a login that began with the first one fails late
        kept.forget(&first).await;
        assert_eq!(*number(&kept, &count).await.unwrap(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn aut_08_a_failure_is_shared_by_those_who_wait_and_not_kept() {
        let kept = SetUpOnce::<usize>::new("test", Upstream::here().unwrap());
        let (gate, count) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
        let failing = || {
            let (gate, count) = (Arc::clone(&gate), Arc::clone(&count));
            kept.get(move || async move {
                count.fetch_add(1, Ordering::SeqCst);
                let _permit = gate.acquire().await;
                Err(Problem::internal("down"))
            })
        };
        let (one, two, ()) = tokio::join!(failing(), failing(), async {
            tokio::task::yield_now().await;
            gate.add_permits(10);
        });
        assert!(one.is_err() && two.is_err());
        assert_eq!(count.load(Ordering::SeqCst), 1);
        assert!(failing().await.is_err());
        assert_eq!(count.load(Ordering::SeqCst), 2);
        assert_eq!(*number(&kept, &Arc::default()).await.unwrap(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn the_server_is_not_asked_more_often_than_its_pace() {
        let (kept, count) = (SetUpOnce::new("test", Upstream::here().unwrap()), Arc::default());
        let began = Instant::now();
        for _ in 0..20 {
            let value = number(&kept, &count).await.unwrap();
            kept.forget(&value).await;
        }
        assert_eq!(began.elapsed(), Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn a_browser_that_goes_away_takes_nothing_from_the_others() {
        let kept = SetUpOnce::<usize>::new("test", Upstream::here().unwrap());
        let gate = Arc::new(Semaphore::new(0));
        let waiting = Arc::clone(&gate);
        let leaving = kept.get(move || async move {
            let _permit = waiting.acquire().await;
            Ok(7)
        });
        // polled once, then dropped
        assert!(futures_util::FutureExt::now_or_never(leaving).is_none());
        tokio::task::yield_now().await;
        gate.add_permits(1);
        assert_eq!(*number(&kept, &Arc::new(AtomicUsize::new(100))).await.unwrap(), 7);
    }
}
