//! Deserialization of a field's value, for [`Records`](super::Records).
//!
//! Databases give the same number as a number or as a text, so that either fits a type of numbers and a type of texts. An
//! error names types, and never a value.

use std::fmt;

use serde::de::value::{MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{self, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value as Json;

use super::record_key::is_special_number;
use super::value::Decimal;

/// A value of a field, or a part of it.
#[derive(Clone, Copy)]
pub(super) struct Field<'v>(pub(super) &'v Json);

/// A value that does not fit its type.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unfit {
    pub(super) expected: String,
    pub(super) found: &'static str,
}

impl Unfit {
    /// A text that its type could not parse, which serde reports without the type.
    const UNNAMED: &str = "";

    /// Adds the type to an error without one.
    fn or_expected<T>(mut self) -> Self {
        if self.expected == Self::UNNAMED {
            self.expected = std::any::type_name::<T>().to_owned();
        }
        self
    }
}

impl fmt::Display for Unfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "expected {}, found {}", self.expected, self.found)
    }
}

impl std::error::Error for Unfit {}

impl de::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self {
            expected: Self::UNNAMED.to_owned(),
            found: "another value",
        }
    }

    fn invalid_type(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self {
            expected: expected.to_string(),
            found: match unexpected {
                Unexpected::Bool(_) => "a boolean",
                Unexpected::Unsigned(_) | Unexpected::Signed(_) => "a whole number",
                Unexpected::Float(_) => "a number with a fraction",
                Unexpected::Char(_) | Unexpected::Str(_) => "a text",
                Unexpected::Unit | Unexpected::Option => "no value",
                Unexpected::Seq => "a list",
                Unexpected::Map => "an object",
                _ => "another value",
            },
        }
    }

    fn invalid_value(unexpected: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(unexpected, expected)
    }

    fn invalid_length(_: usize, expected: &dyn Expected) -> Self {
        Self {
            expected: expected.to_string(),
            found: "a list of another length",
        }
    }

    fn unknown_variant(_: &str, expected: &'static [&'static str]) -> Self {
        Self {
            expected: format!("one of {}", expected.join(", ")),
            found: "another text",
        }
    }

    fn unknown_field(field: &str, _: &'static [&'static str]) -> Self {
        Self {
            expected: "no other field".to_owned(),
            found: if field.is_empty() { "one without a name" } else { "one" },
        }
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            expected: format!("a field `{field}`"),
            found: "none of that name",
        }
    }
}

impl Field<'_> {
    /// Visits a number that may be written as text.
    fn number<'de, V: Visitor<'de>>(self, visitor: V, parse: fn(&str) -> Option<Json>) -> Result<V::Value, Unfit> {
        match self.0.as_str().and_then(parse) {
            Some(number) => Field(&number).deserialize_any(visitor),
            None => self.deserialize_any(visitor),
        }
    }

    /// Visits a text that may be given as a number.
    fn text<'de, V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.0 {
            Json::Number(number) => Field(&Json::String(number.to_string())).deserialize_any(visitor),
            _ => self.deserialize_any(visitor),
        }
    }
}

/// A whole number of up to 64 bits, such as `42` or `42.00`.
fn whole(text: &str) -> Option<Json> {
    let number = Decimal::parse(text)?;
    match number.to_i64() {
        Some(number) => Some(number.into()),
        None => number.as_str().parse::<u64>().ok().map(Json::from),
    }
}

