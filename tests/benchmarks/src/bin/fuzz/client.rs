//! One connection that is kept alive, and the answers that come over it.

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// How long an answer may take before it counts as missing.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) has_retry_after: bool,
    pub(crate) body: Vec<u8>,
    pub(crate) duration: Duration,
}

pub(crate) struct Client {
    port: u16,
    socket: Option<TcpStream>,
}

impl Client {
    pub(crate) fn new(port: u16) -> Self {
        Self { port, socket: None }
    }

    /// Sends a request and reads its answer.
    ///
    /// # Errors
    /// The reason why there is no whole answer.
    pub(crate) fn send(&mut self, bytes: &[u8]) -> Result<Answer, String> {
        let is_kept = self.socket.is_some();
        match self.exchange(bytes) {
            // the server may close a connection that is kept alive at any time
            Err(_) if is_kept => {
                self.socket = None;
                self.exchange(bytes)
            }
            answer => answer,
        }
        .inspect_err(|_| self.socket = None)
    }

    fn exchange(&mut self, bytes: &[u8]) -> Result<Answer, String> {
        let text = |error: std::io::Error| error.to_string();
        let mut socket = match self.socket.take() {
            Some(socket) => socket,
            None => {
                let socket = TcpStream::connect(("127.0.0.1", self.port)).map_err(text)?;
                socket.set_read_timeout(Some(PATIENCE)).map_err(text)?;
                socket.set_nodelay(true).map_err(text)?;
                socket
            }
        };
        let begin = Instant::now();
        // a server may stop reading before the end of a body that it refuses
        let written = socket.write_all(bytes);
        let mut received = Vec::new();
        let mut buffer = [0; 16 * 1024];
        let is_head = bytes.starts_with(b"HEAD ");
        loop {
            let count = match socket.read(&mut buffer) {
                Ok(count) => count,
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(format!("no answer: {error}")),
            };
            received.extend_from_slice(&buffer[..count]);
            let end = parse(&received, is_head, count == 0)?;
            let Some((mut answer, closes)) = end else {
                if count == 0 {
                    return Err(format!("the connection was closed after {} bytes", received.len()));
                }
                continue;
            };
            answer.duration = begin.elapsed();
            if !closes && count > 0 && written.is_ok() {
                self.socket = Some(socket);
            }
            return Ok(answer);
        }
    }
}

/// The answer, if it is whole, and whether its connection closes.
fn parse(received: &[u8], is_head: bool, is_over: bool) -> Result<Option<(Answer, bool)>, String> {
    let Some(end) = received.windows(4).position(|window| window == b"\r\n\r\n") else {
        return Ok(None);
    };
    let head = String::from_utf8_lossy(&received[..end]).to_lowercase();
    let body = &received[end + 4..];
    let status = head.get(9..12).and_then(|status| status.parse().ok());
    let status: u16 = status.ok_or_else(|| format!("not an answer: {head}"))?;
    let header = |name: &str| head.lines().find_map(|line| line.strip_prefix(name));
    let closes = header("connection: ").is_some_and(|value| value.contains("close"));
    let answer = |body: Vec<u8>| Answer {
        status,
        has_retry_after: header("retry-after: ").is_some(),
        body,
        duration: Duration::ZERO,
    };
    if is_head || matches!(status, 204 | 304) {
        return Ok(Some((answer(Vec::new()), closes)));
    }
    if let Some(length) = header("content-length: ") {
        let length: usize = length.trim().parse().map_err(|_| format!("a length of {length}"))?;
        return Ok((body.len() >= length).then(|| (answer(body.to_vec()), closes)));
    }
    if header("transfer-encoding: ").is_some() {
        return Ok(unchunked(body)?.map(|body| (answer(body), closes)));
    }
    Ok(is_over.then(|| (answer(body.to_vec()), true)))
}

fn unchunked(mut rest: &[u8]) -> Result<Option<Vec<u8>>, String> {
    let mut body = Vec::new();
    loop {
        let Some(end) = rest.windows(2).position(|window| window == b"\r\n") else {
            return Ok(None);
        };
        let size = String::from_utf8_lossy(&rest[..end]).into_owned();
        let size = usize::from_str_radix(size.trim(), 16).map_err(|_| format!("a chunk of {size}"))?;
        let Some(chunk) = rest.get(end + 2..end + 2 + size + 2) else {
            return Ok(None);
        };
        if size == 0 {
            return Ok(Some(body));
        }
        body.extend_from_slice(&chunk[..size]);
        rest = &rest[end + 2 + size + 2..];
    }
}
