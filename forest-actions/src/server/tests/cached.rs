//! The rules of [`Cached`], without a network and with a paused clock.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::server::cached::{CacheOptions, CachedMap, Freshness, Lifetime, Reading};
use crate::server::failure::{FailureKind, ServerFailure};
use crate::server::rate_limit::RateLimit;
use crate::server::runtime::Runtime;

const LIFETIME: Duration = Duration::from_secs(900);
const UNLIMITED: RateLimit = RateLimit {
    burst: 1,
    period: Duration::ZERO,
};

type Cached = crate::server::cached::Cached<usize, ServerFailure>;

/// Returns 1, 2, 3… and counts the calls.
#[derive(Clone, Default)]
struct Counter(Arc<AtomicUsize>);

impl Counter {
    fn fetch(&self) -> impl Fn() -> std::future::Ready<Result<usize, ServerFailure>> + Clone + Send + Sync + use<> {
        let counter = Arc::clone(&self.0);
        move || std::future::ready(Ok(counter.fetch_add(1, Ordering::SeqCst) + 1))
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn options(limit: RateLimit) -> (CacheOptions, Arc<Lifetime>) {
    let lifetime = Arc::new(Lifetime::new(LIFETIME));
    let options = CacheOptions {
        name: "test",
        lifetime: Arc::clone(&lifetime),
        limit,
        runtime: Runtime::current().unwrap(),
    };
    (options, lifetime)
}

fn cached(limit: RateLimit) -> (Cached, Arc<Lifetime>) {
    let (options, lifetime) = options(limit);
    (Cached::new(options), lifetime)
}

/// Calls `fetch` only if its result is needed.
async fn get<F, R>(cached: &Cached, freshness: Freshness, fetch: F) -> Result<Reading<usize>, ServerFailure>
where
    F: FnOnce() -> R + Send + 'static,
    R: Future<Output = Result<usize, ServerFailure>> + Send + 'static,
{
    cached.get(freshness, async move { fetch().await }).await
}

fn failure() -> ServerFailure {
    ServerFailure::new(FailureKind::Unreachable, "test", "no")
}

#[tokio::test(start_paused = true)]
async fn lifetime_counts_from_the_call_to_the_server() {
    let (cached, _) = cached(UNLIMITED);
    let counter = Counter::default();
    let calls = counter.clone();
    // a call of five seconds
    let slow = move || {
        let fetch = calls.fetch();
        async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            fetch().await
        }
    };
    let get = || get(&cached, Freshness::Cached, slow.clone());
    assert_eq!(*get().await.expect("value"), 1);
    tokio::time::advance(LIFETIME - Duration::from_secs(6)).await;
    assert_eq!(*get().await.expect("value"), 1);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(*get().await.expect("value"), 2);
    assert_eq!(counter.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn evt_02_values_do_not_expire_while_events_flow() {
    let (cached, lifetime) = cached(UNLIMITED);
    let counter = Counter::default();
    lifetime.set_events_flow(true);
    assert_eq!(
        *get(&cached, Freshness::Cached, counter.fetch()).await.expect("value"),
        1
    );
    tokio::time::advance(LIFETIME * 10).await;
    assert_eq!(
        *get(&cached, Freshness::Cached, counter.fetch()).await.expect("value"),
        1
    );
    lifetime.set_events_flow(false);
    assert_eq!(
        *get(&cached, Freshness::Cached, counter.fetch()).await.expect("value"),
        2
    );
    lifetime.set_events_flow(true);
    tokio::time::advance(Duration::from_secs(25 * 60 * 60)).await;
    assert_eq!(
        *get(&cached, Freshness::Cached, counter.fetch()).await.expect("value"),
        3
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_that_expires_during_its_fetch_is_returned_to_those_that_waited() {
    let (cached, _) = cached(UNLIMITED);
    let slow = || async {
        tokio::time::sleep(LIFETIME * 2).await;
        Ok(7)
    };
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let cached = cached.clone();
            tokio::spawn(async move { get(&cached, Freshness::Cached, slow).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(*task.await.expect("task").expect("value"), 7);
    }
}

#[tokio::test(start_paused = true)]
async fn per_01_refreshes_beyond_the_rate_limit_wait_and_are_never_answered_with_old_values() {
    let (cached, _) = cached(RateLimit {
        burst: 3,
        period: Duration::from_secs(1),
    });
    let counter = Counter::default();
    let began = Instant::now();
    let mut reading = get(&cached, Freshness::Cached, counter.fetch()).await.expect("value");
    for _ in 0..6 {
        let newer = get(&cached, Freshness::After(reading.token()), counter.fetch())
            .await
            .expect("value");
        assert_eq!(*newer, *reading + 1);
        reading = newer;
    }
    // three at once, then one a second
    assert_eq!(counter.count(), 7);
    assert_eq!(began.elapsed(), Duration::from_secs(4));
    // a reader of the value in use does not wait
    let began = Instant::now();
    assert_eq!(
        *get(&cached, Freshness::Cached, counter.fetch()).await.expect("value"),
        7
    );
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn per_03_failing_calls_count_against_the_rate_limit() {
    let (cached, _) = cached(RateLimit {
        burst: 2,
        period: Duration::from_secs(1),
    });
    let attempts = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&attempts);
    let fetch = move || {
        counter.fetch_add(1, Ordering::SeqCst);
        std::future::ready(Err(failure()))
    };
    let began = Instant::now();
    for _ in 0..5 {
        assert!(get(&cached, Freshness::Cached, fetch.clone()).await.is_err());
    }
    assert_eq!(
        (attempts.load(Ordering::SeqCst), began.elapsed()),
        (5, Duration::from_secs(3))
    );
}

#[tokio::test(start_paused = true)]
async fn per_04_an_invalidation_makes_a_running_refresh_obsolete() {
    let (cached, _) = cached(UNLIMITED);
    let counter = Counter::default();
    let first = get(&cached, Freshness::Cached, counter.fetch()).await.expect("value");
    let gate = Arc::new(Semaphore::new(0));
    let refresh = {
        let (cached, gate, counter) = (cached.clone(), Arc::clone(&gate), counter.clone());
        tokio::spawn(async move {
            let fetch = move || {
                let (gate, fetch) = (Arc::clone(&gate), counter.fetch());
                async move {
                    // the answer is made before the invalidation and arrives after it
                    let value = fetch().await;
                    gate.acquire().await.expect("gate").forget();
                    value
                }
            };
            get(&cached, Freshness::After(first.token()), fetch).await
        })
    };
    while counter.count() < 2 {
        tokio::task::yield_now().await;
    }
    cached.invalidate();
    gate.add_permits(10);
    // only the caller of the refresh receives its answer
    assert_eq!(*refresh.await.expect("task").expect("value"), 2);
    assert_eq!(
        *get(&cached, Freshness::Cached, counter.fetch()).await.expect("value"),
        3
    );
}

#[tokio::test(start_paused = true)]
async fn per_04_constant_invalidations_do_not_delay_readers_and_nothing_is_kept() {
    let (cached, _) = cached(UNLIMITED);
    let again = cached.clone();
    let fetches = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&fetches);
    let fetch = move || {
        let (cached, count) = (again.clone(), Arc::clone(&count));
        async move {
            cached.invalidate();
            Ok(count.fetch_add(1, Ordering::SeqCst) + 1)
        }
    };
    // the first call began after the reader arrived
    let reading = get(&cached, Freshness::Cached, fetch).await.expect("a value");
    assert_eq!((*reading, fetches.load(Ordering::SeqCst)), (1, 1));
    let counter = Counter::default();
    get(&cached, Freshness::Cached, counter.fetch()).await.expect("value");
    assert_eq!(counter.count(), 1, "no obsolete value is kept");
}

#[tokio::test(start_paused = true)]
async fn per_04_a_reader_of_an_obsolete_fetch_waits_for_the_next_one_only() {
    let (cached, _) = cached(UNLIMITED);
    let counter = Counter::default();
    let gate = Arc::new(Semaphore::new(0));
    let slow = {
        let (gate, counter) = (Arc::clone(&gate), counter.clone());
        move || {
            let (gate, fetch) = (Arc::clone(&gate), counter.fetch());
            async move {
                let value = fetch().await;
                gate.acquire().await.expect("gate").forget();
                value
            }
        }
    };
    let reader = |cached: &Cached| {
        let (cached, slow) = (cached.clone(), slow.clone());
        tokio::spawn(async move { get(&cached, Freshness::Cached, slow).await })
    };
    let first = reader(&cached);
    while counter.count() < 1 {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(Duration::from_secs(1)).await;
    let second = reader(&cached);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    cached.invalidate();
    gate.add_permits(1);
    assert_eq!(*first.await.expect("task").expect("value"), 1);
    while counter.count() < 2 {
        tokio::task::yield_now().await;
    }
    cached.invalidate();
    gate.add_permits(1);
    assert_eq!(*second.await.expect("task").expect("value"), 2);
    assert_eq!(counter.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refresh_with_an_equal_value_keeps_the_allocation() {
    let (cached, _) = cached(UNLIMITED);
    let fetch = || async { Ok(7) };
    let first = get(&cached, Freshness::Cached, fetch).await.expect("value");
    let second = get(&cached, Freshness::After(first.token()), fetch)
        .await
        .expect("value");
    assert!(first.token() != second.token() && Arc::ptr_eq(first.value(), second.value()));
    let third = get(&cached, Freshness::After(second.token()), || async { Ok(8) }).await;
    assert!(!Arc::ptr_eq(second.value(), third.expect("value").value()));
}

#[tokio::test(start_paused = true)]
async fn per_04_an_invalidation_does_not_restart_a_fetch_that_waits_for_the_rate_limit() {
    let (cached, _) = cached(RateLimit {
        burst: 1,
        period: Duration::from_secs(1),
    });
    let counter = Counter::default();
    assert_eq!(
        *get(&cached, Freshness::Cached, counter.fetch()).await.expect("value"),
        1
    );
    cached.invalidate();
    let (waiting, calls) = (cached.clone(), counter.clone());
    let waiting = tokio::spawn(async move { get(&waiting, Freshness::Cached, calls.fetch()).await });
    for _ in 0..9 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        cached.invalidate();
        cached.invalidate();
    }
    assert_eq!(counter.count(), 1);
    assert_eq!(*waiting.await.expect("task").expect("value"), 2);
}

#[tokio::test(start_paused = true)]
async fn per_05_departing_clients_do_not_disturb_those_that_wait() {
    let (cached, _) = cached(UNLIMITED);
    let counter = Counter::default();
    let gate = Arc::new(Semaphore::new(0));
    let slow = {
        let (gate, counter) = (Arc::clone(&gate), counter.clone());
        move || {
            let (gate, fetch) = (Arc::clone(&gate), counter.fetch());
            async move {
                gate.acquire().await.expect("gate").forget();
                fetch().await
            }
        }
    };
    for _ in 0..500 {
        let gone = tokio::time::timeout(Duration::from_millis(1), get(&cached, Freshness::Cached, slow.clone())).await;
        assert!(gone.is_err());
    }
    gate.add_permits(500);
    assert_eq!(*get(&cached, Freshness::Cached, slow).await.expect("value"), 1);
    assert_eq!(counter.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_panicking_fetch_is_a_failure_and_the_next_one_runs() {
    let (cached, _) = cached(UNLIMITED);
    let bad = || async { if true { panic!("a bug") } else { Ok(1) } };
    let failure = get(&cached, Freshness::Cached, bad).await.expect_err("a failure");
    assert!(failure.cause().contains("panicked"));
    assert_eq!(
        *get(&cached, Freshness::Cached, Counter::default().fetch())
            .await
            .expect("value"),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn ids_beyond_the_capacity_replace_the_least_recently_used() {
    let map = CachedMap::<usize, ServerFailure>::new(options(UNLIMITED).0, 100);
    let counter = Counter::default();
    let get = async |id: &str, freshness| {
        let fetch = counter.fetch();
        let entry = map.entry(id);
        entry.get(freshness, async move { fetch().await }).await.expect("value")
    };
    for index in 0..5_000 {
        assert_eq!(*get(&index.to_string(), Freshness::Cached).await, index + 1);
    }
    let token = get("4999", Freshness::Cached).await.token();
    assert_eq!(*get("4900", Freshness::Cached).await, 4_901);
    assert_eq!(counter.count(), 5_000);
    assert_eq!(*get("4999", Freshness::After(token)).await, 5_001);
    assert_eq!(*get("one more", Freshness::Cached).await, 5_002);
    assert!(map.peek("4900").is_some() && map.peek("4999").is_some() && map.peek("4901").is_none());
}

#[tokio::test(start_paused = true)]
async fn aut_02_a_suspected_value_is_dropped_and_its_replacement_is_not() {
    let (cached, _) = cached(UNLIMITED);
    let counter = Counter::default();
    let value = async || get(&cached, Freshness::Cached, counter.fetch()).await.expect("value");
    let first = value().await;
    assert_eq!(*value().await, 1);
    cached.invalidate_if(first.token());
    let second = value().await;
    assert_eq!(*second, 2);
    // a login that began with the first value fails late
    cached.invalidate_if(first.token());
    assert_eq!(*value().await, 2);
}

#[tokio::test(start_paused = true)]
async fn aut_08_a_failure_is_shared_by_those_that_wait_and_not_kept() {
    let (cached, _) = cached(UNLIMITED);
    let (gate, count) = (Arc::new(Semaphore::new(0)), Arc::new(AtomicUsize::new(0)));
    let failing = || {
        let (gate, count) = (Arc::clone(&gate), Arc::clone(&count));
        get(&cached, Freshness::Cached, move || async move {
            count.fetch_add(1, Ordering::SeqCst);
            let _permit = gate.acquire().await;
            Err(failure())
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
    assert!(cached.failure().is_some());
    let counter = Counter::default();
    assert_eq!(
        *get(&cached, Freshness::Cached, counter.fetch()).await.expect("value"),
        1
    );
    assert!(cached.failure().is_none());
}

#[tokio::test(start_paused = true)]
async fn dropped_values_do_not_lift_the_rate_limit() {
    let (cached, _) = cached(RateLimit::DEFAULT);
    let counter = Counter::default();
    let began = Instant::now();
    for _ in 0..20 {
        let value = get(&cached, Freshness::Cached, counter.fetch()).await.expect("value");
        cached.invalidate_if(value.token());
    }
    assert_eq!(began.elapsed(), Duration::from_secs(10));
}

#[tokio::test(start_paused = true)]
async fn a_reader_that_goes_away_leaves_the_fetch_running() {
    let (cached, _) = cached(UNLIMITED);
    let gate = Arc::new(Semaphore::new(0));
    let waiting = Arc::clone(&gate);
    let leaving = get(&cached, Freshness::Cached, move || async move {
        let _permit = waiting.acquire().await;
        Ok(7)
    });
    // polled once, then dropped
    assert!(futures_util::FutureExt::now_or_never(leaving).is_none());
    tokio::task::yield_now().await;
    gate.add_permits(1);
    let counter = Counter(Arc::new(AtomicUsize::new(100)));
    assert_eq!(
        *get(&cached, Freshness::Cached, counter.fetch()).await.expect("value"),
        7
    );
}

#[tokio::test(start_paused = true)]
async fn a_panic_without_readers_does_not_block_the_next_fetch() {
    let (cached, _) = cached(UNLIMITED);
    let bad = || async { if true { panic!("a bug") } else { Ok(1) } };
    assert!(futures_util::FutureExt::now_or_never(get(&cached, Freshness::Cached, bad)).is_none());
    tokio::task::yield_now().await;
    assert_eq!(
        *get(&cached, Freshness::Cached, || async { Ok(2) })
            .await
            .expect("value"),
        2
    );
}
