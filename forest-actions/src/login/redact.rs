//! Texts of the provider and of query strings, made fit to be repeated: without secrets, and short.
//!
//! A server may quote what it was sent, and what it was sent are secrets. Knows nothing of what the texts mean. Called
//! wherever a step of the login quotes one.

use crate::text::excerpt;

/// Below this a text is no secret, and taking it out would garble words.
const SHORTEST: usize = 8;
/// The most of a description that goes back to the browser, in characters.
const SHOWN: usize = 1000;
/// The most of one that goes to the log.
const LOGGED: usize = 300;

/// The texts that must not be repeated.
#[derive(Clone, Copy)]
pub(super) struct Secrets<'a>(pub(super) &'a [&'a str]);

impl Secrets<'_> {
    /// For the browser.
    pub(super) fn shown(self, text: &str) -> String {
        let text = self.without(text);
        match text.char_indices().nth(SHOWN) {
            Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
            None => text,
        }
    }

    /// For the log: also without what could forge a line.
    pub(super) fn logged(self, text: &str) -> String {
        excerpt(&self.without(text), LOGGED)
    }

    fn without(self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.0.iter().filter(|secret| secret.len() >= SHORTEST) {
            if text.contains(secret) {
                text = text.replace(secret, "[…]");
            }
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aut_07_secrets_are_taken_out_of_what_is_quoted() {
        let secrets = Secrets(&["0123456789abcdef", "code", ""]);
        assert_eq!(
            secrets.shown("bad code 0123456789abcdef, 0123456789abcdef"),
            "bad code […], […]"
        );
        assert_eq!(secrets.logged("a\n0123456789abcdef"), "a\\n[…]");
        let long = "é".repeat(5000);
        assert_eq!(secrets.shown(&long).chars().count(), SHOWN + 1);
        assert_eq!(secrets.logged(&long).chars().count(), LOGGED + 1);
    }
}
