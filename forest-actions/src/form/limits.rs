//! The limits of a number and of a text.

use std::cell::RefCell;
use std::collections::HashMap;

use regex_lite::Regex;
use serde_json::Value;

use super::spec::Limits;
use super::value::InvalidValue;

/// Checks the range of a number, or of a text that holds one; anything else passes.
pub(super) fn check_number(limits: &Limits, value: &Value) -> Result<(), InvalidValue> {
    let number = value
        .as_f64()
        .or_else(|| value.as_str().and_then(|text| text.trim().parse().ok()));
    number.map_or(Ok(()), |number| check_range(limits, number, value))
}

/// Checks the range of a number, which was written as `found`.
pub(crate) fn check_range(limits: &Limits, number: f64, found: &Value) -> Result<(), InvalidValue> {
    if let Some(min) = limits.min.filter(|min| number < *min) {
        return Err(InvalidValue::expected(&format!("a number of at least {min}"), found));
    }
    if let Some(max) = limits.max.filter(|max| number > *max) {
        return Err(InvalidValue::expected(&format!("a number of at most {max}"), found));
    }
    Ok(())
}

/// Checks the length and the pattern of a text.
pub(crate) fn check_text(limits: &Limits, text: &str) -> Result<(), InvalidValue> {
    if limits.min_length.is_some() || limits.max_length.is_some() {
        let length = text.chars().count();
        if let Some(min) = limits.min_length.filter(|min| length < *min) {
            return Err(InvalidValue::new(format!(
                "at least {min} characters are needed, {length} were given"
            )));
        }
        if let Some(max) = limits.max_length.filter(|max| length > *max) {
            return Err(InvalidValue::new(format!(
                "at most {max} characters are allowed, {length} were given"
            )));
        }
    }
    match limits.pattern {
        Some(pattern) if !matches(pattern, text) => Err(InvalidValue::expected(
            &format!("a text that matches `{pattern}`"),
            &Value::from(text),
        )),
        _ => Ok(()),
    }
}

/// Each thread compiles a pattern once. Patterns are checked at start.
fn matches(pattern: &'static str, text: &str) -> bool {
    thread_local! {
        static COMPILED: RefCell<HashMap<&'static str, Option<Regex>>> = RefCell::new(HashMap::new());
    }
    COMPILED.with_borrow_mut(|compiled| {
        let regex = compiled.entry(pattern).or_insert_with(|| Regex::new(pattern).ok());
        regex.as_ref().is_some_and(|regex| regex.is_match(text))
    })
}
