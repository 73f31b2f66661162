//! Conditions to SQL: what is asked of a source, as one statement with its bound values.
//!
//! Owns every statement that reads records, on both dialects. Pure: nothing here reaches a database. Names come from
//! the models and are quoted by `sea_query`, values are always bound; the only text that is written into a statement as
//! it is are expressions written in code (computed fields) and granted live queries. `source` calls it.

mod condition;
mod keys;
mod lists;
mod live_query;
mod names;
mod page;
mod parent;
mod test;

#[cfg(feature = "postgres")]
mod postgres_lists;
#[cfg(feature = "postgres")]
mod postgres_types;
#[cfg(feature = "postgres")]
mod postgres_values;
#[cfg(feature = "sqlite")]
mod sqlite_values;

use sea_query::{Alias, Expr, Query, SelectStatement};

use self::condition::Clause;
use self::names::Context;
use super::SqlCollection;
use crate::records::error::RecordError;
use crate::records::key::Key;
use crate::records::source::{Page, RecordQuery};

pub(super) use self::keys::KeyRows;
pub(super) use self::live_query::{INVALID as INVALID_LIVE_QUERY, LiveColumns, find as find_live_query, probe};
pub(super) use self::page::{ReadColumn, ReadPlan};

/// The SQL that a database understands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dialect {
    #[cfg(feature = "sqlite")]
    Sqlite,
    #[cfg(feature = "postgres")]
    Postgres,
}

/// A statement to run.
#[derive(Debug, Clone)]
pub(super) struct Statement {
    pub(super) sql: String,
    pub(super) values: sea_query::Values,
    /// Whether somebody outside of this program wrote a part of it.
    pub(super) has_live_query: bool,
}

/// What is needed to make statements: the dialect and the tables.
#[derive(Debug, Clone, Copy)]
pub(super) struct Statements<'a> {
    pub(super) dialect: Dialect,
    pub(super) collections: &'a [SqlCollection],
    /// The columns of the result of a live query, where they had to be asked for.
    pub(super) live_columns: Option<&'a LiveColumns>,
}

impl<'a> Statements<'a> {
    /// `SELECT count(*)`; nothing to run when no record can match.
    pub(super) fn count(&self, query: &RecordQuery, at_most: Option<u64>) -> Result<Option<Statement>, RecordError> {
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

    /// The next keys in key order, and how to read them; nothing to run when no record can match.
    pub(super) fn keys(
        &self,
        query: &RecordQuery,
        after: Option<&Key>,
        limit: usize,
    ) -> Result<Option<(Statement, KeyRows)>, RecordError> {
        let mut context = Context::new(*self, &query.collection)?;
        if context.root.model.key.is_empty() {
            return Err(RecordError::unsupported(
                "records of this collection have no id, and cannot be selected",
            ));
        }
        let Some(condition) = context.condition(&query.condition)? else {
            return Ok(None);
        };
        let mut select = Query::select();
        let rows = keys::select(&mut context, &mut select)?;
        let condition = Clause::all([condition, keys::after(&mut context, after)?]);
        context.finish(&mut select, condition)?;
        keys::order(&mut context, &mut select, &[])?;
        select.limit(bounded(u64::try_from(limit).unwrap_or(u64::MAX)));
        let select = keys::gathered(&context, select, &rows);
        Ok(Some((context.build(&select), rows)))
    }

    /// A page of records, and how to read it; nothing to run when no record can match.
    pub(super) fn records(
        &self,
        query: &RecordQuery,
        page: &Page,
    ) -> Result<Option<(Statement, ReadPlan)>, RecordError> {
        let mut context = Context::new(*self, &query.collection)?;
        let Some(condition) = context.condition(&query.condition)? else {
            return Ok(None);
        };
        let mut select = Query::select();
        let plan = page::select(&mut context, &mut select, &page.projection)?;
        let condition = Clause::all([condition, keys::after(&mut context, page.after.as_ref())?]);
        keys::order(&mut context, &mut select, &page.sort)?;
        context.finish(&mut select, condition)?;
        select.limit(bounded(page.limit));
        if page.offset > 0 {
            select.offset(bounded(page.offset));
        }
        Ok(Some((context.build(&select), plan)))
    }
}

/// A number that both drivers can bind.
fn bounded(number: u64) -> u64 {
    number.min(i64::MAX.unsigned_abs())
}

impl Dialect {
    fn build(self, select: &SelectStatement) -> (String, sea_query::Values) {
        match self {
            #[cfg(feature = "sqlite")]
            Self::Sqlite => select.build(sea_query::SqliteQueryBuilder),
            #[cfg(feature = "postgres")]
            Self::Postgres => select.build(sea_query::PostgresQueryBuilder),
        }
    }
}
