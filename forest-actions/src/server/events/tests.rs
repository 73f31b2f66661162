use std::collections::VecDeque;
use std::sync::Mutex;

use tokio::sync::mpsc;

use super::*;

/// A connection that the test feeds; it ends when the sender is gone.
struct Fed(mpsc::UnboundedReceiver<Bytes>);

impl EventConnection for Fed {
    async fn next(&mut self) -> Option<Bytes> {
        self.0.recv().await
    }
}

/// The time and the last id of each connection attempt.
type Seen = Arc<Mutex<Vec<(Duration, Option<String>)>>>;

/// The outcome of each connection attempt, in order; later attempts hang.
struct Script {
    openings: Mutex<VecDeque<Opening>>,
    seen: Seen,
    began: Instant,
}

enum Opening {
    Fail(FailureKind),
    Hang,
    Open(mpsc::UnboundedReceiver<Bytes>),
}

impl EventSource for Script {
    type Connection = Fed;

    async fn open(&self, last_id: Option<&str>) -> Result<Fed, ServerFailure> {
        let moment = (self.began.elapsed(), last_id.map(str::to_owned));
        self.seen.lock().expect("seen").push(moment);
        let opening = self.openings.lock().expect("script").pop_front();
        match opening {
            Some(Opening::Open(fed)) => Ok(Fed(fed)),
            Some(Opening::Fail(kind)) => Err(ServerFailure::new(kind, "events", "a test")),
            Some(Opening::Hang) | None => std::future::pending().await,
        }
    }
}

#[derive(Clone, Default)]
struct Effects(Arc<Mutex<Vec<Effect>>>);

impl EventSink for Effects {
    async fn apply(&self, effect: Effect) {
        self.0.lock().expect("effects").push(effect);
    }
}

impl Effects {
    fn take(&self) -> Vec<Effect> {
        std::mem::take(&mut self.0.lock().expect("effects"))
    }
}

struct Run {
    effects: Effects,
    seen: Seen,
    subscription: EventSubscription,
}

/// Follows the script, with maximum delays.
fn run(openings: Vec<Opening>) -> Run {
    let effects = Effects::default();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let script = Script {
        openings: Mutex::new(openings.into()),
        seen: Arc::clone(&seen),
        began: Instant::now(),
    };
    let sink = effects.clone();
    let task = tokio::spawn(async move { follow(&script, &sink, || 1_000).await });
    Run {
        effects,
        seen,
        subscription: EventSubscription { task },
    }
}

impl Run {
    fn seconds(&self) -> Vec<u64> {
        let seen = self.seen.lock().expect("seen");
        seen.iter().map(|(moment, _)| moment.as_secs()).collect()
    }
}

fn send(sender: &mpsc::UnboundedSender<Bytes>, text: &'static str) {
    sender.send(Bytes::from_static(text.as_bytes())).expect("connected");
}

/// Lets the task run without time passing.
async fn settle() {
    for _ in 0..50 {
        tokio::task::yield_now().await;
    }
}

async fn pass(seconds: u64) {
    tokio::time::sleep(Duration::from_secs(seconds)).await;
    settle().await;
}

#[tokio::test(start_paused = true)]
async fn events_drop_the_named_values() {
    let (sender, fed) = mpsc::unbounded_channel();
    let run = run(vec![Opening::Open(fed)]);
    settle().await;
    assert_eq!(run.effects.take(), [Effect::DropAll]);
    send(&sender, "event: heartbeat\ndata: {}\n\n");
    settle().await;
    assert_eq!(run.effects.take(), [Effect::Flow(true)]);
    send(&sender, "event: refresh-users\ndata: x\n\nevent: refresh-ro");
    send(
        &sender,
        "les\n\nevent: refresh-renderings\ndata: {\"renderingIds\":[\"13\",24]}\n\n",
    );
    settle().await;
    assert_eq!(
        run.effects.take(),
        [
            Effect::DropUsers,
            Effect::DropEnvironment,
            Effect::DropRenderings(vec!["13".to_owned(), "24".to_owned()])
        ]
    );
    send(
        &sender,
        "event: refresh-renderings\ndata:\n\nevent: refresh-customizations\ndata: 1\n\n: comment\n\n",
    );
    settle().await;
    assert_eq!(run.effects.take(), []);
    send(
        &sender,
        "event: refresh-renderings\ndata: [1,\n\nevent: refresh-renderings\ndata: {\"renderingIds\":[null]}\n\n",
    );
    settle().await;
    assert_eq!(
        run.effects.take(),
        [Effect::DropAllRenderings, Effect::DropAllRenderings]
    );
}

