//! The text of server-sent events, byte by byte.
//!
//! The line format of the HTML standard, with bounds: a stream that never ends a line, or an event, is refused. Written here
//! because it is one screen, and because the crates for it keep whatever a server sends. Knows nothing of
//! connections; `events` feeds it.

use std::time::Duration;

/// The longest line.
const MAX_LINE: usize = 64 * 1024;
/// The most data of one event.
const MAX_DATA: usize = 256 * 1024;
/// The longest id; it goes back to the server in a header.
const MAX_ID: usize = 256;

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ServerEvent {
    /// Its type; `message` when the server names none.
    pub(super) kind: String,
    /// Its data, lines joined.
    pub(super) data: String,
}

/// A line or an event is longer than any true one.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct TooLong;

/// The state between two pieces of a stream.
#[derive(Debug, Default)]
pub(super) struct EventReader {
    line: Vec<u8>,
    /// The last byte was a carriage return, whose line feed may follow.
    after_return: bool,
    /// A line has ended: the mark of byte order can only be before.
    begun: bool,
    kind: String,
    data: String,
    has_data: bool,
    last_id: Option<String>,
    retry: Option<Duration>,
}

impl EventReader {
    /// Takes the next bytes and adds the events that they complete to `events`.
    ///
    /// # Errors
    /// [`TooLong`]: the stream must be given up.
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

    /// The last id that the server gave, to be told it at the next connection.
    pub(super) fn last_id(&self) -> Option<&str> {
        self.last_id.as_deref()
    }

    /// The delay before a reconnection that the server asks for.
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
            // a comment has an empty name; other fields are for others
            _ => {}
        }
        Ok(())
    }

    /// An event without data is none in the standard. Here it is one when it has a type, because the events that only
    /// say "look again" need no data.
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
    fn events_are_read_with_all_line_ends_and_from_any_pieces() {
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
    fn half_an_event_is_none() {
        assert!(read(&[b"event: refresh-users\ndata: x\n"]).0.is_empty());
        assert!(read(&[b"event: refresh-users"]).0.is_empty());
        assert_eq!(read(&[b"event: refresh-users\n\n"]).0, [event("refresh-users", "")]);
    }

    #[test]
    fn a_bad_retry_or_id_changes_nothing() {
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
    fn bytes_that_are_no_text_do_no_harm() {
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
