//! Tests of one field to expressions, on both dialects.
//!
//! A field that is null passes no test but `IsNull`: SQL's third truth value is harmless here, because no condition is
//! negated as a whole.

use chrono::DateTime;
use sea_query::{BinOper, Expr, ExprTrait as _, Func};

use super::condition::Clause;
use super::names::Column;
use super::{Dialect, lists};
use crate::records::condition::{Test, TextTest};
use crate::records::error::RecordError;
use crate::records::value::Value;

pub(super) fn clause(dialect: Dialect, column: &Column<'_>, test: &Test) -> Result<Clause, RecordError> {
    let compare = |value: &Value, join: fn(Expr, Expr) -> Expr| -> Result<Clause, RecordError> {
        Ok(match operands(dialect, column, value)? {
            Some((left, right)) => Clause::Test(join(left, right)),
            None => Clause::Never,
        })
    };
    match test {
        Test::IsNull => Ok(Clause::Test(column.expr.clone().is_null())),
        Test::IsNotNull => Ok(present(column)),
        Test::Equal(value) => compare(value, |left, right| left.eq(right)),
        Test::NotEqual(value) => Ok(match operands(dialect, column, value)? {
            Some((left, right)) => Clause::Test(left.ne(right)),
            // no field has a value that its type does not have
            None => present(column),
        }),
        Test::Less(value) => compare(value, |left, right| left.lt(right)),
        Test::LessOrEqual(value) => compare(value, |left, right| left.lte(right)),
        Test::Greater(value) => compare(value, |left, right| left.gt(right)),
        Test::GreaterOrEqual(value) => compare(value, |left, right| left.gte(right)),
        Test::In(values) => match values.as_slice() {
            [only] => compare(only, |left, right| left.eq(right)),
            _ => {
                let (column, values) = to_the_millisecond(dialect, column, values);
                lists::among(dialect, &[column], values.iter().map(std::slice::from_ref))
            }
        },
        Test::NotIn(values) => {
            let (shown, values) = to_the_millisecond(dialect, column, values);
            let clause = lists::not_among(dialect, &[shown], values.iter().map(std::slice::from_ref))?;
            Ok(match clause {
                Clause::Always => present(column),
                other => other,
            })
        }
        Test::Text(test) => text(dialect, column, test),
        Test::LongerThan(length) => Ok(Clause::Test(characters(dialect, column).gt(i64::from(*length)))),
        Test::ShorterThan(length) => Ok(Clause::Test(characters(dialect, column).lt(i64::from(*length)))),
        Test::HasAll(values) => lists::has_all(dialect, column, values),
        Test::HasNone(values) => lists::has_none(dialect, column, values),
    }
}

/// Moments as they are shown, where a column may have more digits. A list is one bound parameter, so it cannot be made of
/// spans as a single moment of a filter is.
fn to_the_millisecond<'a>(dialect: Dialect, column: &Column<'a>, values: &[Value]) -> (Column<'a>, Vec<Value>) {
    let truncated = |value: &Value| match value {
        Value::Instant(moment) => {
            Value::Instant(DateTime::from_timestamp_millis(moment.timestamp_millis()).unwrap_or(*moment))
        }
        other => other.clone(),
    };
    let column = match dialect {
        // a text is compared to the millisecond already
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => column.clone(),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => super::postgres_types::to_the_millisecond(column),
    };
    (column, values.iter().map(truncated).collect())
}

pub(super) fn present(column: &Column<'_>) -> Clause {
    Clause::Test(column.expr.clone().is_not_null())
}

/// Both sides of a comparison; `None` when no field of this type can have the value.
pub(super) fn operands(
    dialect: Dialect,
    column: &Column<'_>,
    value: &Value,
) -> Result<Option<(Expr, Expr)>, RecordError> {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            let form = super::sqlite_values::Form::of(column)?;
            Ok(form.scalar(value)?.map(|right| (form.left, right)))
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            let form = super::postgres_values::Form::of(column);
            Ok(form.scalar(value)?.map(|right| (form.left, right)))
        }
    }
}

/// What the values of a column are compared and put in order by.
pub(super) fn compared(dialect: Dialect, column: &Column<'_>) -> Result<Expr, RecordError> {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => super::sqlite_values::Form::of(column).map(|form| form.left),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => Ok(super::postgres_values::Form::of(column).left),
    }
}

/// The column as text.
fn as_text(dialect: Dialect, column: &Column<'_>) -> Expr {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => column.expr.clone(),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => super::postgres_types::as_text(column),
    }
}

fn characters(dialect: Dialect, column: &Column<'_>) -> Expr {
    Func::cust("length").arg(as_text(dialect, column)).into()
}

/// The longest pattern that SQLite accepts.
const MAX_PATTERN: usize = 50_000;

fn text(dialect: Dialect, column: &Column<'_>, test: &TextTest) -> Result<Clause, RecordError> {
    let (pattern, ignores_case, is_negated) = match test {
        TextTest::Contains { text, ignores_case } => (format!("%{}%", literal(text)), *ignores_case, false),
        TextTest::NotContains { text, ignores_case } => (format!("%{}%", literal(text)), *ignores_case, true),
        TextTest::StartsWith { text, ignores_case } => (format!("{}%", literal(text)), *ignores_case, false),
        TextTest::EndsWith { text, ignores_case } => (format!("%{}", literal(text)), *ignores_case, false),
        TextTest::Like { pattern, ignores_case } => (whole(pattern), *ignores_case, false),
    };
    // no text of PostgreSQL has a NUL in it, and binding one is an error
    if is_impossible(dialect, &pattern) {
        return Ok(if is_negated { present(column) } else { Clause::Never });
    }
    if pattern.len() > MAX_PATTERN {
        return Err(RecordError::unsupported(format!(
            "the text that \"{}\" is compared with is too long",
            column.field.name
        )));
    }
    let mut left = as_text(dialect, column);
    let mut right = Expr::val(pattern);
    if ignores_case {
        left = Func::lower(left).into();
        right = Func::lower(right).into();
    }
    let right = right.binary(BinOper::Escape, Expr::Constant('\\'.into()));
    let operator = if is_negated { BinOper::NotLike } else { BinOper::Like };
    Ok(Clause::Test(left.binary(operator, right)))
}

#[cfg_attr(not(feature = "postgres"), expect(unused_variables, reason = "SQLite has any text"))]
fn is_impossible(dialect: Dialect, text: &str) -> bool {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => false,
        #[cfg(feature = "postgres")]
        Dialect::Postgres => text.contains('\0'),
    }
}

/// A text as a pattern that matches just it.
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

/// A pattern that does not end within an escape, which is an error for PostgreSQL: a lone `\` there stands for itself.
fn whole(pattern: &str) -> String {
    let escapes = pattern.chars().rev().take_while(|character| *character == '\\').count();
    let mut pattern = pattern.to_owned();
    if escapes % 2 == 1 {
        pattern.push('\\');
    }
    pattern
}
