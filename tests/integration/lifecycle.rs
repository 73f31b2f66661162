//! The life of a handler: it runs to its end despite disconnects, panics and other requests.

use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use actix_web::dev::{ServerHandle, Service as _};
use actix_web::rt::task::JoinHandle;
use actix_web::rt::time::timeout;
use actix_web::{App, HttpServer, test};
use forest_actions::Forest;
use forest_actions::prelude::*;
use futures_util::future::join_all;
use tokio::sync::{Barrier, Notify, mpsc};
use tokio::task::yield_now;

use crate::support::{Agent, Call, Log, MARK_AS_LIVE, Socket, actions, listen};

/// Progress of a handler, sent to the test.
type Steps = mpsc::UnboundedSender<&'static str>;

/// Reports its start, waits for permission to continue, and reports its end.
#[smart_action(collection = "slow", name = "Wait", kind = "global")]
async fn wait(steps: web::Data<Steps>, go: web::Data<Notify>) -> ActionResult {
    steps.send("started")?;
    go.notified().await;
    steps.send("half-way")?;
    for _ in 0..10 {
        yield_now().await;
    }
    steps.send("finished")?;
    Ok(success("done"))
}

/// Waits at the barrier.
#[smart_action(collection = "slow", name = "Meet", kind = "bulk")]
async fn meet(ids: RecordIds<u32>, caller: Caller, barrier: web::Data<Barrier>) -> String {
    barrier.wait().await;
    format!("{} of {}", ids[0], caller.id)
}

#[smart_action(collection = "slow", name = "Panics at once", kind = "global")]
async fn panics_at_once() -> ActionResult {
    panic!("at once")
}

#[smart_action(collection = "slow", name = "Panics later", kind = "global")]
async fn panics_later() -> ActionResult {
    yield_now().await;
    std::panic::panic_any(7_u8)
}

