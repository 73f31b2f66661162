//! JSON of a request, before it becomes a tree: a tree takes up to a hundred times the memory of its text.

use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};

/// Maximum size of a tree, in values; an object counts as four.
pub(crate) const MAX_VALUES: usize = 50_000;

const OBJECT: usize = 4;

/// Returns whether JSON has more than [`MAX_VALUES`] values. Builds nothing.
pub(crate) fn is_too_large(json: &str) -> bool {
    // the shortest object has two characters and a comma
    if json.len() < MAX_VALUES / 2 {
        return false;
    }
    let mut left = Some(MAX_VALUES);
    let counted = Count(&mut left).deserialize(&mut serde_json::Deserializer::from_str(json));
    counted.is_err() && left.is_none()
}

/// Counts the values of a tree; `None` if there are too many.
struct Count<'c>(&'c mut Option<usize>);

impl Count<'_> {
    fn add<E: Error>(&mut self, values: usize) -> Result<(), E> {
        *self.0 = self.0.and_then(|left| left.checked_sub(values));
        self.0.map(drop).ok_or_else(|| E::custom("too many values"))
    }
}

impl<'de> DeserializeSeed<'de> for Count<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Count<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(mut self) -> Result<(), E> {
        self.add(1)
    }

    fn visit_bool<E: Error>(mut self, _: bool) -> Result<(), E> {
        self.add(1)
    }

    fn visit_i64<E: Error>(mut self, _: i64) -> Result<(), E> {
        self.add(1)
    }

    fn visit_u64<E: Error>(mut self, _: u64) -> Result<(), E> {
        self.add(1)
    }

    fn visit_f64<E: Error>(mut self, _: f64) -> Result<(), E> {
        self.add(1)
    }

    fn visit_str<E: Error>(mut self, _: &str) -> Result<(), E> {
        self.add(1)
    }

    fn visit_seq<A: SeqAccess<'de>>(mut self, mut list: A) -> Result<(), A::Error> {
        self.add(1)?;
        while list.next_element_seed(Count(self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        self.add(OBJECT)?;
        while map.next_key::<IgnoredAny>()?.is_some() {
            map.next_value_seed(Count(self.0))?;
        }
        Ok(())
    }
}

/// A value without its content if it is a list or an object: both are read as empty ones.
#[derive(Debug)]
pub(crate) struct Shallow(pub(crate) Value);

impl<'de> Deserialize<'de> for Shallow {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ShallowVisitor;
        impl<'de> Visitor<'de> for ShallowVisitor {
            type Value = Shallow;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("JSON")
            }

            fn visit_unit<E: Error>(self) -> Result<Shallow, E> {
                Ok(Shallow(Value::Null))
            }

            fn visit_bool<E: Error>(self, flag: bool) -> Result<Shallow, E> {
                Ok(Shallow(flag.into()))
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Shallow, E> {
                Ok(Shallow(number.into()))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Shallow, E> {
                Ok(Shallow(number.into()))
            }

            fn visit_f64<E: Error>(self, number: f64) -> Result<Shallow, E> {
                Ok(Shallow(number.into()))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Shallow, E> {
                Ok(Shallow(text.into()))
            }

            fn visit_string<E: Error>(self, text: String) -> Result<Shallow, E> {
                Ok(Shallow(text.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Shallow, A::Error> {
                while list.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Shallow(Value::Array(Vec::new())))
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shallow, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Shallow(Value::Object(Map::new())))
            }
        }
        deserializer.deserialize_any(ShallowVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_counted_and_objects_weigh_four() {
        let list = |item: &str, count: usize| format!("[{}]", vec![item; count].join(","));
        for (item, weight) in [
            ("1.50", 1),
            ("\"text\"", 1),
            ("null", 1),
            ("[]", 1),
            ("{}", 4),
            ("{\"a\":[true]}", 6),
        ] {
            let most = (MAX_VALUES - 1) / weight;
            assert!(!is_too_large(&list(item, most)), "{item}");
            assert!(is_too_large(&list(item, most + 1)), "{item}");
        }
        assert!(!is_too_large(&format!("\"{}\"", "x".repeat(MAX_VALUES * 2))));
        // what is no JSON is for the reader to refuse
        assert!(!is_too_large(&"[".repeat(MAX_VALUES)));
    }

    #[test]
    fn lists_and_objects_lose_their_content() {
        let shallow = |json: &str| serde_json::from_str::<Shallow>(json).unwrap().0.to_string();
        for json in ["null", "true", "-1", "1.5", "\"a\\\"b\"", "18446744073709551615"] {
            assert_eq!(shallow(json), json);
        }
        assert_eq!(shallow(r#"[1,[2],{"a":1}]"#), "[]");
        assert_eq!(shallow(r#"{"a":{"b":[1]}}"#), "{}");
    }
}
