//! Keys in statements: selection, membership, paging and order.

use sea_query::{Alias, Expr, ExprTrait as _, Order, SelectStatement};

use super::StatementError;
use super::condition::Clause;
use super::lists::{self, Membership};
use super::names::{Column, Context};
use super::page::{ReadColumn, read_column};
use crate::records::condition::Condition;
use crate::records::key::Key;
use crate::records::source::Sort;
use crate::records::sql::engine::Dialect;

/// Maximum number of keys with a parameter for each.
///
/// A list of any length is one parameter, which costs more than to look a few keys up: SQLite declares a virtual table for
/// each run, and PostgreSQL plans each run anew, because it cannot know how long the list is.
const MAX_LISTED: usize = 16;

/// Where the result of a statement has the keys.
#[derive(Debug, Clone)]
pub(crate) enum KeyPlan {
    /// A row for each key.
    Rows(Vec<ReadColumn>),
    /// All keys as one list: a driver takes longer to decode a row than a database to find it, and selections have
    /// millions of keys.
    List(ReadColumn),
}

/// Selects the columns of the key.
pub(super) fn select(context: &Context<'_>, select: &mut SelectStatement) -> Result<KeyPlan, StatementError> {
    let columns = context.key()?;
    if let [only] = columns.as_slice()
        && context.dialect().can_list(only)
    {
        let (expr, read) = read_column(context, 0, only);
        select.expr_as(expr, Alias::new("key"));
        return Ok(KeyPlan::List(read));
    }
    Ok(select_rows(context, select, &columns))
}

/// Selects the columns of the key for a few rows, which are read faster than a list is made.
pub(super) fn select_few(context: &Context<'_>, select: &mut SelectStatement) -> Result<KeyPlan, StatementError> {
    Ok(select_rows(context, select, &context.key()?))
}

fn select_rows(context: &Context<'_>, select: &mut SelectStatement, columns: &[Column<'_>]) -> KeyPlan {
    let read = |(index, column)| {
        let (expr, read) = read_column(context, index, column);
        select.expr(expr);
        read
    };
    KeyPlan::Rows(columns.iter().enumerate().map(read).collect())
}

/// Tests whether the key is in a list. A null key is in none.
pub(super) fn clause(context: &Context<'_>, keys: &[Key], membership: Membership) -> Result<Clause, StatementError> {
    let columns = columns(context, keys)?;
    if membership == Membership::In && keys.len() <= MAX_LISTED {
        return listed(context.dialect(), &columns, keys);
    }
    let clause = lists::clause(context.dialect(), &columns, keys.iter().map(Key::parts), membership)?;
    if membership == Membership::In {
        return Ok(clause);
    }
    let nullable = columns.into_iter().filter(|column| column.field.is_nullable);
    let is_null = nullable.map(|column| Clause::Test(column.expr.is_null()));
    Ok(Clause::any(std::iter::once(clause).chain(is_null)))
}

/// Tests whether the key is one of a few. The last one is repeated up to a power of two, so that a collection has five texts
/// to prepare on each connection.
fn listed(dialect: &dyn Dialect, columns: &[Column<'_>], keys: &[Key]) -> Result<Clause, StatementError> {
    let mut rows = Vec::with_capacity(MAX_LISTED);
    for key in keys {
        let parts = columns.iter().zip(key.parts());
        let parts = parts.map(|(column, value)| dialect.operands(column, value));
        // a key that the columns cannot have is left out
        if let Some(row) = parts.collect::<Result<Option<Vec<_>>, _>>()? {
            rows.push(row);
        }
    }
    if let Some(last) = rows.last().cloned() {
        rows.resize(rows.len().next_power_of_two(), last);
    }
    let is_row = |row: Vec<(Expr, Expr)>| {
        let parts = row.into_iter().map(|(left, right)| Clause::Test(left.eq(right)));
        Clause::all(parts)
    };
    if rows.len() > 1 && columns.len() == 1 {
        let (left, right): (Vec<_>, Vec<_>) = rows.into_iter().flatten().unzip();
        let left = left.into_iter().next().unwrap_or_else(|| Expr::cust("NULL"));
        return Ok(Clause::Test(left.is_in(right)));
    }
    Ok(Clause::any(rows.into_iter().map(is_row)))
}

/// The keys of a look-up, and the conditions besides; `None` for other conditions.
pub(crate) fn looked_up(condition: &Condition) -> Option<(&[Key], &[Condition])> {
    let (first, others) = match condition {
        Condition::All(all) => all.split_first()?,
        one => (one, [].as_slice()),
    };
    match first {
        Condition::KeyIn(keys) if (1..=MAX_LISTED).contains(&keys.len()) => Some((keys, others)),
        _ => None,
    }
}

/// The columns of the key, after a check that each of the keys has as many parts.
fn columns<'a>(context: &Context<'a>, keys: &[Key]) -> Result<Vec<Column<'a>>, StatementError> {
    let columns = context.key()?;
    match keys.iter().find(|key| key.parts().len() != columns.len()) {
        Some(key) => Err(StatementError::KeyParts {
            collection: context.root.model.name.clone(),
            expected: columns.len(),
            found: key.parts().len(),
        }),
        None => Ok(columns),
    }
}

/// The keys after this one in key order: one comparison of rows, for which an index of the key can be used.
pub(super) fn after(context: &Context<'_>, after: Option<&Key>) -> Result<Clause, StatementError> {
    let Some(after) = after else {
        return Ok(Clause::Always);
    };
    let columns = columns(context, std::slice::from_ref(after))?;
    if columns.is_empty() {
        return Err(StatementError::NoKey);
    }
    let mut left = Vec::new();
    let mut right = Vec::new();
    for (column, value) in columns.iter().zip(after.parts()) {
        let operands = context.dialect().operands(column, value)?;
        let (part, bound) = operands.ok_or_else(|| StatementError::ImpossibleKey {
            collection: context.root.model.name.clone(),
        })?;
        left.push(part);
        right.push(bound);
    }
    Ok(Clause::Test(lists::row_of(left).gt(lists::row_of(right))))
}

/// Sorts as requested and then by the key, so that the order is total.
pub(super) fn order(
    context: &mut Context<'_>,
    select: &mut SelectStatement,
    sort: &[Sort],
    by_meaning: &[bool],
) -> Result<(), StatementError> {
    for (position, step) in sort.iter().enumerate() {
        let column = context.column(&step.field)?;
        let direction = if step.descending { Order::Desc } else { Order::Asc };
        let expr = match by_meaning.get(position) {
            Some(true) => context.dialect().compared(&column)?,
            _ => context.dialect().sortable(&column),
        };
        select.order_by_expr(expr, direction);
    }
    let is_sorted_by = |name: &str| {
        sort.iter()
            .any(|step| step.field.relation.is_none() && step.field.field == name)
    };
    for column in context.key()? {
        if !is_sorted_by(&column.field.name) {
            select.order_by_expr(context.dialect().compared(&column)?, Order::Asc);
        }
    }
    Ok(())
}
