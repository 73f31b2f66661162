//! The client against a small server on loopback with scripted responses and faults.

mod cached;
mod calls;
mod events;
mod ip_rules;
mod permission_cache;
mod probe;
mod schema_upload;

use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use super::client::{ClientOptions, ServerClient};

pub(super) const SECRET: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

#[derive(Debug, Clone)]
pub(super) struct Received {
    /// `GET /path`.
    pub(super) line: String,
    /// Lower case.
    pub(super) head: String,
    pub(super) body: String,
}

/// The scripted reaction to a request.
#[derive(Clone)]
pub(super) enum Reply {
    Json(u16, String),
    /// Sends these bytes and closes the connection.
    Raw(Vec<u8>),
    /// Sends single bytes without end.
    Drip(Duration),
    /// Sends without end.
    Endless,
    /// Sends these bytes and keeps the connection open.
    Open(Vec<u8>),
    Hang,
    /// Waits for a permit before the reply.
    Gated(Arc<Semaphore>, Box<Reply>),
}

impl Reply {
    pub(super) fn json(text: impl Into<String>) -> Self {
        Self::Json(200, text.into())
    }
}

/// The server; stops when dropped.
pub(super) struct TestServer {
    pub(super) url: String,
    received: Arc<Mutex<Vec<Received>>>,
    count: watch::Receiver<usize>,
    task: tokio::task::JoinHandle<()>,
}

impl Drop for TestServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl TestServer {
    /// Replies with `reply(request, number of earlier requests)`.
    pub(super) async fn start(reply: impl Fn(&Received, usize) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("bind");
        let url = format!("http://{}", listener.local_addr().expect("address"));
        let received = Arc::new(Mutex::new(Vec::new()));
        let (counter, count) = watch::channel(0);
        let reply = Arc::new(reply);
        let log = Arc::clone(&received);
        let task = tokio::spawn(async move {
            let mut connections = tokio::task::JoinSet::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let (reply, log, counter) = (Arc::clone(&reply), Arc::clone(&log), counter.clone());
                connections.spawn(async move {
                    let Some(request) = read_request(&mut stream).await else {
                        return;
                    };
                    let before = {
                        let mut log = log.lock().expect("log");
                        log.push(request.clone());
                        log.len() - 1
                    };
                    counter.send_modify(|count| *count += 1);
                    answer(&mut stream, reply(&request, before)).await;
                });
            }
        });
        Self {
            url,
            received,
            count,
            task,
        }
    }

    pub(super) async fn always(reply: Reply) -> Self {
        Self::start(move |_, _| reply.clone()).await
    }

    pub(super) fn received(&self) -> Vec<Received> {
        self.received.lock().expect("log").clone()
    }

    pub(super) fn count(&self) -> usize {
        *self.count.borrow()
    }

    pub(super) async fn wait_for(&self, requests: usize) {
        let mut count = self.count.clone();
        let enough = count.wait_for(|count| *count >= requests);
        let waited = tokio::time::timeout(Duration::from_secs(20), enough).await;
        assert!(waited.is_ok_and(|seen| seen.is_ok()), "{requests} requests");
    }
}

pub(super) fn client(url: &str) -> Arc<ServerClient> {
    client_with(url, Duration::from_secs(20))
}

pub(super) fn client_with(url: &str, timeout: Duration) -> Arc<ServerClient> {
    let client = ServerClient::new(&ClientOptions {
        base_url: url.to_owned(),
        env_secret: SecretString::from(SECRET),
        request_timeout: timeout,
        schema_timeout: timeout,
        runtime: crate::server::Runtime::current().unwrap(),
    });
    Arc::new(client.expect("client"))
}

async fn read_request(stream: &mut TcpStream) -> Option<Received> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            break end + 4;
        }
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let length = head
        .lines()
        .find_map(|line| {
            line.to_ascii_lowercase()
                .strip_prefix("content-length:")?
                .trim()
                .parse()
                .ok()
        })
        .unwrap_or(0);
    while bytes.len() < head_end + length {
        if stream.read_buf(&mut bytes).await.ok()? == 0 {
            return None;
        }
    }
    let line = head.lines().next()?.trim_end_matches(" HTTP/1.1").to_owned();
    Some(Received {
        line,
        head: head.to_ascii_lowercase(),
        body: String::from_utf8_lossy(&bytes[head_end..]).into_owned(),
    })
}

async fn answer(stream: &mut TcpStream, reply: Reply) {
    let mut reply = reply;
    while let Reply::Gated(gate, inner) = reply {
        gate.acquire().await.expect("gate").forget();
        reply = *inner;
    }
    // the client may have gone away
    let _ = match reply {
        Reply::Json(status, body) => {
            let length = body.len();
            let text = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
            );
            stream.write_all(text.as_bytes()).await
        }
        Reply::Raw(bytes) => stream.write_all(&bytes).await,
        Reply::Drip(pause) => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            while stream.write_all(b" ").await.is_ok() {
                tokio::time::sleep(pause).await;
            }
            Ok(())
        }
        Reply::Endless => {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await;
            let piece = vec![b' '; 64 * 1024];
            while stream.write_all(&piece).await.is_ok() {}
            Ok(())
        }
        Reply::Open(bytes) => {
            let _ = stream.write_all(&bytes).await;
            std::future::pending().await
        }
        Reply::Hang => std::future::pending().await,
        Reply::Gated(..) => Ok(()),
    };
    let _ = stream.shutdown().await;
}