/// Sends its text when it is dropped.
struct OnDrop(Steps, &'static str);

impl Drop for OnDrop {
    fn drop(&mut self) {
        let _nobody_waits = self.0.send(self.1);
    }
}

/// The next step of a handler; `None` after a timeout, so that a test fails instead of hanging.
async fn next(seen: &mut mpsc::UnboundedReceiver<&'static str>) -> Option<&'static str> {
    timeout(Duration::from_secs(20), seen.recv()).await.unwrap_or_default()
}

/// An agent with the slow action on a real server of one worker, and a call of it whose browser has gone while it runs.
struct Abandoned {
    forest: Forest,
    server: ServerHandle,
    stopped: JoinHandle<std::io::Result<()>>,
    go: web::Data<Notify>,
    seen: mpsc::UnboundedReceiver<&'static str>,
    _agent: Agent,
}

async fn abandoned() -> Abandoned {
    let agent = Agent::local(actions![wait]).await;
    let (steps, mut seen) = mpsc::unbounded_channel();
    let (steps, go) = (web::Data::new(steps), web::Data::new(Notify::new()));
    let (forest, data, gate) = (agent.forest.clone(), steps.clone(), go.clone());
    let server = HttpServer::new(move || {
        let steps = Steps::clone(&data);
        App::new()
            .app_data(data.clone())
            .app_data(gate.clone())
            .configure(forest.routes())
            .wrap_fn(move |request, service| {
                // dropped with the request, when the server notices the disconnect
                let gone = OnDrop(steps.clone(), "gone");
                let answer = service.call(request);
                async move {
                    let answer = answer.await;
                    drop(gone);
                    answer
                }
            })
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    let stopped = actix_web::rt::spawn(server);

    let mut socket = Socket::connect(address).await;
    let body = br#"{"data":{"attributes":{}}}"#;
    let length = format!("content-length: {}", body.len());
    socket.send("/forest/actions/wait", &[&length], body).await;
    assert_eq!(next(&mut seen).await, Some("started"));
    // the end of a browser's tab: the connection is reset
    socket.0.set_zero_linger().unwrap();
    drop(socket);
    let gone = next(&mut seen).await;
    assert_eq!(gone, Some("gone"), "the request is over before the handler is");
    Abandoned {
        forest: agent.forest.clone(),
        server: handle,
        stopped,
        go,
        seen,
        _agent: agent,
    }
}

#[actix_web::test]
async fn a_handler_completes_after_client_disconnect() {
    let mut call = abandoned().await;
    call.go.notify_one();
    assert_eq!(next(&mut call.seen).await, Some("half-way"));
    assert_eq!(next(&mut call.seen).await, Some("finished"));
    drop(call.server.stop(false));
}

#[actix_web::test]
async fn evt_01_shutdown_waits_for_handlers_of_disconnected_clients() {
    let mut call = abandoned().await;
    call.server.pause().await;
    let mut idle = std::pin::pin!(call.forest.until_idle());
    let waits = std::future::poll_fn(|context| Poll::Ready(idle.as_mut().poll(context).is_pending())).await;
    assert!(waits, "a handler runs");
    call.go.notify_one();
    idle.await;
    call.server.stop(true).await;
    call.stopped.await.unwrap().unwrap();
    assert_eq!(next(&mut call.seen).await, Some("half-way"));
    assert_eq!(next(&mut call.seen).await, Some("finished"));
    // afterwards there is nothing to wait for
    call.forest.until_idle().await;
}

/// Takes a moment, so that connections that send it again and again always have one running.
#[smart_action(collection = "slow", name = "Moment", kind = "global")]
async fn moment() -> String {
    actix_web::rt::time::sleep(Duration::from_millis(30)).await;
    "done".to_owned()
}

#[actix_web::test]
async fn evt_05_a_stop_takes_as_long_as_the_longest_handler_despite_connections_that_are_kept_alive() {
    let agent = Agent::local(actions![wait, moment]).await;
    let (steps, mut seen) = mpsc::unbounded_channel();
    let (steps, go) = (web::Data::new(steps), web::Data::new(Notify::new()));
    let (forest, data, gate) = (agent.forest.clone(), steps.clone(), go.clone());
    let server = HttpServer::new(move || {
        let app = App::new().app_data(data.clone()).app_data(gate.clone());
        app.configure(forest.routes())
    });
    let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
    let address = server.addrs()[0];
    let server = server.run();
    let handle = server.handle();
    let stopped = actix_web::rt::spawn(server);

    let body = br#"{"data":{"attributes":{}}}"#;
    let length = format!("content-length: {}", body.len());
    let mut slow = Socket::connect(address).await;
    slow.send("/forest/actions/wait", &[&length], body).await;
    assert_eq!(next(&mut seen).await, Some("started"));
    // an idle connection, and some that never stop sending
    let _idle = Socket::connect(address).await;
    let (answered, mut answers) = mpsc::unbounded_channel();
    let busy: Vec<_> = (0..4)
        .map(|_| {
            let (length, answered) = (length.clone(), answered.clone());
            actix_web::rt::spawn(async move {
                let mut socket = Socket::connect(address).await;
                loop {
                    socket.send("/forest/actions/moment", &[&length], body).await;
                    match socket.read_answer().await {
                        Some(answer) if answer.contains("connection: close") => return true,
                        Some(_) => answered.send("answered").unwrap(),
                        None => return false,
                    }
                }
            })
        })
        .collect();
    for _ in 0..20 {
        assert_eq!(next(&mut answers).await, Some("answered"));
    }
    let forest = agent.forest.clone();
    let stop = actix_web::rt::spawn(async move { forest.stop(&handle, Duration::from_secs(60)).await });
    for busy in busy {
        let is_closed_by_an_answer = timeout(Duration::from_secs(20), busy).await.unwrap().unwrap();
        assert!(is_closed_by_an_answer);
    }
    assert!(!stop.is_finished(), "a handler runs");
    go.notify_one();
    assert!(slow.read_answer().await.unwrap().contains("connection: close"));
    timeout(Duration::from_secs(20), stop).await.unwrap().unwrap();
    stopped.await.unwrap().unwrap();
    assert_eq!(next(&mut seen).await, Some("half-way"));
    assert_eq!(next(&mut seen).await, Some("finished"));
}

#[actix_web::test]
async fn a_handler_of_a_disconnected_client_is_logged() {
    let log = Log::capture();
    let agent = Agent::local(actions![wait]).await;
    let (steps, mut seen) = mpsc::unbounded_channel();
    let go = web::Data::new(Notify::new());
    let app = App::new()
        .app_data(web::Data::new(Steps::clone(&steps)))
        .app_data(go.clone());
    let app = test::init_service(app.configure(agent.forest.routes())).await;
    {
        let call = Call::post("/forest/actions/wait");
        let request = std::pin::pin!(call.send(&app));
        let started = std::pin::pin!(seen.recv());
        let first = futures_util::future::select(request, started).await;
        assert!(matches!(
            first,
            futures_util::future::Either::Right((Some("started"), _))
        ));
        // the request is dropped here
    }
    go.notify_one();
    assert_eq!(next(&mut seen).await, Some("half-way"));
    assert_eq!(next(&mut seen).await, Some("finished"));
    for _ in 0..100 {
        // the line is written after the handler's last word
        yield_now().await;
    }
    assert_eq!((log.end().get("status"), log.end().get("action")), ("200", "Wait"));
}

#[actix_web::test]
async fn a_panic_is_a_500_for_its_own_request_only() {
    let agent = Agent::local(actions![panics_at_once, panics_later, actions::mark_as_live]).await;
    let server = listen(&agent, "127.0.0.1");
    let body = br#"{"data":{"attributes":{}}}"#;
    let length = format!("content-length: {}", body.len());
    for path in ["/forest/actions/panics-at-once", "/forest/actions/panics-later"] {
        let mut socket = Socket::connect(server.address).await;
        socket.send(path, &[&length, "connection: close"], body).await;
        let answer = socket.read_to_end().await;
        assert!(
            answer.starts_with("HTTP/1.1 500 ") && answer.contains("Unexpected error"),
            "{answer}"
        );
        assert!(answer.contains("access-control-allow-origin"), "{answer}");
        assert!(!answer.contains("at once"), "{answer}");
        let next = Socket::connect(server.address).await.mark_as_live().await;
        assert!(next.starts_with("HTTP/1.1 200 "), "{next}");
    }
}

#[actix_web::test]
async fn panic_messages_are_logged() {
    for (action, text) in actions![panics_at_once, panics_later]
        .into_iter()
        .zip(["panicked: at once", "no message"])
    {
        let log = Log::capture();
        let agent = Agent::local([action]).await;
        let answer = Call::post(action.endpoint).send(&agent.serve().await).await;
        let detail = answer.detail(500);
        let line = log.end();
        assert!(line.get("error").contains(text), "{line:?}");
        assert!(detail.contains(line.get("reference")), "{detail}");
    }
}

#[actix_web::test]
async fn concurrent_handlers_return_their_own_responses() {
    const CALLERS: u32 = 64;
    let agent = Agent::local(actions![meet]).await;
    let barrier = web::Data::from(Arc::new(Barrier::new(CALLERS as usize)));
    let app = test::init_service(App::new().app_data(barrier).configure(agent.forest.routes())).await;
    let answers = (0..CALLERS).map(|id| {
        let mut claims = crate::support::claims();
        claims["id"] = (1_000 + id).into();
        let call = Call::post("/forest/actions/meet")
            .ids([id])
            .bearer(&crate::support::mint(&claims));
        let app = &app;
        async move { (id, call.send(app).await.success()) }
    });
    // the barrier opens only when all handlers run concurrently
    for (id, answer) in join_all(answers).await {
        assert_eq!(answer, format!("{id} of {}", 1_000 + id));
    }
}

#[actix_web::test]
async fn one_connection_serves_sequential_requests() {
    let agent = Agent::local(actions![actions::mark_as_live]).await;
    let server = listen(&agent, "127.0.0.1");
    let mut socket = Socket::connect(server.address).await;
    for id in 0..20 {
        let body = format!(r#"{{"data":{{"attributes":{{"ids":["{id}"]}}}}}}"#);
        let length = format!("content-length: {}", body.len());
        socket.send(MARK_AS_LIVE, &[&length], body.as_bytes()).await;
    }
    let last = socket.mark_as_live().await;
    assert_eq!(last.matches("HTTP/1.1 200 OK").count(), 21, "{last}");
    for id in 0..20 {
        assert!(last.contains(&format!("Company {id} is now live!")), "{id}");
    }
    assert_eq!(agent.runs.count(), 21);
}
