//! Reading of a submitted form: every field is read and checked, and all problems are collected.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use bytes::Bytes;
use serde::de::{self, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::{RawValue, to_raw_value};

use super::choice::{is_option, quoted};
use super::error::FormError;
use super::file::FormFile;
use super::limits::{check_number, check_text};
use super::number::number_in;
use super::spec::{FieldSpec, Options};
use super::value::{FieldInput, FieldValue, InvalidValue};
use crate::json::MAX_VALUES;
use crate::schema::FieldType;

/// The members of an object, unparsed. Of a repeated name the last one counts, as in JavaScript.
struct Entries<'a>(HashMap<Cow<'a, str>, &'a RawValue>);

impl<'de> Deserialize<'de> for Entries<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Borrowed, unless it has escapes.
        #[derive(Deserialize)]
        struct Key<'a>(#[serde(borrow)] Cow<'a, str>);
        struct EntriesVisitor;
        impl<'de> Visitor<'de> for EntriesVisitor {
            type Value = Entries<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries<'de>, A::Error> {
                let mut entries = HashMap::new();
                while let Some((Key(key), value)) = map.next_entry()? {
                    if entries.len() == MAX_VALUES {
                        return Err(de::Error::custom(format!("expected at most {MAX_VALUES} values")));
                    }
                    entries.insert(key, value);
                }
                Ok(Entries(entries))
            }
        }
        deserializer.deserialize_map(EntriesVisitor)
    }
}

/// Reads the fields of one form from one request.
#[derive(Debug)]
pub struct FormReader<'a> {
    values: HashMap<Cow<'a, str>, &'a RawValue>,
    body: &'a Bytes,
    problems: Vec<(&'static str, InvalidValue)>,
}

impl<'a> FormReader<'a> {
    /// `values` is the text of a JSON object inside the body.
    pub(crate) fn new(values: &'a str, body: &'a Bytes) -> Result<Self, FormError> {
        let Entries(values) = serde_json::from_str(values).map_err(|error| FormError::InvalidValues {
            reason: error.to_string(),
        })?;
        Ok(Self {
            values,
            body,
            problems: Vec::new(),
        })
    }

    /// Reads the value of a field; `None` when it has a problem, which the reader keeps.
    pub fn read<T: FieldValue>(&mut self, field: &'static FieldSpec) -> Option<T> {
        let outcome = self.value_of::<T>(field);
        let outcome = outcome.map_err(|problem| if field.secret { problem.without_value() } else { problem });
        outcome
            .map_err(|problem| self.problems.push((field.name, problem)))
            .ok()
    }

    fn value_of<T: FieldValue>(&self, field: &'static FieldSpec) -> Result<T, InvalidValue> {
        let missing = || InvalidValue::new("a value is required");
        let absent = || match T::absent() {
            Some(_) if field.required => Err(missing()),
            // omitting the list must not bypass its limit
            Some(_) if T::ABSENT_IS_EMPTY => check_count(field, 0).map(|()| T::absent())?.ok_or_else(missing),
            Some(value) => Ok(value),
            None => Err(missing()),
        };
        let default;
        let raw: &RawValue = match (self.values.get(field.name), field.default) {
            (Some(raw), _) => raw,
            // an explicit null is a value
            (None, Some(make)) => {
                default = to_raw_value(&make()).map_err(|_| missing())?;
                &default
            }
            (None, None) => return absent(),
        };
        let input = FieldInput::new(raw, self.body, field);
        if input.is_null() && (field.schema_type() != FieldType::Json || field.required) {
            return absent();
        }
        // browsers send an empty text for an emptied field of any type
        let is_choice = matches!(field.schema_type(), FieldType::Enum);
        if input.json_text() == "\"\"" && (is_choice || T::read(input).is_err()) {
            return absent();
        }
        check(field, &input)?;
        T::read(input)
    }

    pub(crate) fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    pub(crate) fn into_error(self) -> FormError {
        if self.problems.is_empty() {
            return FormError::NoForm;
        }
        let problems = self.problems.into_iter();
        FormError::fields(problems.map(|(field, problem)| (field.to_owned(), problem.to_string())))
    }
}

/// The checks that do not depend on the Rust type.
fn check(field: &FieldSpec, input: &FieldInput<'_>) -> Result<(), InvalidValue> {
    if field.is_file() {
        return check_files(field, input);
    }
    let limits = &field.limits;
    let has_limits = *limits != super::spec::Limits::default();
    let has_options = matches!(field.options, Options::Computed(_));
    let is_list = matches!((field.field_type)(), FieldType::List(_));
    let needs_the_value = has_limits || has_options || (is_list && field.required);
    if !needs_the_value {
        let is_missing = field.required && input.json_text() == "\"\"";
        return if is_missing {
            Err(InvalidValue::new("a value is required"))
        } else {
            Ok(())
        };
    }
    let value = input.value()?;
    let elements = match &value {
        Value::Array(elements) => elements.as_slice(),
        single => std::slice::from_ref(single),
    };
    // an empty list is a value of a JSON field
    if value.is_array() && is_list {
        check_count(field, elements.len())?;
    } else if field.required && value.as_str() == Some("") {
        return Err(InvalidValue::new("a value is required"));
    }
    for element in elements {
        check_number(&field.limits, element)?;
        if let Some(text) = element.as_str() {
            check_text(&field.limits, text)?;
        }
    }
    if let Options::Computed(options) = field.options {
        check_options(field, &options(), elements)?;
    }
    Ok(())
}

