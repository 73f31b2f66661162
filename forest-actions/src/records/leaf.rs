//! What a leaf of a filter asks, in the terms of a condition: one function per kind of operator.
//!
//! Owns what each operator means, above all for records that have no value, and what it takes as its value (protocol:
//! operators). The field is found and known to be nameable before; the resolver is the only caller.

use chrono::{DateTime, TimeDelta};
use serde_json::Value as Json;

use super::calendar::{self, Calendar};
use super::condition::{Condition, FieldPath, Test, TextTest};
use super::convert::convert;
use super::model::{FieldModel, ValueType};
use super::operator::Operator;
use super::refusal::{invalid, invalid_value};
use super::value::Value;
use crate::response::ActionError;
use crate::text::{listed, shortened};

/// How many values a list may have.
const MAX_VALUES: usize = 10_000;

/// How many characters a pattern may have; each `%` of it may cost a store a pass over the text.
const MAX_PATTERN: usize = 1_000;

/// How often a pattern may stand for any text.
const MAX_WILDCARDS: usize = 20;

/// A test of a field that exists.
pub(super) struct Leaf<'a> {
    /// The field as it is named in the filter, for messages.
    pub(super) name: &'a str,
    pub(super) path: FieldPath,
    pub(super) field: &'a FieldModel,
    pub(super) operator: Operator,
    pub(super) value: &'a Json,
    pub(super) calendar: Calendar,
    /// Whether a text field may be compared with a number, by its text.
    pub(super) numbers_are_text: bool,
}

