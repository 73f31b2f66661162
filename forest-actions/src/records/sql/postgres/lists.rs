//! Tests of list and JSON columns.

use sea_query::extension::postgres::PgBinOper;
use sea_query::{Expr, ExprTrait as _};

use super::comparison::{Comparison, mismatch};
use crate::records::sql::statement::{Clause, Column, StatementError};
use crate::records::value::Value;
use crate::records::value_type::ValueType;

/// An element that no such list can have makes the test false.
pub(super) fn has_all(column: &Column<'_>, values: &[Value]) -> Result<Clause, StatementError> {
    let comparison = Comparison::new(column);
    if column.field.value_type == ValueType::Json {
        let tests = values.iter().map(|value| {
            Ok(match comparison.element(&Value::Json(as_json(value)))? {
                Some(json) => Clause::Test(contains(comparison.left.clone(), Expr::val(json))),
                None => Clause::Never,
            })
        });
        let tests = tests.collect::<Result<Vec<_>, StatementError>>()?;
        return Ok(Clause::all(std::iter::once(column.is_present()).chain(tests)));
    }
    if !matches!(column.field.value_type, ValueType::List(_)) {
        return Err(mismatch(column));
    }
    let texts: Option<Vec<String>> = values.iter().map(|value| comparison.list_element(value)).collect();
    Ok(match texts {
        Some(texts) => Clause::Test(contains(comparison.left.clone(), comparison.list(texts))),
        None => Clause::Never,
    })
}

/// An element that no such list can have is not looked for.
pub(super) fn has_none(column: &Column<'_>, values: &[Value]) -> Result<Clause, StatementError> {
    let comparison = Comparison::new(column);
    if column.field.value_type == ValueType::Json {
        let mut tests = vec![column.is_present()];
        for value in values {
            if let Some(json) = comparison.element(&Value::Json(as_json(value)))? {
                tests.push(Clause::Test(contains(comparison.left.clone(), Expr::val(json)).not()));
            }
        }
        return Ok(Clause::all(tests));
    }
    if !matches!(column.field.value_type, ValueType::List(_)) {
        return Err(mismatch(column));
    }
    let texts: Vec<String> = values
        .iter()
        .filter_map(|value| comparison.list_element(value))
        .collect();
    if texts.is_empty() {
        return Ok(column.is_present());
    }
    let overlaps = comparison
        .left
        .clone()
        .binary(PgBinOper::Overlap, comparison.list(texts));
    Ok(Clause::Test(overlaps.not()))
}

fn contains(left: Expr, right: Expr) -> Expr {
    left.binary(PgBinOper::Contains, right)
}

/// A value as an element of a JSON list.
fn as_json(value: &Value) -> serde_json::Value {
    match value {
        Value::Json(json) => json.clone(),
        Value::Integer(number) => (*number).into(),
        Value::Boolean(flag) => (*flag).into(),
        Value::Decimal(number) => serde_json::from_str(number.as_str()).unwrap_or_default(),
        Value::List(values) => values.iter().map(as_json).collect(),
        other => other.to_string().into(),
    }
}
