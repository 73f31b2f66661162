//! Keys in statements: selection, membership, paging and order.

use sea_query::{Alias, ExprTrait as _, Order, SelectStatement};

use super::StatementError;
use super::condition::Clause;
use super::lists::{self, Membership};
use super::names::{Column, Context};
use super::page::{ReadColumn, read_column};
use crate::records::key::Key;
use crate::records::source::Sort;

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
    let mut plan = Vec::with_capacity(columns.len());
    for (index, column) in columns.iter().enumerate() {
        let (expr, read) = read_column(context, index, column);
        select.expr(expr);
        plan.push(read);
    }
    Ok(KeyPlan::Rows(plan))
}

/// Tests whether the key is in a list.
pub(super) fn clause(context: &Context<'_>, keys: &[Key], membership: Membership) -> Result<Clause, StatementError> {
    let columns = columns(context, keys)?;
    lists::clause(context.dialect(), &columns, keys.iter().map(Key::parts), membership)
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
) -> Result<(), StatementError> {
    for step in sort {
        let column = context.column(&step.field)?;
        let direction = if step.descending { Order::Desc } else { Order::Asc };
        select.order_by_expr(context.dialect().sortable(&column), direction);
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
