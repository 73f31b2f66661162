//! A blocking HTTP client of a few lines: it shows what came over the wire, also when that was cut short.

use std::io::{self, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::Value;

use super::super::FakeForest;

/// An answer, or what there was of it.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    /// Whether all of the body came that was announced.
    pub(super) is_complete: bool,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }
}

/// A connection on which a request was sent.
pub(super) struct Connection(TcpStream);

impl Connection {
    pub(super) fn send(fake: &FakeForest, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Self {
        let address = fake.url().strip_prefix("http://").unwrap();
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        if !headers.iter().any(|(name, _)| *name == "host") {
            request += &format!("host: {address}\r\n");
        }
        for (name, value) in headers {
            request += &format!("{name}: {value}\r\n");
        }
        request += &format!("content-length: {}\r\n\r\n{body}", body.len());
        stream.write_all(request.as_bytes()).unwrap();
        Self(stream)
    }

    /// Reads until this text has come.
    pub(super) fn read_until(&mut self, text: &str) -> String {
        let mut read = Vec::new();
        let mut piece = [0; 4096];
        while !String::from_utf8_lossy(&read).contains(text) {
            let length = self.0.read(&mut piece).unwrap();
            assert!(length > 0, "ended without {text}: {}", String::from_utf8_lossy(&read));
            read.extend_from_slice(&piece[..length]);
        }
        String::from_utf8(read).unwrap()
    }

    /// Reads to the end. Nothing at all is no reply.
    pub(super) fn finish(mut self) -> Option<Reply> {
        let mut bytes = Vec::new();
        match self.0.read_to_end(&mut bytes) {
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::ConnectionReset => {}
            Err(error) => panic!("{error}"),
        }
        if bytes.is_empty() {
            return None;
        }
        let end = bytes.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let head = String::from_utf8(bytes[..end].to_vec()).unwrap();
        let mut lines = head.split("\r\n");
        let status = lines.next().unwrap().split(' ').nth(1).unwrap().parse().unwrap();
        let headers: Vec<(String, String)> = lines
            .map(|line| {
                let (name, value) = line.split_once(':').unwrap();
                (name.to_ascii_lowercase(), value.trim().to_owned())
            })
            .collect();
        let rest = bytes[end + 4..].to_vec();
        let header = |name: &str| headers.iter().find(|(other, _)| other == name).map(|(_, value)| value);
        let (body, is_complete) = match header("content-length") {
            Some(length) => {
                let is_complete = rest.len() == length.parse::<usize>().unwrap();
                (rest, is_complete)
            }
            None if header("transfer-encoding").is_some() => unchunked(&rest),
            None => (rest, true),
        };
        Some(Reply {
            status,
            headers,
            body,
            is_complete,
        })
    }
}

fn unchunked(mut rest: &[u8]) -> (Vec<u8>, bool) {
    let mut body = Vec::new();
    while let Some(end) = rest.windows(2).position(|two| two == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&rest[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            return (body, true);
        }
        rest = &rest[end + 2..];
        body.extend_from_slice(&rest[..length.min(rest.len())]);
        rest = rest.get(length + 2..).unwrap_or_default();
    }
    (body, false)
}

/// A request and its whole reply.
pub(super) fn send(fake: &FakeForest, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Reply {
    Connection::send(fake, method, path, headers, body).finish().unwrap()
}

/// A request as an agent makes it: with the secret and JSON.
pub(super) fn agent(fake: &FakeForest, method: &str, path: &str, body: &str) -> Reply {
    let secret = fake.env_secret();
    let headers = [
        ("forest-secret-key", secret.as_str()),
        ("content-type", "application/json"),
    ];
    send(fake, method, path, &headers, body)
}

/// What an agent reads there.
pub(super) fn facts(fake: &FakeForest, path: &str) -> Value {
    let reply = agent(fake, "GET", path, "");
    assert_eq!(reply.status, 200, "{}", reply.text());
    assert_eq!(reply.header("content-type"), Some("application/json"));
    reply.json()
}

pub(super) const ENVIRONMENT: &str = "/liana/v4/permissions/environment";