impl Leaf<'_> {
    /// The condition.
    pub(super) fn condition(&self) -> Result<Condition, ActionError> {
        if has_nul(self.value) {
            return Err(invalid(format!(
                "The value for '{}' has a NUL character in it",
                shortened(self.name)
            )));
        }
        // null can be asked for whatever the type, also of fields that cannot be compared otherwise
        match (self.operator, self.value) {
            (Operator::Equal, Json::Null) => return Ok(self.test(Test::IsNull)),
            (Operator::NotEqual | Operator::Not, Json::Null) => return Ok(self.test(Test::IsNotNull)),
            _ => {}
        }
        if !self.operator.fits(self.value_type()) {
            return Err(self.misfit());
        }
        match self.operator {
            Operator::Present => Ok(self.test(Test::IsNotNull)),
            Operator::Missing => Ok(self.test(Test::IsNull)),
            Operator::Blank if *self.value_type() == ValueType::Text => {
                Ok(self.or_missing(Test::Equal(Value::Text(String::new()))))
            }
            Operator::Blank => Ok(self.test(Test::IsNull)),
            Operator::Equal => self.value().map(|value| self.comparison(Test::Equal(value))),
            Operator::NotEqual => self.value().map(|value| self.comparison(Test::NotEqual(value))),
            Operator::Not => self.not(),
            Operator::GreaterThan | Operator::After => self.compared(Test::Greater),
            Operator::GreaterThanOrEqual => self.compared(Test::GreaterOrEqual),
            Operator::LessThan | Operator::Before => self.compared(Test::Less),
            Operator::LessThanOrEqual => self.compared(Test::LessOrEqual),
            Operator::In => self.one_of(),
            Operator::NotIn => self.none_of(),
            Operator::IncludesAll => self.includes_all(),
            Operator::IncludesNone => self.includes_none(),
            Operator::LongerThan | Operator::ShorterThan => self.length(),
            Operator::Like | Operator::ILike => self.like(),
            Operator::Contains
            | Operator::NotContains
            | Operator::StartsWith
            | Operator::EndsWith
            | Operator::IContains
            | Operator::NotIContains
            | Operator::IStartsWith
            | Operator::IEndsWith => self.text(),
            Operator::Today
            | Operator::Yesterday
            | Operator::PreviousWeek
            | Operator::PreviousMonth
            | Operator::PreviousQuarter
            | Operator::PreviousYear
            | Operator::PreviousWeekToDate
            | Operator::PreviousMonthToDate
            | Operator::PreviousQuarterToDate
            | Operator::PreviousYearToDate
            | Operator::PreviousXDays
            | Operator::PreviousXDaysToDate
            | Operator::Past
            | Operator::Future
            | Operator::BeforeXHoursAgo
            | Operator::AfterXHoursAgo => self.date(),
        }
    }

    fn value_type(&self) -> &ValueType {
        &self.field.value_type
    }

    fn test(&self, test: Test) -> Condition {
        Condition::Field(self.path.clone(), test)
    }

    /// A comparison with one value. A moment is shown to the millisecond, and may be stored with more digits: it is any of
    /// the moments that are shown like it.
    fn comparison(&self, test: Test) -> Condition {
        let (Test::Equal(value)
        | Test::NotEqual(value)
        | Test::Less(value)
        | Test::LessOrEqual(value)
        | Test::Greater(value)
        | Test::GreaterOrEqual(value)) = &test
        else {
            return self.test(test);
        };
        let Some((first, next)) = millisecond(value) else {
            return self.test(test);
        };
        match test {
            Test::Equal(_) => Condition::All(vec![
                self.test(Test::GreaterOrEqual(first)),
                self.test(Test::Less(next)),
            ]),
            Test::NotEqual(_) => Condition::Any(vec![
                self.test(Test::Less(first)),
                self.test(Test::GreaterOrEqual(next)),
            ]),
            Test::Less(_) => self.test(Test::Less(first)),
            Test::LessOrEqual(_) => self.test(Test::Less(next)),
            Test::Greater(_) => self.test(Test::GreaterOrEqual(next)),
            _ => self.test(Test::GreaterOrEqual(first)),
        }
    }

    fn or_missing(&self, test: Test) -> Condition {
        Condition::Any(vec![self.test(Test::IsNull), self.test(test)])
    }

    /// `true` and `false` leave out the records without a value when they are asked for, and so not when they are not;
    /// with any other value, their texts too, this is `not_equal`, and with a list "none of these".
    fn not(&self) -> Result<Condition, ActionError> {
        match self.value {
            Json::Array(values) => {
                let values = self.values(values)?;
                Ok(self.test(not_in(values)))
            }
            Json::Bool(_) if *self.value_type() == ValueType::Boolean => {
                self.value().map(|value| self.or_missing(Test::NotEqual(value)))
            }
            _ => self.value().map(|value| self.comparison(Test::NotEqual(value))),
        }
    }

    /// Nothing is larger or smaller than null.
    fn compared(&self, test: fn(Value) -> Test) -> Result<Condition, ActionError> {
        if self.value.is_null() {
            return Ok(Condition::never());
        }
        self.value().map(|value| self.comparison(test(value)))
    }

    fn one_of(&self) -> Result<Condition, ActionError> {
        // a number is no list, and the protocol answers it with no records
        if self.value.is_number() {
            return Ok(Condition::never());
        }
        let values = self.values(&self.list()?)?;
        Ok(self.in_list(values))
    }

    fn in_list(&self, mut values: Vec<Value>) -> Condition {
        match (values.pop(), values.is_empty()) {
            (None, _) => Condition::never(),
            (Some(only @ Value::Instant(_)), true) => self.comparison(Test::Equal(only)),
            (Some(last), _) => {
                values.push(last);
                self.test(Test::In(values))
            }
        }
    }

    /// Records without a value are in no list, unless null is in it.
    fn none_of(&self) -> Result<Condition, ActionError> {
        let list = self.list()?;
        let has_null = list.iter().any(Json::is_null);
        let values = self.values(&list)?;
        Ok(match (values.is_empty(), has_null) {
            (true, false) => Condition::always(),
            (false, false) => self.or_missing(Test::NotIn(values)),
            (_, true) => self.test(not_in(values)),
        })
    }

    fn includes_all(&self) -> Result<Condition, ActionError> {
        let list = self.array()?;
        // no list has null in it that could be asked for
        if list.iter().any(Json::is_null) {
            return Ok(Condition::never());
        }
        let values = self.elements(list)?;
        Ok(self.test(if values.is_empty() {
            Test::IsNotNull
        } else {
            Test::HasAll(values)
        }))
    }

    fn includes_none(&self) -> Result<Condition, ActionError> {
        let values = self.elements(self.array()?)?;
        Ok(if values.is_empty() {
            Condition::always()
        } else {
            self.or_missing(Test::HasNone(values))
        })
    }

    fn length(&self) -> Result<Condition, ActionError> {
        let Some(length) = calendar::x_of(self.value) else {
            return Err(self.wrong_value(calendar::X));
        };
        let is_longer = self.operator == Operator::LongerThan;
        Ok(match u32::try_from(length) {
            Ok(length) if is_longer => self.test(Test::LongerThan(length)),
            Ok(length) => self.test(Test::ShorterThan(length)),
            // every text is longer than that, and none is shorter
            Err(_) if is_longer => self.test(Test::IsNotNull),
            Err(_) => Condition::never(),
        })
    }

    fn like(&self) -> Result<Condition, ActionError> {
        let mut pattern = self.plain_text()?;
        if pattern.chars().count() > MAX_PATTERN {
            return Err(invalid(format!(
                "The pattern for '{}' is too long: at most {MAX_PATTERN} characters",
                shortened(self.name)
            )));
        }
        // each may be tried at every place of a text, for each of the others
        if pattern.matches('%').count() > MAX_WILDCARDS {
            return Err(invalid(format!(
                "The pattern for '{}' is too long: at most {MAX_WILDCARDS} times `%`",
                shortened(self.name)
            )));
        }
        // a lone `\` at the end would make nothing literal, which some stores refuse
        let trailing = pattern.chars().rev().take_while(|character| *character == '\\').count();
        if trailing % 2 == 1 {
            pattern.push('\\');
        }
        Ok(self.test(Test::Text(TextTest::Like {
            pattern,
            ignores_case: self.operator == Operator::ILike,
        })))
    }

    fn text(&self) -> Result<Condition, ActionError> {
        let text = self.plain_text()?;
        let is_negated = matches!(self.operator, Operator::NotContains | Operator::NotIContains);
        // the empty text is in every other
        if text.is_empty() {
            return Ok(if is_negated {
                Condition::never()
            } else {
                self.test(Test::IsNotNull)
            });
        }
        let ignores_case = matches!(
            self.operator,
            Operator::IContains | Operator::NotIContains | Operator::IStartsWith | Operator::IEndsWith
        );
        Ok(self.test(Test::Text(match self.operator {
            Operator::StartsWith | Operator::IStartsWith => TextTest::StartsWith { text, ignores_case },
            Operator::EndsWith | Operator::IEndsWith => TextTest::EndsWith { text, ignores_case },
            _ if is_negated => TextTest::NotContains { text, ignores_case },
            _ => TextTest::Contains { text, ignores_case },
        })))
    }

    fn date(&self) -> Result<Condition, ActionError> {
        let x = if calendar::needs_x(self.operator) {
            calendar::x_of(self.value).ok_or_else(|| self.wrong_value(calendar::X))?
        } else {
            0
        };
        let is_day = *self.value_type() == ValueType::Day;
        let mut tests = self
            .calendar
            .tests(self.operator, x, is_day)
            .ok_or_else(|| self.misfit())?
            .into_iter()
            .map(|test| self.test(test));
        Ok(match (tests.next(), tests.next()) {
            (Some(only), None) => only,
            (first, second) => Condition::All(first.into_iter().chain(second).chain(tests).collect()),
        })
    }

    fn value(&self) -> Result<Value, ActionError> {
        self.converted(self.value_type(), self.value)
    }

    fn converted(&self, value_type: &ValueType, json: &Json) -> Result<Value, ActionError> {
        convert(value_type, json, self.numbers_are_text).map_err(|expected| self.wrong(expected, json))
    }

    /// The values of a list that are not null.
    fn values(&self, list: &[Json]) -> Result<Vec<Value>, ActionError> {
        self.converted_list(self.value_type(), list)
    }

    /// The values that a list of this type may have in it.
    fn elements(&self, list: &[Json]) -> Result<Vec<Value>, ActionError> {
        match self.value_type() {
            ValueType::List(element) => self.converted_list(element, list),
            other => self.converted_list(other, list),
        }
    }

    fn converted_list(&self, value_type: &ValueType, list: &[Json]) -> Result<Vec<Value>, ActionError> {
        if list.len() > MAX_VALUES {
            return Err(invalid(format!(
                "The list for '{}' is too long: at most {MAX_VALUES} values",
                shortened(self.name)
            )));
        }
        list.iter()
            .filter(|json| !json.is_null())
            .map(|json| self.converted(value_type, json))
            .collect()
    }

    /// A list, or the parts of a text between commas, without the blanks around them.
    fn list(&self) -> Result<Vec<Json>, ActionError> {
        match self.value {
            Json::Array(list) => Ok(list.clone()),
            Json::String(text) => Ok(text
                .split(',')
                // enough for the list to be refused
                .take(MAX_VALUES + 1)
                .map(|part| Json::String(part.trim().to_owned()))
                .collect()),
            _ => Err(self.wrong_value("a list, or a text with commas")),
        }
    }

    fn array(&self) -> Result<&Vec<Json>, ActionError> {
        self.value.as_array().ok_or_else(|| self.wrong_value("a list"))
    }

    /// A text, or a number or boolean by its text: what is looked for in a text may look like a number.
    fn plain_text(&self) -> Result<String, ActionError> {
        match self.value {
            Json::String(text) => Ok(text.clone()),
            Json::Number(_) | Json::Bool(_) => Ok(self.value.to_string()),
            _ => Err(self.wrong_value("a text")),
        }
    }

    fn wrong_value(&self, expected: &str) -> ActionError {
        self.wrong(expected, self.value)
    }

    fn wrong(&self, expected: &str, json: &Json) -> ActionError {
        let problem = format!(
            "The given value has a wrong type for '{}': expected {expected}",
            shortened(self.name)
        );
        invalid_value(&problem, json)
    }

    fn misfit(&self) -> ActionError {
        let allowed = Operator::allowed_for(self.value_type());
        invalid(format!(
            "The given operator '{}' is not supported by the field '{}'. The allowed operators are: [{}]",
            self.operator.as_str(),
            shortened(self.name),
            listed(allowed.iter().map(|operator| operator.as_str()), allowed.len())
        ))
    }
}

/// The millisecond that a moment is in, and the next one; `None` for other values.
fn millisecond(value: &Value) -> Option<(Value, Value)> {
    let Value::Instant(moment) = value else { return None };
    let first = DateTime::from_timestamp_millis(moment.timestamp_millis())?;
    let next = first.checked_add_signed(TimeDelta::milliseconds(1))?;
    Some((Value::Instant(first), Value::Instant(next)))
}

/// None of these, of the records that have a value.
fn not_in(values: Vec<Value>) -> Test {
    if values.is_empty() {
        Test::IsNotNull
    } else {
        Test::NotIn(values)
    }
}

/// No store keeps NUL characters in all of its types, and some take them for the end of a text.
fn has_nul(json: &Json) -> bool {
    match json {
        Json::String(text) => text.contains('\0'),
        Json::Array(list) => list.iter().any(has_nul),
        Json::Object(members) => members
            .iter()
            .any(|(name, value)| name.contains('\0') || has_nul(value)),
        _ => false,
    }
}

#[cfg(test)]
mod tests;
