//! Files in a form: data URIs, `data:<media type>;name=…;charset=…;base64,<bytes>`, decoded on demand from a view into the request's
//! body, so that a large upload takes its size once (protocol: data URI of a file; RES-09).

use std::borrow::Cow;
use std::fmt;

use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use bytes::Bytes;
use percent_encoding::{percent_decode_str, utf8_percent_encode};
use serde_json::Value;

use super::shape;
use super::value::{FieldInput, FieldValue, InvalidValue};
use crate::text::COMPONENT;

/// Base64 with or without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new()
        .with_decode_padding_mode(DecodePaddingMode::Indifferent)
        .with_decode_allow_trailing_bits(true),
);

/// Number of symbols per decoded piece, in whole groups of four.
const PIECE: usize = 16 * 1024;

/// A file submitted with a form.
///
/// ```
/// use forest_actions::FormFile;
///
/// let file = FormFile::parse("data:text/plain;name=hello%20world.txt;base64,aGVsbG8=")?;
/// assert_eq!(file.name(), Some("hello world.txt"));
/// assert_eq!(file.media_type(), "text/plain");
/// assert_eq!(file.bytes(), "hello");
/// # Ok::<(), forest_actions::form::InvalidValue>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct FormFile {
    media_type: String,
    name: Option<String>,
    charset: Option<String>,
    /// Shared with the request's body.
    payload: Bytes,
}

impl FormFile {
    /// A file made by the program, for instance as the value that a hook sets.
    pub fn new(name: impl Into<String>, media_type: impl Into<String>, content: impl AsRef<[u8]>) -> Self {
        Self {
            media_type: media_type.into(),
            name: Some(name.into()).filter(|name| !name.is_empty()),
            charset: None,
            payload: Bytes::from(BASE64_STANDARD.encode(content)),
        }
    }

    /// Reads a data URI.
    ///
    /// # Errors
    /// [`InvalidValue`], with the reference agent's text, for other text.
    pub fn parse(uri: impl Into<String>) -> Result<Self, InvalidValue> {
        Self::from_uri(Bytes::from(uri.into()))
    }

    fn from_uri(uri: Bytes) -> Result<Self, InvalidValue> {
        let text = std::str::from_utf8(&uri).unwrap_or_default();
        let refused = || {
            let start: String = text.chars().take(32).collect();
            InvalidValue::new(format!(
                "Expected a file, got \"{start}\". A file value must be a data uri."
            ))
        };
        let (header, rest) = text
            .strip_prefix("data:")
            .and_then(|rest| rest.split_once(','))
            .ok_or_else(refused)?;
        let mut items = header.split(';');
        let media_type = items.next().unwrap_or_default().to_owned();
        let (mut name, mut charset, mut is_base64) = (None, None, false);
        for item in items {
            let (key, value) = item.split_once('=').unwrap_or((item, ""));
            let decode = |value| percent_decode(value).ok_or_else(refused);
            match key {
                "base64" if item == "base64" => is_base64 = true,
                "name" => name = Some(decode(value)?),
                "charset" => charset = Some(decode(value)?),
                _ => {}
            }
        }
        if !is_base64 {
            return Err(refused());
        }
        let payload = rest.split(',').next().unwrap_or_default();
        Ok(Self {
            media_type,
            name,
            charset,
            payload: uri.slice_ref(payload.as_bytes()),
        })
    }

    /// The submitted file name. It is untrusted: never use it as a path.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The submitted media type, or an empty text. It is untrusted.
    #[must_use]
    pub fn media_type(&self) -> &str {
        &self.media_type
    }

    /// The submitted character set.
    #[must_use]
    pub fn charset(&self) -> Option<&str> {
        self.charset.as_deref()
    }

    /// The size of the file in bytes, without decoding: exact for files from browsers, otherwise an upper bound.
    #[must_use]
    pub fn size(&self) -> usize {
        let symbols = self.payload.len() - self.payload.iter().rev().take(2).filter(|byte| **byte == b'=').count();
        symbols / 4 * 3 + (symbols % 4).saturating_sub(1)
    }

    /// Decodes the content. As in the reference agent, decoding stops at the padding and skips characters outside of base64.
    #[must_use]
    pub fn bytes(&self) -> Bytes {
        if let Ok(content) = LENIENT.decode(&self.payload) {
            return Bytes::from(content);
        }
        let (mut pieces, mut content) = (self.pieces(), Vec::with_capacity(self.size()));
        while pieces.read(&mut content) {}
        Bytes::from(content)
    }

    /// The content in pieces, as [`bytes`](Self::bytes) decodes it, without holding all of it.
    pub(crate) fn pieces(&self) -> Pieces {
        Pieces {
            payload: self.payload.clone(),
            is_plain: true,
        }
    }

    /// The data URI for this file, as the UI writes it.
    #[must_use]
    pub fn to_data_uri(&self) -> String {
        let item = |key: &str, value: &Option<String>| {
            value
                .as_deref()
                .filter(|value| !value.is_empty())
                .map_or_else(String::new, |value| {
                    format!(";{key}={}", utf8_percent_encode(value, COMPONENT))
                })
        };
        let (name, charset) = (item("name", &self.name), item("charset", &self.charset));
        let payload = match std::str::from_utf8(&self.payload) {
            Ok(payload) => Cow::Borrowed(payload),
            Err(_) => Cow::Owned(String::new()),
        };
        format!("data:{}{name}{charset};base64,{payload}", self.media_type)
    }

