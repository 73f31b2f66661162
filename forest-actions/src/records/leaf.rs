//! Translation of a filter's leaf to a condition, with one function per kind of operator (protocol: operators).

use chrono::{DateTime, TimeDelta};
use serde_json::Value as Json;

use super::calendar::{self, Calendar};
use super::condition::{Condition, FieldPath, Test, TextTest};
use super::convert::convert;
use super::distant;
use super::error::QueryError;
use super::model::FieldModel;
use super::operator::Operator;
use super::value::Value;
use super::value_type::ValueType;

/// Maximum number of values in a list.
const MAX_VALUES: usize = 10_000;

/// Maximum number of characters of a pattern.
const MAX_PATTERN: usize = 1_000;

/// Maximum number of `%` in a pattern. A store may try each of them at every position, for each of the others.
const MAX_WILDCARDS: usize = 20;

/// A leaf whose field exists and may be named by the author of the filter.
pub(super) struct Leaf<'a> {
    /// The field as it is named in the filter.
    pub(super) name: &'a str,
    pub(super) path: FieldPath,
    pub(super) field: &'a FieldModel,
    pub(super) operator: Operator,
    pub(super) value: &'a Json,
    /// The calendar, or the unknown name of its time zone.
    pub(super) calendar: Result<Calendar, &'a str>,
    /// Allows comparing a text field with a number, by its text.
    pub(super) numbers_are_text: bool,
}

