//! The seam between what all databases share and a single engine.
//!
//! [`Dialect`] is the pure half, used while statements are made and tested without a database. [`Engine`] runs the
//! statements on the host's pool.

use std::fmt::Debug;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use sea_query::{BinOper, Expr, SelectStatement};
use sea_query_sqlx::SqlxValues;
use sqlx::{AssertSqlSafe, Column as _, Database, Error, Executor, Pool, SqlSafeStr as _, Statement as _, Transaction};
use tokio::time::timeout;

use super::error::Failure;
use super::lent::{HandlerConnection, Lend, Lent};
use super::limits::{Limits, acquire, no_connection, within};
use super::rows::Rows;
use super::statement::{Clause, Column, KeyValue, LiveSyntax, Membership, Statement, StatementError, WriteStatement};
use crate::records::aggregate::Aggregator;
use crate::records::value::Value;
use crate::records::value_type::ValueType;

/// Maximum run time of a live query.
pub(super) const LIVE_QUERY_TIME: Duration = Duration::from_secs(10);

pub(super) type EngineFuture<'a, T> = Pin<Box<dyn Future<Output = Result<T, Failure>> + Send + 'a>>;

/// The parts of a statement that engines write differently.
pub(super) trait Dialect: Debug + Sync {
    /// The text and the bound values of a statement.
    fn build(&self, select: &SelectStatement) -> (String, sea_query::Values);

    /// The text and the bound values of a change.
    fn build_write(&self, statement: &WriteStatement) -> (String, sea_query::Values);

