//! Characters that the encoding of a database lacks.
//!
//! The set of characters of an encoding is known to the database alone, which names one in the error of a statement that
//! sends it. No text of the database has that character, so it is replaced by a NUL, which each statement knows that no
//! text has.

use crate::records::condition::{Condition, Test, TextTest};
use crate::records::key::Key;
use crate::records::source::RecordQuery;
use crate::records::value::Value;

/// The query without the character that its statement failed for; `None` for another error.
pub(super) fn without_untranslatable(query: &RecordQuery, error: &sqlx::Error) -> Option<RecordQuery> {
    let sqlx::Error::Database(database) = error else {
        return None;
    };
    if database.code().as_deref() != Some("22P05") {
        return None;
    }
    let character = character(database.message())?;
    let mut query = query.clone();
    Replace(character).in_condition(&mut query.condition).then_some(query)
}

/// The character in `character with byte sequence 0xe2 0x82 0xac in encoding "UTF8" has no equivalent in encoding "LATIN1"`,
/// a message in the language of the server.
fn character(message: &str) -> Option<char> {
    let bytes = message.split("0x").skip(1);
    let bytes: Vec<u8> = bytes
        .map_while(|byte| u8::from_str_radix(byte.get(..2)?, 16).ok())
        .collect();
    let text = std::str::from_utf8(&bytes).ok()?;
    let mut characters = text.chars();
    characters.next().filter(|_| characters.next().is_none())
}

struct Replace(char);

/// Each method returns whether it has replaced the character.
impl Replace {
    fn in_condition(&self, condition: &mut Condition) -> bool {
        match condition {
            Condition::All(conditions) | Condition::Any(conditions) => {
                any(conditions, |condition| self.in_condition(condition))
            }
            Condition::Not(condition) => self.in_condition(condition),
            Condition::Field(_, test) => self.in_test(test),
            Condition::KeyIn(keys) | Condition::KeyNotIn(keys) => any(keys, |key| self.in_key(key)),
            Condition::LinkedTo(parent) => self.in_key(&mut parent.key),
            // its values are compared in its own text
            Condition::Query(_) => false,
        }
    }

    fn in_test(&self, test: &mut Test) -> bool {
        match test {
            Test::Equal(value)
            | Test::NotEqual(value)
            | Test::Less(value)
            | Test::LessOrEqual(value)
            | Test::Greater(value)
            | Test::GreaterOrEqual(value) => self.in_value(value),
            Test::In(values) | Test::NotIn(values) | Test::HasAll(values) | Test::HasNone(values) => {
                any(values, |value| self.in_value(value))
            }
            Test::Text(
                TextTest::Contains { text, .. }
                | TextTest::NotContains { text, .. }
                | TextTest::StartsWith { text, .. }
                | TextTest::EndsWith { text, .. }
                | TextTest::Like { pattern: text, .. },
            ) => self.in_text(text),
            Test::IsNull | Test::IsNotNull | Test::LongerThan(_) | Test::ShorterThan(_) => false,
        }
    }

    fn in_key(&self, key: &mut Key) -> bool {
        let mut parts = key.parts().to_vec();
        let is_replaced = any(&mut parts, |part| self.in_value(part));
        if is_replaced {
            *key = Key::from_parts(parts);
        }
        is_replaced
    }

    fn in_value(&self, value: &mut Value) -> bool {
        match value {
            Value::Text(text) => self.in_text(text),
            Value::List(values) => any(values, |value| self.in_value(value)),
            Value::Json(json) => {
                let is_replaced = json.to_string().contains(self.0);
                if is_replaced {
                    *json = "\0".into();
                }
                is_replaced
            }
            _ => false,
        }
    }

    fn in_text(&self, text: &mut String) -> bool {
        let is_replaced = text.contains(self.0);
        if is_replaced {
            *text = text.replace(self.0, "\0");
        }
        is_replaced
    }
}

/// Applies a step to all items.
fn any<T>(items: &mut [T], step: impl Fn(&mut T) -> bool) -> bool {
    let mut is_replaced = false;
    for item in items {
        is_replaced |= step(item);
    }
    is_replaced
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::condition::{FieldPath, Parent};

    #[test]
    fn a_character_is_found_in_a_message_of_any_language() {
        for (message, expected) in [
            (
                "character with byte sequence 0xe2 0x82 0xac in encoding \"UTF8\" has no equivalent in encoding \"LATIN1\"",
                Some('€'),
            ),
            ("バイト列0xf0 0x9f 0x98 0x80である文字は", Some('😀')),
            // of a text that is read
            ("character with byte sequence 0x81 in encoding \"WIN1252\"", None),
            ("0x", None),
            ("0xé", None),
            ("", None),
        ] {
            assert_eq!(character(message), expected, "{message}");
        }
    }

    #[test]
    fn a_character_is_replaced_wherever_a_query_has_values() {
        let text = |text: &str| Value::Text(text.to_owned());
        let key = |text: &str| Key::from_parts(vec![1.into(), text.into()]);
        let field = |test| Condition::Field(FieldPath::own("a"), test);
        let condition = |character: char| {
            let of = |other: &str| format!("{other}{character}");
            Condition::All(vec![
                Condition::Any(vec![
                    field(Test::Equal(text(&of("a")))),
                    field(Test::NotIn(vec![text(&of("b")), text("c")])),
                ]),
                field(Test::HasAll(vec![Value::List(vec![text(&of("d"))])])),
                field(Test::Text(TextTest::Like {
                    pattern: of("%"),
                    ignores_case: false,
                })),
                Condition::KeyIn(vec![key("e"), key(&of("e"))]),
                Condition::KeyNotIn(vec![key(&of("f"))]),
                Condition::LinkedTo(Parent::new("p", key(&of("g")), "r")),
            ])
        };
        let mut query = condition('€');
        assert!(Replace('€').in_condition(&mut query));
        assert_eq!(query, condition('\0'));
        assert!(!Replace('€').in_condition(&mut query));
        let mut json = field(Test::Equal(Value::Json(serde_json::json!({"€": [1]}))));
        assert!(Replace('€').in_condition(&mut json));
        assert_eq!(json, field(Test::Equal(Value::Json("\0".into()))));
    }
}
