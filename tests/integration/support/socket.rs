//! A real server on a real socket, and a client that writes bytes as they are.

use std::net::{IpAddr, SocketAddr};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::Agent;
use super::call::MARK_AS_LIVE;
use super::token::token;

/// A running server, stopped on drop.
pub(crate) struct Listening {
    pub(crate) address: SocketAddr,
    handle: ServerHandle,
}

impl Drop for Listening {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// Serves the agent on a free port of this address.
pub(crate) fn listen(agent: &Agent, address: &str) -> Listening {
    let (forest, runs) = (agent.forest.clone(), agent.runs.clone());
    let server = HttpServer::new(move || App::new().app_data(runs.clone()).configure(forest.routes()))
        .workers(1)
        .disable_signals()
        .bind((address, 0))
        .unwrap();
    let port = server.addrs()[0].port();
    let server = server.run();
    let handle = server.handle();
    actix_web::rt::spawn(server);
    // servers on the wildcard address are reached over loopback
    let ip: IpAddr = address.parse().unwrap();
    let ip = if ip.is_unspecified() { [127, 0, 0, 1].into() } else { ip };
    Listening {
        address: (ip, port).into(),
        handle,
    }
}

/// One connection.
pub(crate) struct Socket(pub(crate) TcpStream);

impl Socket {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self(TcpStream::connect(address).await.unwrap())
    }

    /// Sends an action request with these further header lines, and this body.
    pub(crate) async fn send(&mut self, path: &str, headers: &[&str], body: &[u8]) {
        self.send_as(&token(), path, headers, body).await;
    }

    /// The same with a token of the test's choice.
    pub(crate) async fn send_as(&mut self, token: &str, path: &str, headers: &[&str], body: &[u8]) {
        let mut head = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\norigin: https://app.forestadmin.com\r\ncontent-type: application/json\r\n"
        );
        for line in headers {
            head.push_str(line);
            head.push_str("\r\n");
        }
        head.push_str("\r\n");
        self.0.write_all(head.as_bytes()).await.unwrap();
        // a server may well stop reading before the end of a body that it refuses
        let _refused = self.0.write_all(body).await;
    }

    /// Sends a whole request for one record and closes the connection after the answer.
    pub(crate) async fn mark_as_live(&mut self) -> String {
        let body = br#"{"data":{"attributes":{"ids":["7"]}}}"#;
        let length = format!("content-length: {}", body.len());
        self.send(MARK_AS_LIVE, &[&length, "connection: close"], body).await;
        self.read_to_end().await
    }

    /// One answer that has a length; `None` when the server has closed the connection.
    pub(crate) async fn read_answer(&mut self) -> Option<String> {
        let mut answer = Vec::new();
        loop {
            let text = String::from_utf8_lossy(&answer).to_lowercase();
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= length.unwrap().parse::<usize>().unwrap() {
                    return Some(text);
                }
            }
            match self.0.read_buf(&mut answer).await {
                Ok(read) if read > 0 => {}
                _ => return None,
            }
        }
    }

    /// All that the server sends until it closes the connection.
    pub(crate) async fn read_to_end(&mut self) -> String {
        let mut answer = Vec::new();
        let end = self.0.read_to_end(&mut answer).await;
        assert!(end.is_ok() || !answer.is_empty(), "{end:?}");
        String::from_utf8(answer).unwrap()
    }
}