    /// The expression that stores a value in a column; `None` for one that the column cannot have.
    fn stored(&self, column: &Column<'_>, value: &Value) -> Result<Option<Expr>, StatementError>;

    /// Locks the selected rows of a table until the end of the transaction, for an engine whose transactions do not exclude
    /// each other.
    fn lock_rows(&self, _select: &mut SelectStatement, _table: &str) {}

    /// The placeholder in a custom expression for its argument at `position`, counted from 1.
    fn placeholder(&self, position: usize) -> String;

    /// Both sides of a comparison; `None` when no column of this type can have the value.
    fn operands(&self, column: &Column<'_>, value: &Value) -> Result<Option<(Expr, Expr)>, StatementError>;

    /// The value to bind for each part of a key in this column, if the text of [`operands`](Self::operands) is the same for
    /// all of them.
    fn key_value(&self, column: &Column<'_>) -> Option<KeyValue>;

    /// True if a value equals a text, number or UUID of one column where it equals that of the other.
    fn compares_alike(&self, left: &Column<'_>, right: &Column<'_>) -> bool;

    /// Both sides of the comparison of a relation, by the rule of the column that is referred to.
    fn linked(&self, left: &Column<'_>, right: &Column<'_>, _referenced: &Column<'_>) -> (Expr, Expr) {
        (left.expr.clone(), right.expr.clone())
    }

    /// A condition that all records meet which pass the comparison with this value, and for which an index of the column
    /// can be used.
    fn index_hint(&self, _column: &Column<'_>, _operator: BinOper, _value: &Value) -> Option<Expr> {
        None
    }

    /// Conditions on a column. If its values meet more than one of them, the order of the column itself is not that of
    /// their meaning.
    fn order_classes(&self, _column: &Column<'_>) -> Vec<Expr> {
        Vec::new()
    }

    /// The expression by which the values of a column are compared and ordered.
    fn compared(&self, column: &Column<'_>) -> Result<Expr, StatementError>;

    /// Tests whether the columns are among the rows. Any number of rows is one bound parameter for each column. `None` when
    /// the columns can have none of the values.
    fn membership(
        &self,
        columns: &[Column<'_>],
        rows: &mut dyn Iterator<Item = &[Value]>,
        membership: Membership,
    ) -> Result<Option<Expr>, StatementError>;

    /// The list in the column contains all of the values.
    fn has_all(&self, column: &Column<'_>, values: &[Value]) -> Result<Clause, StatementError>;

    /// The list in the column contains none of the values.
    fn has_none(&self, column: &Column<'_>, values: &[Value]) -> Result<Clause, StatementError>;

    /// The expression to select for a column, and whether its integers are given as text because JavaScript has no exact
    /// number for them.
    fn read(&self, column: &Column<'_>) -> (Expr, bool);

    /// True if [`key_list`](Self::key_list) preserves the values of this key column.
    fn can_list(&self, key: &Column<'_>) -> bool;

    /// A statement with one row, whose only column is a list of the column `key` of `page`.
    fn key_list(&self, page: SelectStatement) -> SelectStatement;

    /// The expression whose values make groups.
    fn grouped(&self, column: &Column<'_>) -> Expr {
        column.expr.clone()
    }

    /// An aggregate of a column of numbers, moments or days: to sort by, and to select.
    fn aggregated(&self, aggregator: Aggregator, column: &Column<'_>) -> Result<(Expr, Expr), StatementError>;

    /// The index of the interval between two of these bounds. The expression of `column` is the one by which it is compared, and
    /// its value is neither before the first bound nor after the last one.
    fn interval(&self, column: &Column<'_>, bounds: &[Value]) -> Result<Expr, StatementError>;

    /// Keeps the database from putting the expressions of a subquery into the statement around it.
    fn keep_apart(&self, _subquery: &mut SelectStatement) {}

    /// The lexical rules for the text of a live query.
    fn live_syntax(&self) -> LiveSyntax;

    /// A variable of a live query, if the engine has a type for it; `None` binds it as any engine can.
    fn live_value(&self, value: &Value) -> Option<Expr>;

    /// The cast of a computed field.
    fn cast_for(&self, _: &ValueType) -> String {
        String::new()
    }

    /// The type by which a part of a key with this type is compared.
    fn key_type(&self, value_type: &ValueType) -> ValueType {
        value_type.clone()
    }

    /// The column as text.
    fn as_text(&self, column: &Column<'_>) -> Expr {
        column.expr.clone()
    }

    /// True if a text of the database can contain this one, and binding it succeeds.
    fn has_text(&self, _: &str) -> bool {
        true
    }

    /// The column, with instants truncated to the millisecond where it stores more digits.
    fn to_the_millisecond<'c>(&self, column: &Column<'c>) -> Column<'c> {
        column.clone()
    }

    /// The expression to sort by: the column itself if its type has an order, so that an index can be used.
    fn sortable(&self, column: &Column<'_>) -> Expr {
        column.expr.clone()
    }
}

/// A database behind a pool of its driver.
pub(super) trait Engine: Debug + Send + Sync {
    fn dialect(&self) -> &'static dyn Dialect;

    /// Number of keys to read per statement.
    fn batch_size(&self) -> usize;

    /// Runs a statement within its limits. A statement with a live query runs read-only, and at most [`LIVE_QUERY_TIME`].
    fn fetch(&self, statement: Statement, limits: Limits) -> EngineFuture<'_, Box<dyn Rows>>;

    /// The column names of a statement, which is prepared and not run.
    fn column_names(&self, statement: Statement, limits: Limits) -> EngineFuture<'_, Vec<String>>;

    /// Begins a transaction that may write.
    fn begin(&self, limits: Limits) -> EngineFuture<'_, Box<dyn EngineTx>>;
}

/// A transaction, which is rolled back when it is dropped.
pub(super) trait EngineTx: Send {
    fn fetch(&mut self, statement: Statement) -> EngineFuture<'_, Box<dyn Rows>>;

    /// Returns the number of changed rows.
    fn execute(&mut self, statement: Statement) -> EngineFuture<'_, u64>;

    /// The connection, to read on.
    fn connection(&mut self) -> HandlerConnection<'_>;

    fn end<'a>(self: Box<Self>, keeps: bool) -> EngineFuture<'a, ()>;
}

/// Begins a transaction with a statement of the engine.
pub(super) async fn begin<D: Database>(
    pool: &Pool<D>,
    limits: Limits,
    begin: String,
) -> Result<Transaction<'static, D>, Failure> {
    match timeout(limits.connection, super::begin::begin(pool, begin)).await {
        Err(_) | Ok(Err(Error::PoolTimedOut)) => Err(no_connection(pool, limits)),
        Ok(outcome) => Ok(outcome?),
    }
}

/// A statement for the driver. Its values are bound, and `statement` has quoted all names in its text.
pub(super) fn query<D>(statement: Statement) -> sqlx::query::Query<'static, D, SqlxValues>
where
    D: Database,
    SqlxValues: sqlx::IntoArguments<D>,
{
    sqlx::query_with(AssertSqlSafe(statement.sql), SqlxValues(statement.values))
}

/// The time limit of a statement.
pub(super) fn time_limit(statement: &Statement, limits: Limits) -> Duration {
    match statement.has_live_query {
        true => limits.statement.min(LIVE_QUERY_TIME),
        false => limits.statement,
    }
}

pub(super) async fn column_names<D: Lend>(
    pool: &Pool<D>,
    statement: Statement,
    limits: Limits,
) -> Result<Vec<String>, Failure>
where
    for<'c> &'c mut D::Connection: Executor<'c, Database = D>,
{
    if let Some(lent) = Lent::<D>::current() {
        return lent.column_names(statement).await;
    }
    let limit = time_limit(&statement, limits);
    let mut connection = acquire(pool, limits).await?;
    let sql = AssertSqlSafe(statement.sql).into_sql_str();
    let prepared = within(&mut connection, limit, async |connection| connection.prepare(sql).await).await?;
    Ok(names_of::<D>(&prepared))
}

pub(super) fn names_of<D: Database>(prepared: &D::Statement) -> Vec<String> {
    let columns = prepared.columns().iter();
    columns.map(|column| column.name().to_owned()).collect()
}
