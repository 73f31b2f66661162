//! Keys in statements: which ones, and in which order.

use sea_query::{Alias, Expr, ExprTrait as _, Func, Order, Query, SelectStatement};

use super::condition::Clause;
use super::names::{Column, Context};
use super::page::{ReadColumn, read_column};
use super::test::{compared, operands};
use super::{Dialect, lists};
use crate::records::error::RecordError;
use crate::records::key::Key;
#[cfg(feature = "sqlite")]
use crate::records::model::ValueType;
use crate::records::source::Sort;
#[cfg(feature = "sqlite")]
use crate::records::sql::Storage;

/// How the keys of a page are given.
#[derive(Debug, Clone)]
pub(in crate::records::sql) enum KeyRows {
    /// A row for each.
    Each(Vec<ReadColumn>),
    /// All of them as one list, an array on PostgreSQL and JSON on SQLite: drivers take longer to hand over a row than
    /// databases to find it, and selections have millions of keys.
    Listed(ReadColumn),
}

/// Selects the key, and nothing else.
pub(super) fn select(context: &mut Context<'_>, select: &mut SelectStatement) -> Result<KeyRows, RecordError> {
    let columns = context.key()?;
    if let [only] = columns.as_slice()
        && can_be_listed(context.dialect(), only)
    {
        let (expr, read) = read_column(context, 0, only);
        select.expr_as(expr, Alias::new("key"));
        return Ok(KeyRows::Listed(read));
    }
    let mut rows = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let (expr, read) = read_column(context, index, column);
        select.expr(expr);
        rows.push(read);
    }
    Ok(KeyRows::Each(rows))
}

/// Whether lists of the key are exact: JSON of SQLite has no bytes, and ends a text at a NUL.
fn can_be_listed(dialect: Dialect, column: &Column<'_>) -> bool {
    match dialect {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => match column.field.value_type {
            ValueType::Integer => true,
            ValueType::Uuid => column.storage == Storage::Text,
            _ => false,
        },
        #[cfg(feature = "postgres")]
        Dialect::Postgres => super::postgres_types::can_be_listed(column),
    }
}

/// The statement, whose rows become one list where they can.
pub(super) fn gathered(context: &Context<'_>, select: SelectStatement, rows: &KeyRows) -> SelectStatement {
    if matches!(rows, KeyRows::Each(_)) {
        return select;
    }
    let mut list = Query::select();
    match context.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => {
            let key = Expr::col((Alias::new("page"), Alias::new("key")));
            list.expr(Func::cust("json_group_array").arg(key))
                .from_subquery(select, Alias::new("page"));
        }
        #[cfg(feature = "postgres")]
        Dialect::Postgres => {
            list.expr(Func::cust("ARRAY").arg(Expr::SubQuery(None, Box::new(select.into()))));
        }
    }
    list
}

/// The key is one of these.
pub(super) fn among(context: &mut Context<'_>, keys: &[Key]) -> Result<Clause, RecordError> {
    let columns = columns(context, keys)?;
    lists::among(context.dialect(), &columns, keys.iter().map(Key::parts))
}

/// The key is none of these.
pub(super) fn not_among(context: &mut Context<'_>, keys: &[Key]) -> Result<Clause, RecordError> {
    let columns = columns(context, keys)?;
    lists::excluded(context.dialect(), &columns, keys.iter().map(Key::parts))
}

/// The columns of the key, of which each of the keys has a part.
fn columns<'a>(context: &mut Context<'a>, keys: &[Key]) -> Result<Vec<Column<'a>>, RecordError> {
    let columns = context.key()?;
    match keys.iter().find(|key| key.parts().len() != columns.len()) {
        Some(key) => Err(RecordError::failed(format!(
            "a key of \"{}\" has {} parts, not {}",
            context.root.model.name,
            columns.len(),
            key.parts().len()
        ))),
        None => Ok(columns),
    }
}

/// The keys behind this one in key order: one comparison of rows, which an index of the key answers.
pub(super) fn after(context: &mut Context<'_>, after: Option<&Key>) -> Result<Clause, RecordError> {
    let Some(after) = after else {
        return Ok(Clause::Always);
    };
    let columns = columns(context, std::slice::from_ref(after))?;
    let mut left = Vec::new();
    let mut right = Vec::new();
    for (column, value) in columns.iter().zip(after.parts()) {
        let (part, bound) = operands(context.dialect(), column, value)?.ok_or_else(|| {
            RecordError::failed(format!(
                "\"{}\" has no record with the key to read on from",
                context.root.model.name
            ))
        })?;
        left.push(part);
        right.push(bound);
    }
    Ok(Clause::Test(
        lists::row_of(left.into_iter()).gt(lists::row_of(right.into_iter())),
    ))
}

/// The order that was asked for, and then the key, so that it is total.
pub(super) fn order(context: &mut Context<'_>, select: &mut SelectStatement, sort: &[Sort]) -> Result<(), RecordError> {
    for step in sort {
        let column = context.column(&step.field)?;
        let direction = if step.descending { Order::Desc } else { Order::Asc };
        select.order_by_expr(sortable(context, &column), direction);
    }
    let sorted_by = |name: &str| {
        sort.iter()
            .any(|step| step.field.relation.is_none() && step.field.field == name)
    };
    for column in context.key()? {
        if !sorted_by(&column.field.name) {
            select.order_by_expr(compared(context.dialect(), &column)?, Order::Asc);
        }
    }
    Ok(())
}

/// The column as it is, so that an index gives the order; as text where its type has none.
fn sortable(context: &Context<'_>, column: &Column<'_>) -> Expr {
    match context.dialect() {
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => column.expr.clone(),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => super::postgres_types::sortable(column),
    }
}