impl<'de> Deserializer<'de> for Field<'_> {
    type Error = Unfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        let visited = match self.0 {
            Json::Null => visitor.visit_unit(),
            Json::Bool(flag) => visitor.visit_bool(*flag),
            Json::Number(number) => match (number.as_u64(), number.as_i64()) {
                (Some(number), _) => visitor.visit_u64(number),
                (None, Some(number)) => visitor.visit_i64(number),
                (None, None) => visitor.visit_f64(number.as_f64().unwrap_or(f64::NAN)),
            },
            Json::String(text) => visitor.visit_str(text),
            Json::Array(elements) => {
                let mut elements = SeqDeserializer::new(elements.iter().map(Field));
                let visited = visitor.visit_seq(&mut elements)?;
                return elements.end().map(|()| visited);
            }
            Json::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.as_str(), Field(value)));
                return visitor.visit_map(MapDeserializer::new(members));
            }
        };
        visited.map_err(Unfit::or_expected::<V::Value>)
    }

    fn deserialize_i8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.number(visitor, whole)
    }

    fn deserialize_i16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.number(visitor, whole)
    }

    fn deserialize_i32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.number(visitor, whole)
    }

    fn deserialize_i64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.number(visitor, whole)
    }

    fn deserialize_u8<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.number(visitor, whole)
    }

    fn deserialize_u16<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.number(visitor, whole)
    }

    fn deserialize_u32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.number(visitor, whole)
    }

    fn deserialize_u64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.number(visitor, whole)
    }

    fn deserialize_i128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self
            .0
            .as_str()
            .and_then(Decimal::parse)
            .map(|number| number.as_str().parse())
        {
            Some(Ok(number)) => visitor.visit_i128(number),
            _ => self.number(visitor, whole),
        }
    }

    fn deserialize_u128<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self
            .0
            .as_str()
            .and_then(Decimal::parse)
            .map(|number| number.as_str().parse())
        {
            Some(Ok(number)) => visitor.visit_u128(number),
            _ => self.number(visitor, whole),
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        let number = self.0.as_str().and_then(|text| match Decimal::parse(text) {
            Some(number) => Some(number.to_f64()),
            None => text.parse().ok().filter(|_| is_special_number(text)),
        });
        match number {
            Some(number) => visitor.visit_f64(number),
            None => self.deserialize_any(visitor),
        }
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.text(visitor)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        self.text(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.0 {
            Json::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        match self.0 {
            Json::String(text) => visitor.visit_enum(text.as_str().into_deserializer()),
            Json::Object(members) => {
                let members = members.iter().map(|(name, value)| (name.as_str(), Field(value)));
                visitor.visit_enum(MapAccessDeserializer::new(MapDeserializer::new(members)))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    forward_to_deserialize_any! {
        bool char bytes byte_buf unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

impl<'de> IntoDeserializer<'de, Unfit> for Field<'_> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use serde::de::DeserializeOwned;
    use serde_json::json;

    use super::*;

    fn read<T: DeserializeOwned>(json: Json) -> Result<T, String> {
        T::deserialize(Field(&json)).map_err(|unfit| unfit.to_string())
    }

    #[test]
    fn numbers_fit_numbers_and_texts_in_either_form() {
        assert_eq!(read::<i64>(json!("9007199254740993")), Ok(9_007_199_254_740_993));
        assert_eq!(read::<i64>(json!(42)), Ok(42));
        assert_eq!(read::<i64>(json!("42.00")), Ok(42));
        assert_eq!(read::<u64>(json!("18446744073709551615")), Ok(u64::MAX));
        assert_eq!(read::<u8>(json!("7")), Ok(7));
        assert_eq!(
            read::<i128>(json!("-99999999999999999999")),
            Ok(-99_999_999_999_999_999_999)
        );
        assert_eq!(read::<u128>(json!(7)), Ok(7));
        assert_eq!(read::<f64>(json!("10.50")), Ok(10.5));
        assert_eq!(read::<f64>(json!(10)), Ok(10.0));
        assert_eq!(read::<f32>(json!("0.5")), Ok(0.5));
        assert_eq!(read::<f64>(json!("-Infinity")), Ok(f64::NEG_INFINITY));
        assert_eq!(read::<String>(json!(10.5)), Ok("10.5".to_owned()));
        assert_eq!(read::<String>(json!("10.50")), Ok("10.50".to_owned()));
        assert_eq!(read::<Option<i64>>(json!("42")), Ok(Some(42)));
        assert_eq!(read::<Option<i64>>(json!(null)), Ok(None));
        assert_eq!(read::<Vec<i64>>(json!(["1", 2])), Ok(vec![1, 2]));
        assert_eq!(
            read::<Json>(json!({"a": ["1", 2.5, null]})),
            Ok(json!({"a": ["1", 2.5, null]}))
        );
    }

    #[cfg(feature = "rust_decimal")]
    #[test]
    fn numbers_fit_an_exact_decimal() {
        for (json, text) in [(json!("10.50"), "10.50"), (json!(10.5), "10.5"), (json!(7), "7")] {
            assert_eq!(read::<rust_decimal::Decimal>(json).unwrap().to_string(), text);
        }
    }

    #[derive(Debug, PartialEq, Deserialize)]
    #[serde(rename_all = "lowercase")]
    enum Status {
        Paid,
        Other(i64),
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Wrapped(u32);

    #[test]
    fn every_kind_of_type_is_read() {
        assert_eq!(read(json!("paid")), Ok(Status::Paid));
        assert_eq!(read(json!({"other": "7"})), Ok(Status::Other(7)));
        assert_eq!(read(json!("7")), Ok(Wrapped(7)));
        assert_eq!(read(json!([1, "a", true])), Ok((1_u8, "a".to_owned(), true)));
        assert!(read::<std::net::IpAddr>(json!("192.0.2.1")).is_ok());
    }

    #[test]
    fn an_error_names_the_expected_and_the_found_type_without_the_value() {
        for (error, expected) in [
            (read::<i64>(json!("secret")).unwrap_err(), "expected i64, found a text"),
            (
                read::<u8>(json!("300")).unwrap_err(),
                "expected u8, found a whole number",
            ),
            (read::<i64>(json!("1.5")).unwrap_err(), "expected i64, found a text"),
            (
                read::<i64>(json!(1.5)).unwrap_err(),
                "expected i64, found a number with a fraction",
            ),
            (read::<i64>(json!(null)).unwrap_err(), "expected i64, found no value"),
            (
                read::<String>(json!([1])).unwrap_err(),
                "expected a string, found a list",
            ),
            (
                read::<bool>(json!("secret")).unwrap_err(),
                "expected a boolean, found a text",
            ),
            (
                read::<Status>(json!("secret")).map(|_| ()).unwrap_err(),
                "expected one of paid, other, found another text",
            ),
        ] {
            assert_eq!(error, expected);
        }
        let address = read::<std::net::IpAddr>(json!("secret")).unwrap_err();
        assert_eq!(address, "expected core::net::ip_addr::IpAddr, found another value");
    }
}
