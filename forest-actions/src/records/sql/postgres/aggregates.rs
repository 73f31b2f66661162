//! Aggregates and intervals in the SQL of PostgreSQL.

use sea_query::{Expr, ExprTrait as _, Func};

use super::comparison::Comparison;
use super::kind::{self, cast};
use crate::records::aggregate::Aggregator;
use crate::records::sql::statement::{Column, StatementError};
use crate::records::value::Value;
use crate::records::value_type::ValueType;

/// Numbers are selected as text, so that they stay exact.
pub(super) fn aggregated(aggregator: Aggregator, column: &Column<'_>) -> (Expr, Expr) {
    let function = match aggregator {
        Aggregator::Count => "count",
        Aggregator::Sum => "sum",
        Aggregator::Avg => "avg",
        Aggregator::Max => "max",
        Aggregator::Min => "min",
    };
    let of = |values: Expr| -> Expr { Func::cust(function).arg(values).into() };
    if matches!(column.field.value_type, ValueType::Instant | ValueType::Day) {
        let mut latest = column.clone();
        latest.expr = of(column.expr.clone());
        return (latest.expr.clone(), kind::read(&latest).0);
    }
    let number = of(Comparison::new(column).left);
    (number.clone(), cast(number, "text"))
}

/// `width_bucket` counts from 1.
pub(super) fn interval(column: &Column<'_>, bounds: &[Value]) -> Result<Expr, StatementError> {
    let comparison = Comparison::new(column);
    let mut elements = Vec::with_capacity(bounds.len());
    for bound in bounds {
        let element = comparison.element(bound)?;
        elements
            .push(element.ok_or_else(|| StatementError::unsupported(column, "cannot be compared with these moments"))?);
    }
    let bucket: Expr = Func::cust("width_bucket")
        .arg(column.expr.clone())
        .arg(comparison.array(elements))
        .into();
    Ok(bucket.sub(1))
}
