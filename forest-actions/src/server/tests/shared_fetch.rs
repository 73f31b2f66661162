//! The rules of keeping, without a network and with a clock that stands still.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::time::Instant;

use crate::server::failure::{FailureKind, ServerFailure};
use crate::server::pace::Pace;
use crate::server::shared_fetch::{Freshness, Lifetime, SharedFetch};

const LIFETIME: Duration = Duration::from_secs(900);
const UNLIMITED: Pace = Pace {
    burst: 1,
    period: Duration::ZERO,
};

/// Gives 1, 2, 3… and counts.
#[derive(Clone, Default)]
struct Upstream(Arc<AtomicUsize>);

impl Upstream {
    fn fetch(&self) -> impl Fn() -> std::future::Ready<Result<usize, ServerFailure>> + Clone + Send + Sync + use<> {
        let counter = Arc::clone(&self.0);
        move || std::future::ready(Ok(counter.fetch_add(1, Ordering::SeqCst) + 1))
    }

    fn count(&self) -> usize {
        self.0.load(Ordering::SeqCst)
    }
}

fn shared(pace: Pace) -> (Arc<SharedFetch<usize>>, Arc<Lifetime>) {
    let lifetime = Arc::new(Lifetime::new(LIFETIME));
    (
        Arc::new(SharedFetch::new(
            "test",
            4,
            Arc::clone(&lifetime),
            pace,
            crate::server::Upstream::here().unwrap(),
        )),
        lifetime,
    )
}

fn failure() -> ServerFailure {
    ServerFailure::new(FailureKind::Unreachable, "test", "no")
}

