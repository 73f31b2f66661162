//! Statements from queries. Pure: nothing here reaches a database.
//!
//! Names come from the models and are quoted by `sea_query`, and values are always bound. The only texts that become
//! part of a statement as they are: expressions of computed fields, which are written in code, and granted live queries.

mod aggregate;
mod condition;
mod error;
mod keys;
mod lists;
mod live_query;
mod live_text;
mod look_up;
mod names;
mod page;
mod parent;
mod test;
mod write;

use std::sync::Arc;

use sea_query::{Alias, Expr, Query};

use self::names::Context;
use super::SqlCollection;
use super::engine::Dialect;
use crate::records::key::Key;
use crate::records::source::{Page, RecordQuery, Sort};

pub(super) use self::aggregate::GroupPlan;
pub(super) use self::condition::Clause;
pub(super) use self::error::StatementError;
pub(super) use self::keys::KeyPlan;
pub(super) use self::lists::{Membership, possible_rows, row_of};
pub(super) use self::live_query::{LiveColumns, find as find_live_queries, probe};
pub(super) use self::live_text::LiveSyntax;
pub(super) use self::look_up::{KeyValue, LookUps};
pub(super) use self::names::Column;
pub(super) use self::page::{ReadColumn, ReadPlan};
pub(super) use self::write::WriteStatement;

/// A statement to run.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) sql: Arc<str>,
    pub(super) values: sea_query::Values,
    /// A part of it was written outside of this program.
    pub(super) has_live_query: bool,
}

/// Makes statements for the collections of one database.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statements<'a> {
    pub(super) dialect: &'static dyn Dialect,
    pub(super) collections: &'a [SqlCollection],
    /// The columns of the live queries, if the statement depends on them.
    pub(super) live_columns: Option<&'a LiveColumns>,
}

/// Each method returns `None` when no record can match.
impl Statements<'_> {
    /// Counts records, up to `at_most`.
    pub(super) fn count(&self, query: &RecordQuery, at_most: Option<u64>) -> Result<Option<Statement>, StatementError> {
        let mut context = Context::new(*self, &query.collection)?;
        let Some(condition) = context.condition(&query.condition)? else {
            return Ok(None);
        };
        let mut select = Query::select();
        match at_most {
            None => {
                select.expr(Expr::cust("count(*)"));
                context.finish(&mut select, condition)?;
            }
            Some(at_most) => {
                let mut inner = Query::select();
                inner.expr(Expr::cust("1"));
                context.finish(&mut inner, condition)?;
                inner.limit(bounded(at_most));
                select
                    .expr(Expr::cust("count(*)"))
                    .from_subquery(inner, Alias::new("counted"));
            }
        }
        Ok(Some(context.build(&select)))
    }

    /// Selects the next keys in key order.
    pub(super) fn keys(
        &self,
        query: &RecordQuery,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Option<(Statement, KeyPlan)>, StatementError> {
        let mut context = Context::new(*self, &query.collection)?;
        if context.root.model.key.is_empty() {
            return Err(StatementError::NoKey);
        }
        let Some(condition) = context.condition(&query.condition)? else {
            return Ok(None);
        };
        let mut select = Query::select();
        let few = keys::looked_up(&query.condition).filter(|_| after.is_none());
        let plan = match few {
            Some(_) => keys::select_few(&context, &mut select)?,
            None => keys::select(&context, &mut select)?,
        };
        let condition = Clause::all([condition, keys::after(&context, after)?, context.has_key()?]);
        context.finish(&mut select, condition)?;
        if !matches!(few, Some(([_], _))) {
            keys::order(&mut context, &mut select, &[], &[])?;
        }
        select.limit(bounded(u64::try_from(limit).unwrap_or(u64::MAX)));
        let select = match &plan {
            KeyPlan::Rows(_) => select,
            KeyPlan::List(_) => self.dialect.key_list(select),
        };
        Ok(Some((context.build(&select), plan)))
    }

    /// Selects, for each step of an order, how many of its column's [classes](Dialect::order_classes) have values. `None` when
    /// no column of it has classes.
    pub(super) fn order_check(&self, collection: &str, sort: &[Sort]) -> Result<Option<Statement>, StatementError> {
        let mut context = Context::new(*self, collection)?;
        let mut select = Query::select();
        let mut has_classes = false;
        for step in sort {
            let owner = match &step.field.relation {
                None => context.root,
                Some(relation) => context.target(relation)?,
            };
            let column = names::column(owner, names::find_field(owner, &step.field.field)?)?;
            let counted = self.dialect.order_classes(&column).into_iter().map(|class| {
                let mut any = Query::select();
                any.expr(Expr::cust("1")).and_where(class);
                names::from(&mut any, owner);
                Expr::exists(any)
            });
            let count = counted.reduce(sea_query::ExprTrait::add);
            has_classes |= count.is_some();
            select.expr(count.unwrap_or_else(|| Expr::cust("0")));
        }
        Ok(has_classes.then(|| context.build(&select)))
    }

    /// Selects a page of records. The steps of the order that are marked in `by_meaning` sort by the meaning of the values
    /// and not by the column itself.
    pub(super) fn records(
        &self,
        query: &RecordQuery,
        page: &Page,
        by_meaning: &[bool],
    ) -> Result<Option<(Statement, ReadPlan)>, StatementError> {
        let mut context = Context::new(*self, &query.collection)?;
        let Some(condition) = context.condition(&query.condition)? else {
            return Ok(None);
        };
        let mut select = Query::select();
        let plan = page::select(&mut context, &mut select, &page.projection)?;
        let condition = Clause::all([condition, keys::after(&context, page.after.as_ref())?]);
        keys::order(&mut context, &mut select, &page.sort, by_meaning)?;
        context.finish(&mut select, condition)?;
        select.limit(bounded(page.limit));
        if page.offset > 0 {
            select.offset(bounded(page.offset));
        }
        Ok(Some((context.build(&select), plan)))
    }
}

/// Limits a number to those that every driver can bind.
fn bounded(number: u64) -> u64 {
    number.min(i64::MAX.unsigned_abs())
}
