//! The text of an uploaded file, decoded in pieces: base64, then the character encoding.

use encoding_rs::{Decoder, DecoderResult, Encoding, UTF_8, WINDOWS_1252};

use crate::form::{FormFile, Pieces};

/// First bytes of workbooks: ZIP, as `.xlsx` and `.ods` have it, and the old binary format.
const WORKBOOKS: [&[u8]; 2] = [b"PK\x03\x04", b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1"];

/// How the characters of a file are encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Charset {
    /// The byte order mark says so.
    Marked(&'static Encoding),
    /// UTF-8 without a mark.
    Utf8,
    /// Windows-1252, which older spreadsheets write: the bytes are not UTF-8.
    Windows,
}

/// What the first bytes of a file say.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Start {
    Empty,
    Workbook,
    Text(Charset),
}

impl Start {
    pub(super) fn of(file: &FormFile) -> Self {
        let mut start = Vec::new();
        let mut pieces = file.pieces();
        while start.len() < 8 && pieces.read(&mut start) {}
        if start.is_empty() {
            return Self::Empty;
        }
        if WORKBOOKS.iter().any(|magic| start.starts_with(magic)) {
            return Self::Workbook;
        }
        Self::Text(match Encoding::for_bom(&start) {
            Some((encoding, _)) => Charset::Marked(encoding),
            None => Charset::Utf8,
        })
    }
}

impl Charset {
    fn encoding(self) -> &'static Encoding {
        match self {
            Self::Marked(encoding) => encoding,
            Self::Utf8 => UTF_8,
            Self::Windows => WINDOWS_1252,
        }
    }

    pub(super) fn name(self) -> &'static str {
        self.encoding().name()
    }
}

/// The file has bytes that its encoding does not have.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Malformed;

/// The decoded text of a file, without the byte order mark.
pub(super) struct Text {
    pieces: Pieces,
    /// `None` at the end.
    decoder: Option<Decoder>,
    raw: Vec<u8>,
}

impl Text {
    pub(super) fn new(file: &FormFile, charset: Charset) -> Self {
        Self {
            pieces: file.pieces(),
            decoder: Some(charset.encoding().new_decoder_with_bom_removal()),
            raw: Vec::new(),
        }
    }

    /// Replaces `chunk` by the next part of the text; `false` at the end.
    ///
    /// # Errors
    /// The bytes do not fit the encoding.
    pub(super) fn read(&mut self, chunk: &mut String) -> Result<bool, Malformed> {
        chunk.clear();
        while chunk.is_empty() {
            let Some(decoder) = &mut self.decoder else {
                return Ok(false);
            };
            self.raw.clear();
            let is_last = !self.pieces.read(&mut self.raw);
            let space = decoder.max_utf8_buffer_length_without_replacement(self.raw.len());
            chunk.reserve(space.unwrap_or(usize::MAX / 2));
            let (result, _) = decoder.decode_to_string_without_replacement(&self.raw, chunk, is_last);
            match result {
                DecoderResult::InputEmpty => {}
                DecoderResult::OutputFull | DecoderResult::Malformed(..) => return Err(Malformed),
            }
            if is_last {
                self.decoder = None;
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(bytes: &[u8]) -> Result<String, Malformed> {
        let file = FormFile::new("a.csv", "text/csv", bytes);
        let Start::Text(charset) = Start::of(&file) else {
            panic!("not a text")
        };
        let (mut text, mut whole, mut chunk) = (Text::new(&file, charset), String::new(), String::new());
        while text.read(&mut chunk)? {
            whole.push_str(&chunk);
        }
        Ok(whole)
    }

    fn utf16(text: &str, mark: [u8; 2]) -> Vec<u8> {
        let bytes = text.encode_utf16().flat_map(|unit| match mark {
            [0xFF, _] => unit.to_le_bytes(),
            _ => unit.to_be_bytes(),
        });
        mark.into_iter().chain(bytes).collect()
    }

    #[test]
    fn encodings_with_a_mark_are_decoded_across_pieces() {
        let long = "name;Zoë €😀\r\n".repeat(5_000);
        assert_eq!(text(long.as_bytes()).as_ref(), Ok(&long));
        assert_eq!(text(format!("\u{FEFF}{long}").as_bytes()).as_ref(), Ok(&long));
        for mark in [[0xFF, 0xFE], [0xFE, 0xFF]] {
            assert_eq!(text(&utf16(&long, mark)).as_ref(), Ok(&long));
        }
    }

    #[test]
    fn malformed_bytes_are_refused() {
        assert_eq!(text(b"Zo\xEB"), Err(Malformed));
        assert_eq!(text(b"\xEF\xBB\xBFZo\xEB"), Err(Malformed));
        assert_eq!(text(b"\xFF\xFEa\0b"), Err(Malformed));
        assert_eq!(text(b"\xFF\xFE\0\xD8a\0"), Err(Malformed));
        assert_eq!(text("cut \u{20AC}".as_bytes().get(..6).unwrap()), Err(Malformed));
    }

    #[test]
    fn the_start_names_what_is_not_a_text() {
        let start = |bytes: &[u8]| Start::of(&FormFile::new("a", "text/csv", bytes));
        assert_eq!(start(b""), Start::Empty);
        assert_eq!(start(b"PK\x03\x04\x14\0"), Start::Workbook);
        assert_eq!(start(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1\0"), Start::Workbook);
        assert_eq!(start(b"name"), Start::Text(Charset::Utf8));
    }
}
