//! Tests of one field.
//!
//! A null field passes no test but `IsNull`. SQL's third truth value does no harm, because no condition is negated as a
//! whole.

use chrono::DateTime;
use sea_query::{BinOper, Expr, ExprTrait as _, Func};

use super::StatementError;
use super::condition::Clause;
use super::lists::{self, Membership};
use super::names::Column;
use crate::records::condition::{Test, TextTest};
use crate::records::distant;
use crate::records::sql::engine::Dialect;
use crate::records::value::Value;

pub(super) fn clause(dialect: &dyn Dialect, column: &Column<'_>, test: &Test) -> Result<Clause, StatementError> {
    let compare = |value: &Value, operator: BinOper| -> Result<Clause, StatementError> {
        Ok(match dialect.operands(column, value)? {
            Some((left, right)) => {
                let hint = dialect.index_hint(column, operator, value).map(Clause::Test);
                Clause::all(hint.into_iter().chain([Clause::Test(left.binary(operator, right))]))
            }
            None => Clause::Never,
        })
    };
    match test {
        Test::IsNull => Ok(Clause::Test(column.expr.clone().is_null())),
        Test::IsNotNull => Ok(column.is_present()),
        Test::Equal(value) => compare(value, BinOper::Equal),
        Test::NotEqual(value) => Ok(match dialect.operands(column, value)? {
            Some((left, right)) => Clause::Test(left.ne(right)),
            // every value of the field differs from one that its type does not have
            None => column.is_present(),
        }),
        Test::Less(value) => compare(value, BinOper::SmallerThan),
        Test::LessOrEqual(value) => compare(value, BinOper::SmallerThanOrEqual),
        Test::Greater(value) => compare(value, BinOper::GreaterThan),
        Test::GreaterOrEqual(value) => compare(value, BinOper::GreaterThanOrEqual),
        Test::In(values) => match values.as_slice() {
            [only] => compare(only, BinOper::Equal),
            _ => among(dialect, column, values, Membership::In),
        },
        Test::NotIn(values) => Ok(match among(dialect, column, values, Membership::NotIn)? {
            Clause::Always => column.is_present(),
            other => other,
        }),
        Test::Text(test) => text(dialect, column, test),
        Test::LongerThan(length) => Ok(Clause::Test(characters(dialect, column).gt(i64::from(*length)))),
        Test::ShorterThan(length) => Ok(Clause::Test(characters(dialect, column).lt(i64::from(*length)))),
        Test::HasAll(values) => dialect.has_all(column, values),
        Test::HasNone(values) => dialect.has_none(column, values),
    }
}

/// Membership in a list of values. Instants are compared to the millisecond, as they are shown: a list is one bound
/// parameter, so it cannot consist of spans as a single instant of a filter does.
fn among(
    dialect: &dyn Dialect,
    column: &Column<'_>,
    values: &[Value],
    membership: Membership,
) -> Result<Clause, StatementError> {
    let truncated = |value: &Value| match value {
        Value::Instant(instant) if !distant::is_infinite(*instant) => {
            Value::Instant(DateTime::from_timestamp_millis(instant.timestamp_millis()).unwrap_or(*instant))
        }
        other => other.clone(),
    };
    let values: Vec<Value> = values.iter().map(truncated).collect();
    let column = dialect.to_the_millisecond(column);
    lists::clause(dialect, &[column], values.iter().map(std::slice::from_ref), membership)
}

fn characters(dialect: &dyn Dialect, column: &Column<'_>) -> Expr {
    Func::cust("length").arg(dialect.as_text(column)).into()
}

/// Maximum length of a pattern that SQLite accepts.
const MAX_PATTERN: usize = 50_000;

fn text(dialect: &dyn Dialect, column: &Column<'_>, test: &TextTest) -> Result<Clause, StatementError> {
    let (pattern, ignores_case, is_negated) = match test {
        TextTest::Contains { text, ignores_case } => (format!("%{}%", literal(text)), *ignores_case, false),
        TextTest::NotContains { text, ignores_case } => (format!("%{}%", literal(text)), *ignores_case, true),
        TextTest::StartsWith { text, ignores_case } => (format!("{}%", literal(text)), *ignores_case, false),
        TextTest::EndsWith { text, ignores_case } => (format!("%{}", literal(text)), *ignores_case, false),
        TextTest::Like { pattern, ignores_case } => (whole(pattern), *ignores_case, false),
    };
    if !dialect.has_text(&pattern) {
        return Ok(if is_negated { column.is_present() } else { Clause::Never });
    }
    if pattern.len() > MAX_PATTERN {
        return Err(StatementError::PatternTooLong {
            field: column.field.name.clone(),
        });
    }
    let mut left = dialect.as_text(column);
    let mut right = Expr::val(pattern);
    if ignores_case {
        left = Func::lower(left).into();
        right = Func::lower(right).into();
    }
    let right = right.binary(BinOper::Escape, Expr::Constant('\\'.into()));
    let operator = if is_negated { BinOper::NotLike } else { BinOper::Like };
    Ok(Clause::Test(left.binary(operator, right)))
}

/// A pattern that matches this text only.
fn literal(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

/// Doubles a lone `\` at the end of a pattern, which PostgreSQL refuses.
fn whole(pattern: &str) -> String {
    let escapes = pattern.chars().rev().take_while(|character| *character == '\\').count();
    let mut pattern = pattern.to_owned();
    if escapes % 2 == 1 {
        pattern.push('\\');
    }
    pattern
}
