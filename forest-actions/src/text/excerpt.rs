//! Text from outside, made fit for a message or a log line.

use std::fmt;

/// Maximum length of a name or id in a message, in characters.
const SHOWN: usize = 64;

/// The start of a name or id from outside, fit for a message.
pub(crate) fn shortened(text: &str) -> String {
    excerpt(text, SHOWN)
}

/// The start of `text`, at most `shown` characters of it, with everything escaped that could forge a line of a log.
pub(crate) fn excerpt(text: &str, shown: usize) -> String {
    let mut characters = text.chars();
    let mut start = String::new();
    for character in characters.by_ref().take(shown) {
        // what is readable stays, since messages are escaped again as JSON and in the log
        match character {
            '"' | '\'' | '\\' => start.push(character),
            _ => start.extend(character.escape_debug()),
        }
    }
    if characters.next().is_some() {
        start.push('…');
    }
    start
}

/// The text of a value as one line of a log: line feeds and escape sequences are escaped, since not every subscriber does so.
pub(crate) fn one_line(value: impl fmt::Display) -> String {
    excerpt(&value.to_string(), usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::{excerpt, one_line, shortened};

    #[test]
    fn long_and_unprintable_text_is_cut_and_escaped() {
        assert_eq!(excerpt("it's \"here\"", 20), "it's \"here\"");
        assert_eq!(excerpt("a\nb\u{1b}[31m\u{202e}", 20), "a\\nb\\u{1b}[31m\\u{202e}");
        assert_eq!(one_line("a\nb\u{1b}"), "a\\nb\\u{1b}");
        assert_eq!(excerpt("été 🌲🌲", 4), "été …");
        assert_eq!(shortened(&"é".repeat(64)), "é".repeat(64));
        assert_eq!(shortened(&"é".repeat(65)), format!("{}…", "é".repeat(64)));
    }
}
