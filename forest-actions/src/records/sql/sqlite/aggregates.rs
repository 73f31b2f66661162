//! Aggregates and intervals in the SQL of SQLite.

use sea_query::{CaseStatement, Expr, ExprTrait as _, Func};

use super::comparison::Comparison;
use super::moments;
use crate::records::aggregate::Aggregator;
use crate::records::sql::statement::{Column, StatementError};
use crate::records::value::Value;

/// Values that are not numbers, which any column may hold, are left out. `total` is a number with a point, because the exact
/// `sum` of integers fails where it exceeds 64 bits.
pub(super) fn aggregated(aggregator: Aggregator, column: &Column<'_>) -> Result<Expr, StatementError> {
    let values = match moments::is_moment_or_day(&column.field.value_type) {
        true => Comparison::new(column)?.left,
        false => moments::of_column("CASE WHEN typeof(?) IN ('integer', 'real') THEN ? END", &column.expr),
    };
    let function = match aggregator {
        Aggregator::Count => "count",
        Aggregator::Sum => "total",
        Aggregator::Avg => "avg",
        Aggregator::Max => "max",
        Aggregator::Min => "min",
    };
    Ok(Func::cust(function).arg(values).into())
}

/// A tree of comparisons, because SQLite has no function for this.
pub(super) fn interval(column: &Column<'_>, bounds: &[Value]) -> Result<Expr, StatementError> {
    let comparison = Comparison::new(column)?;
    let bounds = bounds.iter().map(|bound| {
        let bound = comparison.scalar(bound)?;
        bound.ok_or_else(|| StatementError::unsupported(column, "cannot be compared with these moments"))
    });
    let bounds = bounds.collect::<Result<Vec<Expr>, _>>()?;
    Ok(within(&column.expr, &bounds, 0))
}

/// The index of the interval that begins at one of `bounds`, the first of which has the index `first`. The last bound begins
/// none.
fn within(moment: &Expr, bounds: &[Expr], first: usize) -> Expr {
    let intervals = bounds.len().saturating_sub(1);
    let middle = intervals / 2;
    match bounds.get(middle) {
        Some(bound) if middle > 0 => {
            let (before, after) = (bounds.get(..=middle), bounds.get(middle..));
            let is_before = moment.clone().lt(bound.clone());
            CaseStatement::new()
                .case(is_before, within(moment, before.unwrap_or_default(), first))
                .finally(within(moment, after.unwrap_or_default(), first + middle))
                .into()
        }
        _ => Expr::cust(first.to_string()),
    }
}
