//! Membership in a list of values, and tests of columns that are lists.
//!
//! However many values there are, they are one bound parameter for each column: the text of the statement stays the
//! same and short, no limit of parameters is met, and the database looks the values up instead of reading the list
//! again for each row. A value that the column cannot have is left out before.

use sea_query::{Alias, Expr, ExprTrait as _, Func, Query};

use super::Dialect;
use super::condition::Clause;
use super::names::Column;
use crate::records::error::RecordError;
use crate::records::value::Value;

/// The columns are one of the rows.
pub(super) fn among<'v>(
    dialect: Dialect,
    columns: &[Column<'_>],
    rows: impl Iterator<Item = &'v [Value]>,
) -> Result<Clause, RecordError> {
    Ok(match membership(dialect, columns, rows, Wanted::In)? {
        Some(test) => Clause::Test(test),
        None => Clause::Never,
    })
}

/// The columns, which are not null, are none of the rows.
pub(super) fn not_among<'v>(
    dialect: Dialect,
    columns: &[Column<'_>],
    rows: impl Iterator<Item = &'v [Value]>,
) -> Result<Clause, RecordError> {
    Ok(match membership(dialect, columns, rows, Wanted::NotIn)? {
        Some(test) => Clause::Test(test),
        None => Clause::Always,
    })
}

/// As [`not_among`], but no spelling of a UUID escapes.
pub(super) fn excluded<'v>(
    dialect: Dialect,
    columns: &[Column<'_>],
    rows: impl Iterator<Item = &'v [Value]>,
) -> Result<Clause, RecordError> {
    Ok(match membership(dialect, columns, rows, Wanted::Excluded)? {
        Some(test) => Clause::Test(test),
        None => Clause::Always,
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    In,
    NotIn,
    Excluded,
}

/// `None` when the list is empty.
fn membership<'v>(
    dialect: Dialect,
    columns: &[Column<'_>],
    rows: impl Iterator<Item = &'v [Value]>,
    wanted: Wanted,
) -> Result<Option<Expr>, RecordError> {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => sqlite_membership(columns, rows, wanted),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => postgres_membership(columns, rows, wanted),
    }
}

/// `"id" IN (SELECT value FROM json_each(?))`: an index of the column is used, and its affinity applied to the values.
#[cfg(feature = "sqlite")]
fn sqlite_membership<'v>(
    columns: &[Column<'_>],
    rows: impl Iterator<Item = &'v [Value]>,
    wanted: Wanted,
) -> Result<Option<Expr>, RecordError> {
    let forms = columns
        .iter()
        .map(|column| {
            let form = super::sqlite_values::Form::of(column)?;
            Ok(match wanted {
                Wanted::In | Wanted::NotIn => form,
                Wanted::Excluded => form.folded(),
            })
        })
        .collect::<Result<Vec<_>, RecordError>>()?;
    let mut list = Vec::new();
    for row in rows {
        let parts = forms
            .iter()
            .zip(row)
            .map(|(form, value)| form.element(value))
            .collect::<Result<Option<Vec<_>>, _>>()?;
        match parts {
            Some(mut parts) if parts.len() == 1 => list.extend(parts.pop()),
            Some(parts) if parts.len() == forms.len() => list.push(serde_json::Value::Array(parts)),
            _ => {}
        }
    }
    if list.is_empty() {
        return Ok(None);
    }
    let list = Expr::val(serde_json::Value::Array(list).to_string());
    let element = || Expr::col((Alias::new("listed"), Alias::new("value")));
    let mut values = Query::select();
    if let [form] = forms.as_slice() {
        values.expr(form.extracted(element()));
    } else {
        for (position, form) in forms.iter().enumerate() {
            let path = Expr::Constant(format!("$[{position}]").into());
            values.expr(form.extracted(Func::cust("json_extract").arg(element()).arg(path).into()));
        }
    }
    values.from_function(Func::cust("json_each").arg(list), Alias::new("listed"));
    let left = row_of(forms.into_iter().map(|form| form.left));
    Ok(Some(match wanted {
        Wanted::In => left.in_subquery(values),
        Wanted::NotIn | Wanted::Excluded => left.not_in_subquery(values),
    }))
}

/// `"id" = ANY($1)`, and for several columns `("a", "b") IN (SELECT * FROM unnest($1, $2))`.
#[cfg(feature = "postgres")]
fn postgres_membership<'v>(
    columns: &[Column<'_>],
    rows: impl Iterator<Item = &'v [Value]>,
    wanted: Wanted,
) -> Result<Option<Expr>, RecordError> {
    let forms: Vec<_> = columns.iter().map(super::postgres_values::Form::of).collect();
    let mut lists: Vec<Vec<sea_query::Value>> = forms.iter().map(|_| Vec::new()).collect();
    for row in rows {
        let parts = forms
            .iter()
            .zip(row)
            .map(|(form, value)| form.element(value))
            .collect::<Result<Option<Vec<_>>, _>>()?;
        if let Some(parts) = parts.filter(|parts| parts.len() == forms.len()) {
            for (list, part) in lists.iter_mut().zip(parts) {
                list.push(part);
            }
        }
    }
    if lists.first().is_none_or(Vec::is_empty) {
        return Ok(None);
    }
    let mut arrays: Vec<Expr> = forms.iter().zip(lists).map(|(form, list)| form.array(list)).collect();
    if forms.len() == 1 {
        let left = row_of(forms.into_iter().map(|form| form.left));
        return Ok(arrays.pop().map(|array| match wanted {
            Wanted::In => left.eq(Func::cust("ANY").arg(array)),
            Wanted::NotIn | Wanted::Excluded => left.ne(Func::cust("ALL").arg(array)),
        }));
    }
    let mut values = Query::select();
    values
        .expr(Expr::cust("*"))
        .from_function(Func::cust("unnest").args(arrays), Alias::new("listed"));
    let left = row_of(forms.into_iter().map(|form| form.left));
    Ok(Some(match wanted {
        Wanted::In => left.in_subquery(values),
        Wanted::NotIn | Wanted::Excluded => left.not_in_subquery(values),
    }))
}

/// One expression, or a row of several.
pub(super) fn row_of(parts: impl Iterator<Item = Expr>) -> Expr {
    let mut parts: Vec<Expr> = parts.collect();
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            Expr::tuple(parts)
        }
        None => Expr::cust("NULL"),
    }
}

/// The list has all of these in it.
#[cfg_attr(
    not(feature = "postgres"),
    expect(unused_variables, reason = "no other engine has lists")
)]
pub(super) fn has_all(dialect: Dialect, column: &Column<'_>, values: &[Value]) -> Result<Clause, RecordError> {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => Err(no_lists(column)),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => super::postgres_lists::has_all(column, values),
    }
}

/// The list has none of these in it.
#[cfg_attr(
    not(feature = "postgres"),
    expect(unused_variables, reason = "no other engine has lists")
)]
pub(super) fn has_none(dialect: Dialect, column: &Column<'_>, values: &[Value]) -> Result<Clause, RecordError> {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => Err(no_lists(column)),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => super::postgres_lists::has_none(column, values),
    }
}

#[cfg(feature = "sqlite")]
fn no_lists(column: &Column<'_>) -> RecordError {
    RecordError::unsupported(format!(
        "\"{}\" cannot be tested for elements: SQLite has no lists",
        column.field.name
    ))
}
