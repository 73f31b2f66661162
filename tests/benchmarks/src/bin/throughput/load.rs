//! The client: some connections, one request in flight on each, the same bytes every time.
//!
//! It reads of an answer only the status and the length, so that it stays well ahead of any server on the other processor.

use std::time::{Duration, Instant};

use forest_actions_benchmarks::Outcome;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::sides::{BODY, ORIGIN, URI};
use crate::work::Work;

/// What one round saw.
pub(crate) struct Round {
    pub(crate) seconds: f64,
    /// How long each answer took, in nanoseconds, sorted.
    pub(crate) latencies: Vec<u64>,
}

impl Round {
    pub(crate) fn requests_per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.seconds
    }

    /// The latency that this share of the answers stayed within, in microseconds.
    pub(crate) fn percentile(&self, share: f64) -> f64 {
        let last = self.latencies.len().saturating_sub(1);
        let index = (last as f64 * share).round() as usize;
        self.latencies.get(index).copied().unwrap_or_default() as f64 / 1_000.0
    }
}

/// The bytes of the request without a database.
pub(crate) fn request(token: &str) -> Vec<u8> {
    sent("POST", URI, token, BODY)
}

/// The bytes of a request to the database, about one of its records.
pub(crate) fn request_of(work: Work, token: &str, id: i64) -> Vec<u8> {
    let body = match work {
        Work::List => return sent("GET", work.uri(), token, ""),
        Work::Action | Work::Hook => BODY
            .replace("\"1985\"", &format!("\"{id}\""))
            .replace("companies-charge", "accounts-charge-account")
            .replace("companies", "accounts"),
    };
    sent("POST", work.uri(), token, &body)
}

fn sent(method: &str, uri: &str, token: &str, body: &str) -> Vec<u8> {
    let entity = if body.is_empty() {
        String::new()
    } else {
        format!("content-type: application/json\r\ncontent-length: {}\r\n", body.len())
    };
    format!(
        "{method} {uri} HTTP/1.1\r\nhost: 127.0.0.1:3310\r\naccept: application/json\r\norigin: {ORIGIN}\r\n\
         {entity}authorization: Bearer {token}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// The answer to one request, as text.
pub(crate) async fn once(port: u16, request: &[u8]) -> Outcome<String> {
    let mut connection = Connection::open(port).await?;
    let length = connection.ask(request).await?;
    Ok(String::from_utf8_lossy(connection.buffer.get(..length).unwrap_or_default()).into_owned())
}

/// Keeps all connections busy for a time, each with the next of the requests. Any answer but 200 is an error.
pub(crate) async fn round(port: u16, requests: &[&'static [u8]], connections: u64, time: Duration) -> Outcome<Round> {
    let started = Instant::now();
    let mut tasks = Vec::new();
    for (_, &request) in (0..connections).zip(requests.iter().cycle()) {
        let mut connection = Connection::open(port).await?;
        tasks.push(tokio::task::spawn_local(async move {
            let mut latencies = Vec::with_capacity(1 << 16);
            while started.elapsed() < time {
                let asked = Instant::now();
                if let Err(error) = connection.ask(request).await {
                    return Err(error.to_string());
                }
                latencies.push(u64::try_from(asked.elapsed().as_nanos()).unwrap_or(u64::MAX));
            }
            Ok(latencies)
        }));
    }
    let mut latencies = Vec::new();
    for task in tasks {
        latencies.extend(task.await??);
    }
    let seconds = started.elapsed().as_secs_f64();
    latencies.sort_unstable();
    Ok(Round { seconds, latencies })
}

struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    async fn open(port: u16) -> Outcome<Self> {
        let stream = TcpStream::connect(("127.0.0.1", port)).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: vec![0; 4096],
        })
    }

    /// Sends the request and reads the whole answer; gives its length.
    async fn ask(&mut self, request: &[u8]) -> Outcome<usize> {
        self.stream.write_all(request).await?;
        let mut filled = 0;
        loop {
            let Some(room) = self.buffer.get_mut(filled..).filter(|room| !room.is_empty()) else {
                return Err("the answer is too long".into());
            };
            let read = self.stream.read(room).await?;
            if read == 0 {
                return Err("the server closed the connection".into());
            }
            filled += read;
            let answer = self.buffer.get(..filled).unwrap_or_default();
            match whole_length(answer) {
                Some(length) if filled >= length => {
                    if answer.starts_with(b"HTTP/1.1 200 ") {
                        return Ok(length);
                    }
                    return Err(format!("not a success: {}", String::from_utf8_lossy(answer)).into());
                }
                _ => {}
            }
        }
    }
}

/// The length of head and body together, once the head is complete.
fn whole_length(answer: &[u8]) -> Option<usize> {
    const NAME: &[u8] = b"content-length: ";
    let head = answer.windows(4).position(|bytes| bytes == b"\r\n\r\n")?;
    let length = answer
        .get(..head)?
        .split(|byte| *byte == b'\n')
        .find_map(|line| line.strip_prefix(NAME))?
        .iter()
        .filter(|byte| byte.is_ascii_digit())
        .fold(0, |length, digit| length * 10 + usize::from(digit - b'0'));
    Some(head + 4 + length)
}
