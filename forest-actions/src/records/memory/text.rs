//! Tests of texts, by PostgreSQL's rules.

use super::super::condition::TextTest;

pub(super) fn passes(text: &str, test: &TextTest) -> bool {
    match test {
        TextTest::Contains {
            text: part,
            ignores_case,
        } => compare(text, part, *ignores_case, |text, part| text.contains(part)),
        TextTest::NotContains {
            text: part,
            ignores_case,
        } => compare(text, part, *ignores_case, |text, part| !text.contains(part)),
        TextTest::StartsWith {
            text: part,
            ignores_case,
        } => compare(text, part, *ignores_case, |text, part| text.starts_with(part)),
        TextTest::EndsWith {
            text: part,
            ignores_case,
        } => compare(text, part, *ignores_case, |text, part| text.ends_with(part)),
        TextTest::Like { pattern, ignores_case } => compare(text, pattern, *ignores_case, matches),
    }
}

fn compare(text: &str, part: &str, ignores_case: bool, test: fn(&str, &str) -> bool) -> bool {
    if ignores_case {
        test(&lower(text), &lower(part))
    } else {
        test(text, part)
    }
}

/// Lower case character by character as in databases, without the rule for a final sigma.
fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// One step of a pattern.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Step {
    Exactly(char),
    AnyCharacter,
    AnyText,
}

/// Matches a whole text. A pattern with a trailing `\` that escapes nothing matches no text.
fn matches(text: &str, pattern: &str) -> bool {
    let Some(steps) = steps(pattern) else {
        return false;
    };
    let characters: Vec<char> = text.chars().collect();
    let (mut at, mut step) = (0, 0);
    // the position to backtrack to, with one more character for the last `%`
    let mut retry: Option<(usize, usize)> = None;
    while let Some(character) = characters.get(at) {
        match steps.get(step) {
            Some(Step::AnyText) => {
                step += 1;
                retry = Some((at, step));
            }
            Some(Step::AnyCharacter) => (at, step) = (at + 1, step + 1),
            Some(Step::Exactly(expected)) if expected == character => (at, step) = (at + 1, step + 1),
            _ => match retry {
                Some((start, after)) => {
                    (at, step) = (start + 1, after);
                    retry = Some((at, after));
                }
                None => return false,
            },
        }
    }
    steps.iter().skip(step).all(|rest| *rest == Step::AnyText)
}

fn steps(pattern: &str) -> Option<Vec<Step>> {
    let mut characters = pattern.chars();
    let mut steps = Vec::new();
    while let Some(character) = characters.next() {
        steps.push(match character {
            '%' => Step::AnyText,
            '_' => Step::AnyCharacter,
            '\\' => Step::Exactly(characters.next()?),
            other => Step::Exactly(other),
        });
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn like(text: &str, pattern: &str) -> bool {
        let pattern = pattern.to_owned();
        passes(
            text,
            &TextTest::Like {
                pattern,
                ignores_case: false,
            },
        )
    }

    #[test]
    fn patterns_match_whole_texts() {
        for (text, pattern) in [
            ("", ""),
            ("", "%"),
            ("abc", "abc"),
            ("abc", "a%"),
            ("abc", "%c"),
            ("abc", "%b%"),
            ("abc", "_b_"),
            ("abc", "%_"),
            ("日本", "_本"),
            ("aab", "%ab"),
            ("abab", "%ab"),
            ("10%", r"10\%"),
            (r"a\b", r"a\\b"),
            ("_", r"\_"),
            ("abcabd", "%ab_"),
            ("mississippi", "m%iss%ip%i"),
        ] {
            assert!(like(text, pattern), "{text} is like {pattern}");
        }
        for (text, pattern) in [
            ("a", ""),
            ("", "_"),
            ("abc", "ab"),
            ("abc", "bc"),
            ("abc", "ABC"),
            ("10x", r"10\%"),
            ("a", r"\_"),
            ("a\\", r"a\"),
            ("abc", "%d%"),
        ] {
            assert!(!like(text, pattern), "{text} is not like {pattern}");
        }
    }

    #[test]
    fn many_wildcards_do_not_make_matching_slow() {
        let text = "a".repeat(2_000);
        assert!(!like(&text, &format!("{}b", "%a".repeat(500))));
    }

    #[test]
    fn case_is_ignored_by_the_rules_of_unicode() {
        let contains = |text: &str, part: &str, ignores_case| {
            passes(
                text,
                &TextTest::Contains {
                    text: part.to_owned(),
                    ignores_case,
                },
            )
        };
        assert!(contains("ÉCLAIR", "éclair", true));
        assert!(contains("привет", "ПРИ", true));
        assert!(contains("ΟΔΟΣ", "οδοσ", true), "without a final sigma");
        assert!(!contains("ÉCLAIR", "éclair", false));
    }
}
