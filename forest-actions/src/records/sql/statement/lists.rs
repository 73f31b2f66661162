//! Membership in a list of values.
//!
//! A list of any length is one bound parameter for each column: the statement stays short and the same, no limit of
//! parameters applies, and the database looks the values up instead of scanning the list for each row. Values that the
//! column cannot have are left out.

use sea_query::Expr;

use super::StatementError;
use super::condition::Clause;
use super::names::Column;
use crate::records::sql::engine::Dialect;
use crate::records::value::Value;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Membership {
    In,
    /// Of columns that are not null.
    NotIn,
    /// As `NotIn`, and a UUID is excluded in each of its spellings.
    Excluded,
}

/// Tests whether the columns are one of the rows.
pub(super) fn clause<'v>(
    dialect: &dyn Dialect,
    columns: &[Column<'_>],
    mut rows: impl Iterator<Item = &'v [Value]>,
    membership: Membership,
) -> Result<Clause, StatementError> {
    Ok(
        match (dialect.membership(columns, &mut rows, membership)?, membership) {
            (Some(test), _) => Clause::Test(test),
            (None, Membership::In) => Clause::Never,
            (None, Membership::NotIn | Membership::Excluded) => Clause::Always,
        },
    )
}

/// The rows of which each part is possible, as the elements that a dialect makes of them.
pub(crate) fn possible_rows<'v, F, E>(
    forms: &[F],
    rows: impl Iterator<Item = &'v [Value]>,
    element: impl Fn(&F, &Value) -> Result<Option<E>, StatementError>,
) -> impl Iterator<Item = Result<Vec<E>, StatementError>> {
    rows.filter(|row| row.len() == forms.len()).filter_map(move |row| {
        let parts = forms.iter().zip(row).map(|(form, value)| element(form, value));
        let parts: Result<Option<Vec<E>>, StatementError> = parts.collect();
        parts.transpose()
    })
}

/// One expression, or a row of several.
pub(crate) fn row_of(mut parts: Vec<Expr>) -> Expr {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            Expr::tuple(parts)
        }
        None => Expr::cust("NULL"),
    }
}