#[tokio::test(start_paused = true)]
async fn evt_02_values_expire_without_a_heartbeat_until_events_flow() {
    let (sender, fed) = mpsc::unbounded_channel();
    let run = run(vec![Opening::Open(fed)]);
    pass(44).await;
    assert_eq!(run.effects.take(), [Effect::DropAll]);
    // comments are no heartbeat
    send(&sender, ": still here\n\n");
    pass(2).await;
    assert_eq!(run.effects.take(), [Effect::Flow(false)]);
    pass(1_000).await;
    assert_eq!(run.effects.take(), []);
    send(&sender, "event: heartbeat\n\n");
    settle().await;
    assert_eq!(run.effects.take(), [Effect::Flow(true)]);
    // and falls silent again, without a new connection
    pass(46).await;
    assert_eq!(run.effects.take(), [Effect::Flow(false)]);
    send(&sender, "event: refresh-users\n\n");
    settle().await;
    assert_eq!(run.effects.take(), [Effect::DropUsers, Effect::Flow(true)]);
    assert_eq!(run.seconds().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn evt_02_delayed_headers_time_out() {
    let (_sender, fed) = mpsc::unbounded_channel();
    let run = run(vec![Opening::Hang, Opening::Open(fed)]);
    pass(60).await;
    assert_eq!(run.seconds(), [0, 50]);
    assert_eq!(run.effects.take(), [Effect::Flow(false), Effect::DropAll]);
}

#[tokio::test(start_paused = true)]
async fn evt_03_delays_grow_up_to_a_limit_and_each_connection_drops_everything() {
    let mut openings: Vec<Opening> = [
        FailureKind::Unreachable,
        FailureKind::Status(500),
        FailureKind::Maintenance,
        FailureKind::Status(403),
        FailureKind::Timeout,
        FailureKind::Status(504),
        FailureKind::Malformed,
        FailureKind::Unreachable,
    ]
    .into_iter()
    .map(Opening::Fail)
    .collect();
    let (sender, fed) = mpsc::unbounded_channel();
    openings.push(Opening::Open(fed));
    let run = run(openings);
    pass(3_000).await;
    // 5, 10, 20, 40, 80, 160, then 300 at most
    assert_eq!(run.seconds(), [0, 5, 15, 35, 75, 155, 315, 615, 915]);
    let effects = run.effects.take();
    assert_eq!(effects.iter().filter(|effect| **effect == Effect::DropAll).count(), 1);
    // a good connection ends: back after the first delay
    drop(sender);
    pass(6).await;
    assert_eq!(run.seconds().last(), Some(&3_005));
    assert_eq!(run.effects.take().last(), Some(&Effect::Flow(false)));
}

#[tokio::test(start_paused = true)]
async fn evt_03_short_connections_are_reopened_with_delay() {
    let openings = (0..4).map(|_| Opening::Open(mpsc::unbounded_channel().1)).collect();
    let run = run(openings);
    pass(100).await;
    assert_eq!(run.seconds(), [0, 5, 15, 35, 75]);
    let drops = run
        .effects
        .take()
        .into_iter()
        .filter(|effect| *effect == Effect::DropAll)
        .count();
    assert_eq!(drops, 4);
}

#[tokio::test(start_paused = true)]
async fn evt_03_the_servers_delay_and_the_last_id_are_used() {
    let (sender, fed) = mpsc::unbounded_channel();
    let run = run(vec![Opening::Open(fed)]);
    send(&sender, "retry: 20000\nid: e-7\nevent: heartbeat\n\n");
    pass(100).await;
    drop(sender);
    pass(25).await;
    assert_eq!(run.seconds(), [0, 120]);
    assert_eq!(run.seen.lock().expect("seen")[1].1.as_deref(), Some("e-7"));
}

#[tokio::test(start_paused = true)]
async fn evt_03_an_unknown_secret_is_final() {
    let run = run(vec![Opening::Fail(FailureKind::UnknownSecret)]);
    pass(1_000).await;
    assert_eq!(run.seconds(), [0]);
    assert!(run.subscription.has_ended());
    assert_eq!(run.effects.take(), [Effect::Flow(false)]);
}

#[tokio::test(start_paused = true)]
async fn an_endless_line_reopens_the_stream() {
    let (sender, fed) = mpsc::unbounded_channel();
    let run = run(vec![Opening::Open(fed)]);
    sender.send(Bytes::from(vec![b'x'; 100_000])).expect("connected");
    pass(6).await;
    assert!(sender.is_closed());
    assert_eq!(run.seconds(), [0, 5]);
}

#[tokio::test(start_paused = true)]
async fn evt_01_dropping_the_subscription_closes_the_connection() {
    let (sender, fed) = mpsc::unbounded_channel();
    let run = run(vec![Opening::Open(fed)]);
    settle().await;
    assert!(!sender.is_closed() && !run.subscription.has_ended());
    drop(run);
    settle().await;
    assert!(sender.is_closed());
}

#[test]
fn evt_03_delays_are_spread_over_the_second_half() {
    let base = Duration::from_secs(10);
    assert_eq!(delay(base, 1, 0), Duration::from_secs(5));
    assert_eq!(delay(base, 1, 1_000), Duration::from_secs(10));
    assert_eq!(delay(base, 3, 0), Duration::from_secs(20));
    assert_eq!(delay(base, u32::MAX, 1_000), MAX_DELAY);
    assert_eq!(delay(Duration::ZERO, 0, 1_000), MIN_DELAY);
    assert_eq!(delay(Duration::MAX, 1, 1_000), MAX_DELAY);
    let spread: std::collections::HashSet<u64> = (0..100).map(|_| random()).collect();
    assert!(spread.len() > 90);
}
