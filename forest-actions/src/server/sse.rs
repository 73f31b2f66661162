//! A parser for server-sent events (HTML standard) with limits on lines and events. See `docs/decisions.md`, "An own parser of
//! server-sent events".

use std::time::Duration;

const MAX_LINE: usize = 64 * 1024;
/// Maximum size of the data of one event.
const MAX_DATA: usize = 256 * 1024;
/// Maximum length of an id, which is sent back in a header.
const MAX_ID: usize = 256;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerEvent {
    /// The type; `message` by default.
    pub(super) kind: String,
    pub(super) data: String,
}

/// A line or an event exceeds its limit.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

#[derive(Debug, Default)]
pub(super) struct EventReader {
    line: Vec<u8>,
    /// The last byte was a carriage return; a line feed may follow.
    after_return: bool,
    /// A line has ended; a byte order mark can only come before.
    begun: bool,
    kind: String,
    data: String,
    has_data: bool,
    last_id: Option<String>,
    retry: Option<Duration>,
}

impl EventReader {
    /// Reads the next bytes, and adds completed events to `events`.
    ///
    /// # Errors
    /// [`TooLong`]; the stream cannot be continued.
    pub(super) fn push(&mut self, bytes: &[u8], events: &mut Vec<ServerEvent>) -> Result<(), TooLong> {
        for &byte in bytes {
            match byte {
                b'\n' if self.after_return => self.after_return = false,
                b'\n' | b'\r' => {
                    self.after_return = byte == b'\r';
                    self.end_line(events)?;
                }
                _ => {
                    self.after_return = false;
                    if self.line.len() >= MAX_LINE {
                        return Err(TooLong);
                    }
                    self.line.push(byte);
                }
            }
        }
        Ok(())
    }

    /// The last id of the server, for the next connection.
    pub(super) fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// The reconnection delay that the server requests.
    pub(super) fn retry(&self) -> Option<Duration> {
        self.retry
    }

    fn end_line(&mut self, events: &mut Vec<ServerEvent>) -> Result<(), TooLong> {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let mut text = &*text;
        if !self.begun {
            self.begun = true;
            text = text.strip_prefix('\u{feff}').unwrap_or(text);
        }
        if text.is_empty() {
            self.dispatch(events);
            return Ok(());
        }
        let (field, value) = match text.split_once(':') {
            Some((field, value)) => (field, value.strip_prefix(' ').unwrap_or(value)),
            None => (text, ""),
        };
        match field {
            "event" => value.clone_into(&mut self.kind),
            "data" => {
                if self.data.len() + value.len() >= MAX_DATA {
                    return Err(TooLong);
                }
                if self.has_data {
                    self.data.push('\n');
                }
                self.data.push_str(value);
                self.has_data = true;
            }
            "id" if value.len() <= MAX_ID && !value.contains('\0') => self.last_id = Some(value.to_owned()),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry = value.parse().ok().map(Duration::from_millis).or(self.retry);
            }
            // comments, which have an empty name, and unknown fields
            _ => {}
        }
        Ok(())
    }

    /// Unlike in the standard, an event with a type and without data counts, because refresh events need no data.
    fn dispatch(&mut self, events: &mut Vec<ServerEvent>) {
        let kind = std::mem::take(&mut self.kind);
        let data = std::mem::take(&mut self.data);
        let has_data = std::mem::take(&mut self.has_data);
        if has_data || !kind.is_empty() {
            let kind = if kind.is_empty() { "message".to_owned() } else { kind };
            events.push(ServerEvent { kind, data });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&[u8]]) -> (Vec<(String, String)>, EventReader) {
        let mut reader = EventReader::default();
        let mut events = Vec::new();
        for piece in pieces {
            reader.push(piece, &mut events).expect("short enough");
        }
        (
            events.into_iter().map(|event| (event.kind, event.data)).collect(),
            reader,
        )
    }

    fn event(kind: &str, data: &str) -> (String, String) {
        (kind.to_owned(), data.to_owned())
    }

    #[test]
    fn events_are_read_with_all_line_ends_and_chunk_sizes() {
        let text = "\u{feff}event: heartbeat\ndata: {}\n\n: a comment\r\rid: 7\r\nevent:refresh-users\r\ndata:a\r\ndata: b\r\n\r\nretry: 250\nunknown: x\nfield\n\ndata\n\n";
        let expected = [
            event("heartbeat", "{}"),
            event("refresh-users", "a\nb"),
            event("message", ""),
        ];
        let (events, reader) = read(&[text.as_bytes()]);
        assert_eq!(events, expected);
        assert_eq!(
            (reader.last_id(), reader.retry()),
            (Some("7"), Some(Duration::from_millis(250)))
        );
        let bytes: Vec<&[u8]> = text.as_bytes().chunks(1).collect();
        assert_eq!(read(&bytes).0, expected);
    }

    #[test]
    fn an_incomplete_event_is_not_returned() {
        assert!(read(&[b"event: refresh-users\ndata: x\n"]).0.is_empty());
        assert!(read(&[b"event: refresh-users"]).0.is_empty());
        assert_eq!(read(&[b"event: refresh-users\n\n"]).0, [event("refresh-users", "")]);
    }

    #[test]
    fn an_invalid_retry_or_id_is_ignored() {
        let (_, reader) =
            read(&[b"retry: 10\nretry: -5\nretry: 1.5\nretry:\nretry: 99999999999999999999\nid: a\0b\n\n"]);
        assert_eq!(
            (reader.last_id(), reader.retry()),
            (None, Some(Duration::from_millis(10)))
        );
        let long = format!("id: {}\n\n", "x".repeat(300));
        assert_eq!(read(&[long.as_bytes()]).1.last_id(), None);
    }

    #[test]
    fn invalid_utf_8_is_replaced() {
        assert_eq!(read(&[b"data: \xff\xfe\n\n"]).0, [event("message", "\u{fffd}\u{fffd}")]);
    }

    #[test]
    fn endless_lines_and_events_are_refused() {
        let mut reader = EventReader::default();
        assert_eq!(reader.push(&vec![b'x'; MAX_LINE + 1], &mut Vec::new()), Err(TooLong));
        let mut reader = EventReader::default();
        let line = format!("data: {}\n", "x".repeat(1_000));
        let refused = (0..1_000).any(|_| reader.push(line.as_bytes(), &mut Vec::new()).is_err());
        assert!(refused);
    }
}
