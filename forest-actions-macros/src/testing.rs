//! Shared helpers of unit tests: the vectors, a generator of texts, and the errors of an expansion.

use crate::errors::Errors;
use proc_macro2::TokenStream;
use std::path::Path;

/// A file of `tests/vectors` at the root of the workspace, or `None` in a published package, which lacks them.
#[allow(clippy::print_stderr, reason = "a test that checks nothing has to say so")]
pub(crate) fn vectors(file: &str) -> Option<serde_json::Value> {
    let path = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/vectors")).join(file);
    if !path.exists() {
        eprintln!(
            "skipped: {} is not there; the vectors are only in the repository",
            path.display()
        );
        return None;
    }
    let text = std::fs::read_to_string(&path).unwrap();
    Some(serde_json::from_str(&text).unwrap())
}

/// Each error as its message and the source text that it points at.
pub(crate) fn messages(errors: &Errors) -> Vec<(String, String)> {
    errors
        .list()
        .iter()
        .map(|error| (error.to_string(), error.span().source_text().unwrap_or_default()))
        .collect()
}

/// Compares `expansion`, formatted and below a comment with `source`, with the recorded `tests/expand/<case>.rs`.
#[track_caller]
pub(crate) fn recorded(case: &str, source: &str, expansion: TokenStream) {
    let source: Vec<String> = source.lines().map(|line| format!("// {}\n", line.trim())).collect();
    let header = format!(
        "// Recorded expansion, not compiled: see README.md beside this file.\n{}\n",
        source.concat()
    );
    let actual = header + &prettyplease::unparse(&syn::parse2(expansion).unwrap());

    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/expand");
    let path = directory.join(case).with_extension("rs");
    if std::env::var_os("UPDATE_EXPAND").is_some_and(|value| value == "1") {
        std::fs::write(&path, &actual).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert_eq!(
        actual,
        expected,
        "the expansion of `{case}` differs from {}",
        path.display()
    );
}

/// A small deterministic generator (xorshift), so that property tests need no dependency and repeat exactly.
pub(crate) struct Generator(u64);

impl Generator {
    /// A generator whose sequence follows from `seed`.
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    /// A number below `limit`.
    pub(crate) fn below(&mut self, limit: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % limit
    }

    /// A text of up to 12 characters, mostly of those that the slug rule treats in a way of their own.
    pub(crate) fn text(&mut self) -> String {
        const SPECIAL: &[char] = &[
            '-',
            '-',
            '-',
            '_',
            ' ',
            ' ',
            '(',
            ')',
            '?',
            '\'',
            '\t',
            '\u{A0}',
            '\u{FEFF}',
            '\u{85}',
            'é',
            'ß',
            'ŉ',
            '×',
            'ь',
            'Щ',
            '\u{301}',
            '日',
            '\u{1F600}',
        ];
        (0..self.below(13))
            .map(|_| match self.below(4) {
                0 => char::from(b'a' + self.below(26) as u8),
                1 => char::from(b'A' + self.below(26) as u8),
                2 => SPECIAL[self.below(SPECIAL.len() as u64) as usize],
                _ => char::from_u32(self.below(0x500) as u32).unwrap(),
            })
            .collect()
    }

    /// A word of one to eight ASCII letters.
    pub(crate) fn word(&mut self) -> String {
        (0..=self.below(8))
            .map(|_| {
                let letter = char::from(b'a' + self.below(26) as u8);
                if self.below(3) == 0 {
                    letter.to_ascii_uppercase()
                } else {
                    letter
                }
            })
            .collect()
    }
}
