//! Tests of list and JSON columns, which only PostgreSQL has operators for.

use sea_query::extension::postgres::PgBinOper;
use sea_query::{Expr, ExprTrait as _};

use super::condition::Clause;
use super::names::Column;
use super::postgres_values::{Form, mismatch};
use super::test::present;
use crate::records::error::RecordError;
use crate::records::model::ValueType;
use crate::records::value::Value;

/// The list has all of these in it. An element that no such list has makes it false.
pub(super) fn has_all(column: &Column<'_>, values: &[Value]) -> Result<Clause, RecordError> {
    let form = Form::of(column);
    if column.field.value_type == ValueType::Json {
        let tests = values.iter().map(|value| {
            Ok(match form.element(&Value::Json(as_json(value)))? {
                Some(json) => Clause::Test(contains(form.left.clone(), Expr::val(json))),
                None => Clause::Never,
            })
        });
        let tests = tests.collect::<Result<Vec<_>, RecordError>>()?;
        return Ok(Clause::all(std::iter::once(present(column)).chain(tests)));
    }
    if !matches!(column.field.value_type, ValueType::List(_)) {
        return Err(mismatch(column));
    }
    let texts: Option<Vec<String>> = values.iter().map(|value| form.list_element(value)).collect();
    Ok(match texts {
        Some(texts) => Clause::Test(contains(form.left.clone(), form.list(texts))),
        None => Clause::Never,
    })
}

/// The list has none of these in it. An element that no such list has need not be looked for.
pub(super) fn has_none(column: &Column<'_>, values: &[Value]) -> Result<Clause, RecordError> {
    let form = Form::of(column);
    if column.field.value_type == ValueType::Json {
        let mut tests = vec![present(column)];
        for value in values {
            if let Some(json) = form.element(&Value::Json(as_json(value)))? {
                tests.push(Clause::Test(contains(form.left.clone(), Expr::val(json)).not()));
            }
        }
        return Ok(Clause::all(tests));
    }
    if !matches!(column.field.value_type, ValueType::List(_)) {
        return Err(mismatch(column));
    }
    let texts: Vec<String> = values.iter().filter_map(|value| form.list_element(value)).collect();
    if texts.is_empty() {
        return Ok(present(column));
    }
    let overlaps = form.left.clone().binary(PgBinOper::Overlap, form.list(texts));
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
