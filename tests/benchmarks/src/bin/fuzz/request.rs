//! A request: its bytes for a socket, and a line that sends it again.

/// A request under construction.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    /// Path and query, as they are sent.
    pub(crate) target: String,
    pub(crate) headers: Vec<(&'static str, String)>,
    pub(crate) body: Option<Vec<u8>>,
    /// Sends the body in chunks of this size.
    pub(crate) chunk: Option<usize>,
    /// To the agent that is connected to a Forest server, instead of the local one.
    pub(crate) is_connected: bool,
}

impl Request {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut bytes = format!("{} {} HTTP/1.1\r\nhost: 127.0.0.1\r\n", self.method, self.target).into_bytes();
        for (name, value) in &self.headers {
            bytes.extend_from_slice(format!("{name}: {value}\r\n").as_bytes());
        }
        match (&self.body, self.chunk) {
            (None, _) => bytes.extend_from_slice(b"\r\n"),
            (Some(body), None) => {
                bytes.extend_from_slice(format!("content-length: {}\r\n\r\n", body.len()).as_bytes());
                bytes.extend_from_slice(body);
            }
            (Some(body), Some(size)) => {
                bytes.extend_from_slice(b"transfer-encoding: chunked\r\n\r\n");
                for chunk in body.chunks(size.max(1)) {
                    bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                    bytes.extend_from_slice(chunk);
                    bytes.extend_from_slice(b"\r\n");
                }
                bytes.extend_from_slice(b"0\r\n\r\n");
            }
        }
        bytes
    }

    /// A command of a shell; the token is left out.
    pub(crate) fn curl(&self, port: u16) -> String {
        let mut line = format!("curl -i --path-as-is -g -X {}", self.method);
        for (name, value) in &self.headers {
            let value = if *name == "authorization" {
                "Bearer $TOKEN"
            } else {
                value
            };
            line.push_str(&format!(
                " -H \"{name}: {}\"",
                value.replace('\\', "\\\\").replace('"', "\\\"")
            ));
        }
        if let Some(body) = &self.body {
            let escape = |byte: &u8| match byte {
                b' '..=b'~' if *byte != b'\'' && *byte != b'\\' => char::from(*byte).to_string(),
                byte => format!("\\x{byte:02x}"),
            };
            let escaped: String = body.iter().map(escape).collect();
            line.push_str(&format!(" --data-binary $'{escaped}'"));
        }
        format!("{line} 'http://127.0.0.1:{port}{}'", self.target.replace('\'', "'\\''"))
    }
}
