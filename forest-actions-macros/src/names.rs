//! Derived names: a function's name as a label, a label as the last part of an endpoint.

use crate::transliteration::transliterate;

/// A function's name as the label of a button: `mark_as_live` gives `Mark as live`.
///
/// Takes the name without `r#`. Runs of `_` become one space and are dropped at the ends; only the first letter
/// changes. The result is empty when the name consists of `_`.
pub(crate) fn humanise(function: &str) -> String {
    let words = function
        .split('_')
        .filter(|word| !word.is_empty())
        .collect::<Vec<_>>()
        .join(" ");
    let mut rest = words.chars();
    match rest.next() {
        Some(first) => first.to_uppercase().chain(rest).collect(),
        None => String::new(),
    }
}

/// An action's name as the last segment of its default endpoint: `Mark as Live` gives `mark-as-live`.
///
/// This is the rule of the vendor's Node agent, byte for byte, including its quirks, so that migrated actions keep
/// their endpoints, permissions and approvals. There is no Unicode normalization, a later run of `-` stays, and at most
/// one `-` is removed from the ends. The result is empty when no character of the name is usable.
pub(crate) fn slug(name: &str) -> String {
    let mut ascii = String::with_capacity(name.len());
    for character in trim(name).chars() {
        match transliterate(character) {
            _ if character.is_ascii() => ascii.push(character),
            Some(text) => ascii.push_str(text),
            // One or two `?` (the rule counts UTF-16 code units) come to the same: the next step makes a run one `-`.
            None => ascii.push('?'),
        }
    }

    let mut dashed = String::with_capacity(ascii.len());
    let mut in_run = false;
    for character in ascii.chars() {
        let kept = character.is_ascii_alphanumeric() || matches!(character, '-' | '_');
        if kept {
            dashed.push(character.to_ascii_lowercase());
        } else if !in_run {
            dashed.push('-');
        }
        in_run = !kept;
    }

    let collapsed = collapse_first_run(&dashed);
    let stripped = collapsed.strip_prefix('-').or_else(|| collapsed.strip_suffix('-'));
    stripped.unwrap_or(&collapsed).to_owned()
}

/// Removes white space at both ends, as JavaScript understands it: U+FEFF counts, U+0085 does not.
pub(crate) fn trim(text: &str) -> &str {
    text.trim_matches(is_white_space)
}

/// Replaces the first run of two or more `-` by one, and leaves later runs alone.
fn collapse_first_run(text: &str) -> String {
    match text.split_once("--") {
        Some((before, after)) => format!("{before}-{}", after.trim_start_matches('-')),
        None => text.to_owned(),
    }
}

fn is_white_space(character: char) -> bool {
    matches!(
        character,
        '\u{9}'..='\u{D}'
            | ' '
            | '\u{A0}'
            | '\u{1680}'
            | '\u{2000}'..='\u{200A}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202F}'
            | '\u{205F}'
            | '\u{3000}'
            | '\u{FEFF}'
    )
}

#[cfg(test)]
mod tests {
    use super::{humanise, slug, trim};
    use crate::testing::{self, Generator};

    #[test]
    fn a_function_name_becomes_a_label() {
        for (function, label) in [
            ("mark_as_live", "Mark as live"),
            ("move", "Move"),
            ("a", "A"),
            ("reset_password_2fa", "Reset password 2fa"),
            ("__send__invoice_", "Send invoice"),
            ("resetPassword", "ResetPassword"),
            ("éditer_le_nom", "Éditer le nom"),
            ("_", ""),
            ("", ""),
        ] {
            assert_eq!(humanise(function), label, "{function}");
        }
    }

    #[test]
    fn slugs_match_the_vendor_agent() {
        let Some(vectors) = testing::vectors("parameterize.json") else {
            return;
        };
        let pairs: Vec<(String, String)> = serde_json::from_value(vectors).unwrap();
        assert!(pairs.len() > 200, "the vectors should be complete");
        for (name, expected) in pairs {
            assert_eq!(slug(&name), expected, "{name:?}");
        }
    }

    #[test]
    fn slugs_keep_the_quirks_of_the_rule() {
        for (name, expected) in [
            ("", ""),
            ("Mark as Live", "mark-as-live"),
            ("a - b - c", "a-b---c"),
            ("a--b--c", "a-b--c"),
            ("(foo)", "foo-"),
            ("Refund (full)", "refund-full"),
            ("¡Hola!", "hola-"),
            ("\u{FEFF} x \u{3000}", "x"),
            ("\u{85}x", "x"),
            ("x\u{85}", "x"),
            ("\u{1F600}", ""),
            ("snake_case_", "snake_case_"),
            ("ŉ", "n"),
            ("-", ""),
            ("--", ""),
        ] {
            assert_eq!(slug(name), expected, "{name:?}");
        }
    }

    #[test]
    fn a_slug_holds_only_characters_that_need_no_encoding() {
        let mut generator = Generator::new(1);
        for _ in 0..20_000 {
            let name = generator.text();
            let made = slug(&name);
            assert!(
                made.chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_'),
                "{name:?} gave {made:?}"
            );
        }
    }

    #[test]
    fn a_slug_does_not_depend_on_white_space_around_the_name() {
        let mut generator = Generator::new(2);
        for _ in 0..20_000 {
            let name = generator.text();
            assert_eq!(slug(&name), slug(trim(&name)), "{name:?}");
            assert_eq!(slug(&format!("\u{A0}\t{name}\u{FEFF}\n")), slug(&name), "{name:?}");
        }
    }

    #[test]
    fn a_slug_of_plain_words_is_the_words_joined() {
        let mut generator = Generator::new(3);
        for _ in 0..5_000 {
            let words: Vec<String> = (0..=generator.below(5)).map(|_| generator.word()).collect();
            assert_eq!(slug(&words.join(" ")), words.join("-").to_ascii_lowercase());
        }
    }

    #[test]
    fn slugs_match_a_literal_implementation_of_the_rule() {
        let mut generator = Generator::new(4);
        for _ in 0..20_000 {
            let name = generator.text();
            assert_eq!(slug(&name), by_the_letter(&name), "{name:?}");
        }
    }

    /// The rule step by step over UTF-16 code units, slow and obvious.
    fn by_the_letter(name: &str) -> String {
        let mut text = String::new();
        for unit in trim(name).encode_utf16() {
            match char::from_u32(u32::from(unit)) {
                Some(c) if c.is_ascii() => text.push(c),
                Some(c) => text.push_str(crate::transliteration::transliterate(c).unwrap_or("?")),
                None => text.push('?'),
            }
        }
        let mut steps: Vec<char> = Vec::new();
        for c in text.chars() {
            if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
                steps.push(c);
            } else {
                steps.push('\0');
            }
        }
        steps.dedup_by(|a, b| *a == '\0' && *b == '\0');
        let mut steps: Vec<char> = steps.into_iter().map(|c| if c == '\0' { '-' } else { c }).collect();
        if let Some(start) = steps.windows(2).position(|pair| pair == ['-', '-']) {
            while steps.get(start + 1) == Some(&'-') {
                steps.remove(start + 1);
            }
        }
        if steps.first() == Some(&'-') {
            steps.remove(0);
        } else if steps.last() == Some(&'-') {
            steps.pop();
        }
        steps.into_iter().collect::<String>().to_ascii_lowercase()
    }
}