    /// Checks the media type or the extension of the name; `image/*` matches all of a kind. Windows declares a CSV as a file of
    /// Excel.
    pub(super) fn is_one_of(&self, media_types: &[&str]) -> bool {
        let has_extension = |extension: &str| {
            let name = self.name.as_deref().unwrap_or_default();
            let split = name.len().checked_sub(extension.len());
            let split = split.and_then(|at| name.split_at_checked(at));
            split.is_some_and(|(bare, end)| !bare.is_empty() && end.eq_ignore_ascii_case(extension))
        };
        let is_csv = || self.media_type.eq_ignore_ascii_case("application/vnd.ms-excel") && has_extension(".csv");
        let starts = |kind: &str| {
            self.media_type
                .get(..kind.len())
                .is_some_and(|own| own.eq_ignore_ascii_case(kind))
        };
        media_types.iter().any(|allowed| match allowed.strip_suffix('*') {
            Some("*/" | "") => true,
            Some(kind) => starts(kind) || (kind == "text/" && is_csv()),
            None if allowed.starts_with('.') => has_extension(allowed),
            None => {
                self.media_type.eq_ignore_ascii_case(allowed) || (allowed.eq_ignore_ascii_case("text/csv") && is_csv())
            }
        })
    }
}

/// The content of a file that is not decoded yet.
#[derive(Debug)]
pub(crate) struct Pieces {
    payload: Bytes,
    /// Only symbols of base64 were met so far, in whole groups.
    is_plain: bool,
}

impl Pieces {
    /// Appends the next bytes, at most 12 KiB; `false` at the end.
    pub(crate) fn read(&mut self, content: &mut Vec<u8>) -> bool {
        if self.payload.is_empty() {
            return false;
        }
        if self.is_plain {
            let before = content.len();
            let window = self.payload.slice(..self.payload.len().min(PIECE));
            if LENIENT.decode_vec(&window, content).is_ok() {
                match window.contains(&b'=') {
                    true => self.payload.clear(),
                    false => drop(self.payload.split_to(window.len())),
                }
                return true;
            }
            content.truncate(before);
            self.is_plain = false;
        }
        let mut piece = Vec::with_capacity(PIECE);
        let mut at = 0;
        for byte in &self.payload {
            if *byte == b'=' {
                at = self.payload.len();
                break;
            }
            at += 1;
            piece.extend(symbol(*byte));
            if piece.len() == PIECE {
                break;
            }
        }
        drop(self.payload.split_to(at));
        // a lone last symbol holds no whole byte
        let whole = piece.len() - usize::from(piece.len() % 4 == 1);
        // only symbols are left, so this cannot fail
        let _ = LENIENT.decode_vec(piece.get(..whole).unwrap_or_default(), content);
        true
    }
}

/// The symbol of standard base64, also for one of the URL alphabet.
fn symbol(byte: u8) -> Option<u8> {
    match byte {
        b'-' => Some(b'+'),
        b'_' => Some(b'/'),
        byte if byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/') => Some(byte),
        _ => None,
    }
}

/// Percent-decodes as `decodeURIComponent`: escapes must be well-formed and the bytes UTF-8.
fn percent_decode(text: &str) -> Option<String> {
    let bytes = text.as_bytes();
    let is_hex = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_hexdigit);
    let broken = bytes
        .iter()
        .enumerate()
        .any(|(at, byte)| *byte == b'%' && !(is_hex(at + 1) && is_hex(at + 2)));
    if broken {
        return None;
    }
    percent_decode_str(text).decode_utf8().ok().map(Cow::into_owned)
}

/// Leaves out the content.
impl fmt::Debug for FormFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FormFile")
            .field("name", &self.name)
            .field("media_type", &self.media_type)
            .field("charset", &self.charset)
            .field("size", &self.size())
            .finish()
    }
}

impl FieldValue for FormFile {
    type Shape = shape::Document;
    type Plain = Self;

    fn read(input: FieldInput<'_>) -> Result<Self, InvalidValue> {
        Self::from_uri(input.text_bytes()?)
    }

    fn plain_json(file: Self) -> Value {
        Value::String(file.to_data_uri())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(payload: &str) -> FormFile {
        FormFile::parse(format!("data:text/csv;base64,{payload}")).unwrap()
    }

    #[test]
    fn pieces_are_the_content_whatever_the_spelling() {
        let content: Vec<u8> = (0..40_000_u32).map(|number| (number % 251) as u8).collect();
        let plain = BASE64_STANDARD.encode(&content);
        let (start, end) = plain.split_at(20_001);
        for (payload, length) in [
            (plain.clone(), 40_000),
            (plain.trim_end_matches('=').to_owned(), 40_000),
            (plain.replace('+', "-").replace('/', "_"), 40_000),
            (format!("{start} \n{end}"), 40_000),
            (format!("{start}={end}"), 15_000),
            (String::new(), 0),
            ("=".to_owned(), 0),
            ("QQ".to_owned(), 1),
            ("Q".to_owned(), 0),
        ] {
            let file = file(&payload);
            let (mut pieces, mut read) = (file.pieces(), Vec::new());
            while pieces.read(&mut read) {}
            assert_eq!(read.len(), length, "{}", payload.len());
            assert_eq!(file.bytes(), read);
            assert!(content.starts_with(&read) || read == b"A");
        }
    }
}