impl Leaf<'_> {
    pub(super) fn condition(&self) -> Result<Condition, QueryError> {
        if has_nul(self.value) {
            return Err(QueryError::NulInValue(self.name.to_owned()));
        }
        // every type supports the comparison with null
        match (self.operator, self.value) {
            (Operator::Equal, Json::Null) => return Ok(self.test(Test::IsNull)),
            (Operator::NotEqual | Operator::Not, Json::Null) => return Ok(self.test(Test::IsNotNull)),
            _ => {}
        }
        if !self.operator.fits(self.value_type()) {
            return Err(self.unsupported());
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

    /// A comparison with one value. Moments are shown in milliseconds and may be stored more precisely, so that a moment
    /// stands for its whole millisecond.
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

    /// With the JSON values `true` and `false`, records without a value match as well; with a list, this is "none of
    /// these"; otherwise it is `not_equal`.
    fn not(&self) -> Result<Condition, QueryError> {
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

    fn compared(&self, test: fn(Value) -> Test) -> Result<Condition, QueryError> {
        if self.value.is_null() {
            return Ok(Condition::never());
        }
        self.value().map(|value| self.comparison(test(value)))
    }

    fn one_of(&self) -> Result<Condition, QueryError> {
        // protocol: a number instead of a list matches no records
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

    /// Records without a value match, unless the list includes null.
    fn none_of(&self) -> Result<Condition, QueryError> {
        let list = self.list()?;
        let has_null = list.iter().any(Json::is_null);
        let values = self.values(&list)?;
        Ok(match (values.is_empty(), has_null) {
            (true, false) => Condition::always(),
            (false, false) => self.or_missing(Test::NotIn(values)),
            (_, true) => self.test(not_in(values)),
        })
    }

    fn includes_all(&self) -> Result<Condition, QueryError> {
        let list = self.array()?;
        // protocol: no list includes null
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

    fn includes_none(&self) -> Result<Condition, QueryError> {
        let values = self.elements(self.array()?)?;
        Ok(if values.is_empty() {
            Condition::always()
        } else {
            self.or_missing(Test::HasNone(values))
        })
    }

    fn length(&self) -> Result<Condition, QueryError> {
        let Some(length) = calendar::x_of(self.value) else {
            return Err(self.wrong_value(calendar::X));
        };
        let is_longer = self.operator == Operator::LongerThan;
        Ok(match u32::try_from(length) {
            Ok(length) if is_longer => self.test(Test::LongerThan(length)),
            Ok(length) => self.test(Test::ShorterThan(length)),
            // negative: every text is longer
            Err(_) if is_longer => self.test(Test::IsNotNull),
            Err(_) => Condition::never(),
        })
    }

    fn like(&self) -> Result<Condition, QueryError> {
        let mut pattern = self.plain_text()?;
        if pattern.chars().count() > MAX_PATTERN {
            return Err(QueryError::PatternTooLong {
                field: self.name.to_owned(),
                at_most: MAX_PATTERN,
            });
        }
        if pattern.matches('%').count() > MAX_WILDCARDS {
            return Err(QueryError::TooManyWildcards {
                field: self.name.to_owned(),
                at_most: MAX_WILDCARDS,
            });
        }
        // some stores refuse a trailing `\` that escapes nothing
        let trailing = pattern.chars().rev().take_while(|character| *character == '\\').count();
        if trailing % 2 == 1 {
            pattern.push('\\');
        }
        Ok(self.test(Test::Text(TextTest::Like {
            pattern,
            ignores_case: self.operator == Operator::ILike,
        })))
    }

    fn text(&self) -> Result<Condition, QueryError> {
        let text = self.plain_text()?;
        let is_negated = matches!(self.operator, Operator::NotContains | Operator::NotIContains);
        // every text contains the empty text
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

    fn date(&self) -> Result<Condition, QueryError> {
        let x = if self.operator.needs_x() {
            calendar::x_of(self.value).ok_or_else(|| self.wrong_value(calendar::X))?
        } else {
            0
        };
        let is_day = *self.value_type() == ValueType::Day;
        let mut tests = self
            .calendar
            .map_err(QueryError::unknown_zone)?
            .tests(self.operator, x, is_day)
            .ok_or_else(|| self.unsupported())?
            .into_iter()
            .map(|test| self.test(test));
        Ok(match (tests.next(), tests.next()) {
            (Some(only), None) => only,
            (first, second) => Condition::All(first.into_iter().chain(second).chain(tests).collect()),
        })
    }

    fn value(&self) -> Result<Value, QueryError> {
        self.converted(self.value_type(), self.value)
    }

    fn converted(&self, value_type: &ValueType, json: &Json) -> Result<Value, QueryError> {
        convert(value_type, json, self.numbers_are_text)
            .map_err(|expected| QueryError::wrong_value(self.name, expected, json))
    }

    /// Converts the values of a list, without nulls.
    fn values(&self, list: &[Json]) -> Result<Vec<Value>, QueryError> {
        self.converted_list(self.value_type(), list)
    }

    /// Converts values to the type of the field's elements.
    fn elements(&self, list: &[Json]) -> Result<Vec<Value>, QueryError> {
        match self.value_type() {
            ValueType::List(element) => self.converted_list(element, list),
            other => self.converted_list(other, list),
        }
    }

    fn converted_list(&self, value_type: &ValueType, list: &[Json]) -> Result<Vec<Value>, QueryError> {
        if list.len() > MAX_VALUES {
            return Err(QueryError::ListTooLong {
                field: self.name.to_owned(),
                at_most: MAX_VALUES,
            });
        }
        list.iter()
            .filter(|json| !json.is_null())
            .map(|json| self.converted(value_type, json))
            .collect()
    }

    /// A list, or the trimmed parts of a text between commas.
    fn list(&self) -> Result<Vec<Json>, QueryError> {
        match self.value {
            Json::Array(list) => Ok(list.clone()),
            Json::String(text) => Ok(text
                .split(',')
                // one more than allowed, so that the list is refused
                .take(MAX_VALUES + 1)
                .map(|part| Json::String(part.trim().to_owned()))
                .collect()),
            _ => Err(self.wrong_value("a list, or a text with commas")),
        }
    }

    fn array(&self) -> Result<&Vec<Json>, QueryError> {
        self.value.as_array().ok_or_else(|| self.wrong_value("a list"))
    }

    /// A text, or the JSON text of a number or boolean.
    fn plain_text(&self) -> Result<String, QueryError> {
        match self.value {
            Json::String(text) => Ok(text.clone()),
            Json::Number(_) | Json::Bool(_) => Ok(self.value.to_string()),
            _ => Err(self.wrong_value("a text")),
        }
    }

    fn wrong_value(&self, expected: &'static str) -> QueryError {
        QueryError::wrong_value(self.name, expected, self.value)
    }

    fn unsupported(&self) -> QueryError {
        QueryError::UnsupportedOperator {
            field: self.name.to_owned(),
            operator: self.operator,
            allowed: Operator::allowed_for(self.value_type()).collect(),
        }
    }
}

/// The start of a moment's millisecond, and of the next one; `None` for other values.
fn millisecond(value: &Value) -> Option<(Value, Value)> {
    let Value::Instant(moment) = value else { return None };
    if distant::is_infinite(*moment) {
        return None;
    }
    let first = DateTime::from_timestamp_millis(moment.timestamp_millis())?;
    let next = first.checked_add_signed(TimeDelta::milliseconds(1))?;
    Some((Value::Instant(first), Value::Instant(next)))
}

/// Matches records with a value other than these.
fn not_in(values: Vec<Value>) -> Test {
    if values.is_empty() {
        Test::IsNotNull
    } else {
        Test::NotIn(values)
    }
}

/// PostgreSQL refuses NUL characters in texts, and SQLite may end a text at one.
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