fn check_count(field: &FieldSpec, count: usize) -> Result<(), InvalidValue> {
    let limits = &field.limits;
    if field.required && count == 0 {
        return Err(InvalidValue::new("a value is required"));
    }
    if let Some(min) = limits.min_count.filter(|min| count < *min) {
        return Err(InvalidValue::new(format!(
            "at least {min} are needed, {count} were given"
        )));
    }
    if let Some(max) = limits.max_count.filter(|max| count > *max) {
        return Err(InvalidValue::new(format!(
            "at most {max} are allowed, {count} were given"
        )));
    }
    Ok(())
}

fn check_options(field: &FieldSpec, options: &[Value], chosen: &[Value]) -> Result<(), InvalidValue> {
    let is_numeric = match (field.field_type)() {
        FieldType::List(element) => *element == FieldType::Number,
        own => own == FieldType::Number,
    };
    let is_offered = |value: &Value| match value.as_str().filter(|_| is_numeric).and_then(number_in) {
        Some(number) => is_option(options, &Value::Number(number)),
        None => is_option(options, value),
    };
    match chosen.iter().find(|value| !is_offered(value)) {
        None => Ok(()),
        Some(value) => {
            let texts = options
                .iter()
                .map(|option| option.as_str().map_or_else(|| option.to_string(), str::to_owned));
            let texts: Vec<String> = texts.collect();
            Err(InvalidValue::expected(
                &format!("one of {}", quoted(texts.iter().map(String::as_str))),
                value,
            ))
        }
    }
}

fn check_files(field: &FieldSpec, input: &FieldInput<'_>) -> Result<(), InvalidValue> {
    let limits = &field.limits;
    let is_list = matches!((field.field_type)(), FieldType::List(_));
    let elements = if is_list { input.elements()? } else { vec![*input] };
    if is_list {
        check_count(field, elements.len())?;
    }
    if limits.max_size.is_none() && limits.media_types.is_empty() {
        return Ok(());
    }
    for element in elements {
        let file = FormFile::read(element)?;
        let name = file.name().unwrap_or("the file");
        if let Some(max) = limits
            .max_size
            .filter(|max| u64::try_from(file.size()).map_or(true, |size| size > *max))
        {
            let (size, max) = sizes(u64::try_from(file.size()).unwrap_or(u64::MAX), max);
            return Err(InvalidValue::new(format!(
                "\"{}\" has {size}, at most {max} are allowed",
                name.escape_debug(),
            )));
        }
        if !limits.media_types.is_empty() && !file.is_one_of(limits.media_types) {
            return Err(InvalidValue::new(format!(
                "\"{}\" is of type {}, expected {}",
                name.escape_debug(),
                if file.media_type().is_empty() {
                    "unknown"
                } else {
                    file.media_type()
                }
                .escape_debug(),
                limits.media_types.join(", ")
            )));
        }
    }
    Ok(())
}

/// The size of a file and its limit, in the limit's unit where that says it in a tenth. The size is rounded up, so that it reads
/// as more than the limit.
fn sizes(size: u64, max: u64) -> (String, String) {
    for (name, tenth) in [("MB", 100_000), ("kB", 100)] {
        if max >= 10 * tenth && max.is_multiple_of(tenth) {
            let text = |tenths: u64| match tenths % 10 {
                0 => format!("{} {name}", tenths / 10),
                rest => format!("{}.{rest} {name}", tenths / 10),
            };
            return (text(size.div_ceil(tenth)), text(max / tenth));
        }
    }
    (format!("{size} bytes"), max.to_string())
}

#[cfg(test)]
mod tests {
    use super::sizes;

    #[test]
    fn sizes_are_in_the_unit_of_the_limit() {
        for (size, max, expected) in [
            (5, 4, ("5 bytes", "4")),
            (1001, 1000, ("1.1 kB", "1 kB")),
            (1_500_000, 1_048_576, ("1500000 bytes", "1048576")),
            (20_000_001, 20_000_000, ("20.1 MB", "20 MB")),
            (21_000_059, 20_500_000, ("21.1 MB", "20.5 MB")),
        ] {
            let (size, max) = sizes(size, max);
            assert_eq!((size.as_str(), max.as_str()), expected);
        }
    }
}