#[tokio::test(start_paused = true)]
async fn a_value_lives_from_the_moment_it_was_asked_for() {
    let (shared, _) = shared(UNLIMITED);
    let upstream = Upstream::default();
    let counter = upstream.clone();
    // an answer that takes five seconds
    let slow = move || {
        let fetch = counter.fetch();
        async move {
            tokio::time::sleep(Duration::from_secs(5)).await;
            fetch().await
        }
    };
    let get = || shared.get("", Freshness::Cached, slow.clone());
    assert_eq!(*get().await.expect("value"), 1);
    tokio::time::advance(LIFETIME - Duration::from_secs(6)).await;
    assert_eq!(*get().await.expect("value"), 1);
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(*get().await.expect("value"), 2);
    assert_eq!(upstream.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn evt_02_while_events_flow_time_drops_nothing_and_afterwards_it_does_again() {
    let (shared, lifetime) = shared(UNLIMITED);
    let upstream = Upstream::default();
    lifetime.set_events_flow(true);
    assert_eq!(
        *shared
            .get("", Freshness::Cached, upstream.fetch())
            .await
            .expect("value"),
        1
    );
    tokio::time::advance(LIFETIME * 10).await;
    assert_eq!(
        *shared
            .get("", Freshness::Cached, upstream.fetch())
            .await
            .expect("value"),
        1
    );
    lifetime.set_events_flow(false);
    assert_eq!(
        *shared
            .get("", Freshness::Cached, upstream.fetch())
            .await
            .expect("value"),
        2
    );
    lifetime.set_events_flow(true);
    tokio::time::advance(Duration::from_secs(25 * 60 * 60)).await;
    assert_eq!(
        *shared
            .get("", Freshness::Cached, upstream.fetch())
            .await
            .expect("value"),
        3
    );
}

#[tokio::test(start_paused = true)]
async fn a_value_that_outlives_its_lifetime_while_it_is_fetched_is_served_to_those_who_waited() {
    let (shared, _) = shared(UNLIMITED);
    let slow = || async {
        tokio::time::sleep(LIFETIME * 2).await;
        Ok(7)
    };
    let tasks: Vec<_> = (0..3)
        .map(|_| {
            let shared = Arc::clone(&shared);
            tokio::spawn(async move { shared.get("", Freshness::Cached, slow).await })
        })
        .collect();
    for task in tasks {
        assert_eq!(*task.await.expect("task").expect("value"), 7);
    }
}

#[tokio::test(start_paused = true)]
async fn per_01_calls_are_paced_and_nobody_is_answered_with_what_may_have_changed() {
    let (shared, _) = shared(Pace {
        burst: 3,
        period: Duration::from_secs(1),
    });
    let upstream = Upstream::default();
    let began = Instant::now();
    let mut reading = shared
        .get("", Freshness::Cached, upstream.fetch())
        .await
        .expect("value");
    for _ in 0..6 {
        let newer = shared
            .get("", Freshness::After(reading.token()), upstream.fetch())
            .await
            .expect("value");
        assert_eq!(*newer, *reading + 1);
        reading = newer;
    }
    // three at once, then one a second
    assert_eq!(upstream.count(), 7);
    assert_eq!(began.elapsed(), Duration::from_secs(4));
    // who asks for what is there does not wait
    let began = Instant::now();
    assert_eq!(
        *shared
            .get("", Freshness::Cached, upstream.fetch())
            .await
            .expect("value"),
        7
    );
    assert_eq!(began.elapsed(), Duration::ZERO);
}

#[tokio::test(start_paused = true)]
async fn per_03_attempts_against_a_server_that_is_down_are_paced_too() {
    let (shared, _) = shared(Pace {
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
        assert!(shared.get("", Freshness::Cached, fetch.clone()).await.is_err());
    }
    assert_eq!(
        (attempts.load(Ordering::SeqCst), began.elapsed()),
        (5, Duration::from_secs(3))
    );
}

#[tokio::test(start_paused = true)]
async fn per_04_an_invalidation_during_a_refresh_makes_the_refresh_void() {
    let (shared, _) = shared(UNLIMITED);
    let upstream = Upstream::default();
    let first = shared
        .get("", Freshness::Cached, upstream.fetch())
        .await
        .expect("value");
    let gate = Arc::new(Semaphore::new(0));
    let refresh = {
        let (shared, gate, upstream) = (Arc::clone(&shared), Arc::clone(&gate), upstream.clone());
        tokio::spawn(async move {
            let fetch = move || {
                let (gate, fetch) = (Arc::clone(&gate), upstream.fetch());
                async move {
                    // the answer is made before the invalidation and arrives after it
                    let value = fetch().await;
                    gate.acquire().await.expect("gate").forget();
                    value
                }
            };
            shared.get("", Freshness::After(first.token()), fetch).await
        })
    };
    while upstream.count() < 2 {
        tokio::task::yield_now().await;
    }
    shared.invalidate_all().await;
    gate.add_permits(10);
    // it serves whoever had asked for it, and nobody else
    assert_eq!(*refresh.await.expect("task").expect("value"), 2);
    assert_eq!(
        *shared
            .get("", Freshness::Cached, upstream.fetch())
            .await
            .expect("value"),
        3
    );
}

#[tokio::test(start_paused = true)]
async fn per_04_invalidations_without_end_delay_nobody_and_nothing_of_them_is_kept() {
    let (shared, _) = shared(UNLIMITED);
    let again = Arc::clone(&shared);
    let fetches = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&fetches);
    let fetch = move || {
        let (shared, count) = (Arc::clone(&again), Arc::clone(&count));
        async move {
            shared.invalidate("").await;
            Ok(count.fetch_add(1, Ordering::SeqCst) + 1)
        }
    };
    // the first answer was asked for after the reader came
    let reading = shared.get("", Freshness::Cached, fetch).await.expect("a value");
    assert_eq!((*reading, fetches.load(Ordering::SeqCst)), (1, 1));
    let upstream = Upstream::default();
    shared
        .get("", Freshness::Cached, upstream.fetch())
        .await
        .expect("value");
    assert_eq!(upstream.count(), 1, "none of these is kept");
}

#[tokio::test(start_paused = true)]
async fn per_04_who_joins_a_fetch_that_is_then_overtaken_waits_for_the_next_one_only() {
    let (shared, _) = shared(UNLIMITED);
    let upstream = Upstream::default();
    let gate = Arc::new(Semaphore::new(0));
    let slow = {
        let (gate, upstream) = (Arc::clone(&gate), upstream.clone());
        move || {
            let (gate, fetch) = (Arc::clone(&gate), upstream.fetch());
            async move {
                let value = fetch().await;
                gate.acquire().await.expect("gate").forget();
                value
            }
        }
    };
    let reader = |shared: &Arc<SharedFetch<usize>>| {
        let (shared, slow) = (Arc::clone(shared), slow.clone());
        tokio::spawn(async move { shared.get("", Freshness::Cached, slow).await })
    };
    let first = reader(&shared);
    while upstream.count() < 1 {
        tokio::task::yield_now().await;
    }
    tokio::time::advance(Duration::from_secs(1)).await;
    let second = reader(&shared);
    for _ in 0..10 {
        tokio::task::yield_now().await;
    }
    shared.invalidate("").await;
    gate.add_permits(1);
    assert_eq!(*first.await.expect("task").expect("value"), 1);
    while upstream.count() < 2 {
        tokio::task::yield_now().await;
    }
    shared.invalidate("").await;
    gate.add_permits(1);
    assert_eq!(*second.await.expect("task").expect("value"), 2);
    assert_eq!(upstream.count(), 2);
}

#[tokio::test(start_paused = true)]
async fn what_says_the_same_after_a_refresh_is_the_same_value() {
    let (shared, _) = shared(UNLIMITED);
    let fetch = || async { Ok(7) };
    let first = shared.get("", Freshness::Cached, fetch).await.expect("value");
    let second = shared
        .get("", Freshness::After(first.token()), fetch)
        .await
        .expect("value");
    assert!(first.token() != second.token() && Arc::ptr_eq(first.value(), second.value()));
    let third = shared
        .get("", Freshness::After(second.token()), || async { Ok(8) })
        .await;
    assert!(!Arc::ptr_eq(second.value(), third.expect("value").value()));
}

#[tokio::test(start_paused = true)]
async fn per_04_an_invalidation_leaves_a_fetch_alone_that_has_not_begun() {
    let (shared, _) = shared(Pace {
        burst: 1,
        period: Duration::from_secs(1),
    });
    let upstream = Upstream::default();
    assert_eq!(
        *shared
            .get("", Freshness::Cached, upstream.fetch())
            .await
            .expect("value"),
        1
    );
    shared.invalidate("").await;
    let (waiting, counter) = (Arc::clone(&shared), upstream.clone());
    let waiting = tokio::spawn(async move { waiting.get("", Freshness::Cached, counter.fetch()).await });
    for _ in 0..9 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        shared.invalidate("").await;
        shared.invalidate_all().await;
    }
    assert_eq!(upstream.count(), 1);
    assert_eq!(*waiting.await.expect("task").expect("value"), 2);
}

#[tokio::test(start_paused = true)]
async fn per_05_a_client_that_goes_away_takes_nothing_from_those_who_wait() {
    let (shared, _) = shared(UNLIMITED);
    let upstream = Upstream::default();
    let gate = Arc::new(Semaphore::new(0));
    let slow = {
        let (gate, upstream) = (Arc::clone(&gate), upstream.clone());
        move || {
            let (gate, fetch) = (Arc::clone(&gate), upstream.fetch());
            async move {
                gate.acquire().await.expect("gate").forget();
                fetch().await
            }
        }
    };
    // many times, since the cache gives up on a key after a few hundred abandoned attempts
    for _ in 0..500 {
        let gone = tokio::time::timeout(
            Duration::from_millis(1),
            shared.get("", Freshness::Cached, slow.clone()),
        )
        .await;
        assert!(gone.is_err());
    }
    gate.add_permits(500);
    assert_eq!(*shared.get("", Freshness::Cached, slow).await.expect("value"), 1);
    assert_eq!(upstream.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_fetch_that_panics_is_a_failure_and_the_next_one_is_tried() {
    let (shared, _) = shared(UNLIMITED);
    let bad = || async { if true { panic!("a bug") } else { Ok(1) } };
    let failure = shared.get("", Freshness::Cached, bad).await.expect_err("a failure");
    assert!(failure.cause().contains("panicked"));
    assert_eq!(
        *shared
            .get("", Freshness::Cached, Upstream::default().fetch())
            .await
            .expect("value"),
        1
    );
}

#[tokio::test(start_paused = true)]
async fn more_names_than_are_remembered_do_no_harm() {
    let (shared, _) = shared(UNLIMITED);
    let upstream = Upstream::default();
    for index in 0..5_000 {
        let id = index.to_string();
        assert_eq!(
            *shared
                .get(&id, Freshness::Cached, upstream.fetch())
                .await
                .expect("value"),
            index + 1
        );
    }
    let token = shared
        .get("4999", Freshness::Cached, upstream.fetch())
        .await
        .expect("value")
        .token();
    assert_eq!(upstream.count(), 5_000);
    assert_eq!(
        *shared
            .get("4999", Freshness::After(token), upstream.fetch())
            .await
            .expect("value"),
        5_001
    );
}
