//! Statements that change rows: each addresses its rows by keys that the same transaction has locked.

use sea_query::{Alias, DeleteStatement, Expr, InsertStatement, Query, QueryBuilder, Returning, UpdateStatement};

use super::condition::Clause;
use super::lists::Membership;
use super::names::{self, Context};
use super::{KeyPlan, Statement, StatementError, Statements, bounded, keys};
use crate::records::draft::Draft;
use crate::records::key::Key;
use crate::records::source::RecordQuery;
use crate::records::sql::cascades::Cascade;
use crate::records::value::Value;

/// A statement that changes rows.
pub(crate) enum WriteStatement {
    Insert(InsertStatement),
    Update(UpdateStatement),
    Delete(DeleteStatement),
}

impl WriteStatement {
    pub(crate) fn build<T: QueryBuilder>(&self, builder: T) -> (String, sea_query::Values) {
        match self {
            Self::Insert(statement) => statement.build(builder),
            Self::Update(statement) => statement.build(builder),
            Self::Delete(statement) => statement.build(builder),
        }
    }
}

impl Statements<'_> {
    /// Selects the keys of a query, and locks their rows. `None` when no record can match.
    pub(crate) fn lock(
        &self,
        query: &RecordQuery,
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
        let plan = keys::select_few(&context, &mut select)?;
        let condition = Clause::all([condition, context.has_key()?]);
        context.finish(&mut select, condition)?;
        keys::order(&mut context, &mut select, &[], &[])?;
        select.limit(bounded(u64::try_from(limit).unwrap_or(u64::MAX)));
        self.dialect.lock_rows(&mut select, context.root.model.stored_name());
        Ok(Some((context.build(&select), plan)))
    }

    /// Inserts a row, and returns its key.
    pub(crate) fn insert(&self, collection: &str, draft: &Draft) -> Result<(Statement, KeyPlan), StatementError> {
        let context = Context::new(*self, collection)?;
        let mut insert = Query::insert();
        insert.into_table(names::table(context.root));
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for (name, value) in draft.iter() {
            let (column, value) = self.assignment(&context, name, value)?;
            columns.push(column);
            values.push(value);
        }
        if columns.is_empty() {
            insert.or_default_values();
        } else {
            insert.columns(columns).values_panic(values);
        }
        let mut read = Query::select();
        let plan = keys::select_few(&context, &mut read)?;
        let KeyPlan::Rows(_) = &plan else {
            return Err(StatementError::NoKey);
        };
        let key = context.key()?;
        let expressions = key
            .iter()
            .enumerate()
            .map(|(index, column)| super::page::read_column(&context, index, column).0);
        insert.returning(Returning::new().exprs(expressions));
        Ok((self.written(WriteStatement::Insert(insert)), plan))
    }

    /// Sets columns of the rows with these keys.
    pub(crate) fn update(&self, collection: &str, rows: &[Key], draft: &Draft) -> Result<Statement, StatementError> {
        let context = Context::new(*self, collection)?;
        let mut update = Query::update();
        update.table(names::table(context.root));
        for (name, value) in draft.iter() {
            let (column, value) = self.assignment(&context, name, value)?;
            update.value(column, value);
        }
        update.and_where(rows_with(&context, rows)?);
        Ok(self.written(WriteStatement::Update(update)))
    }

    /// Deletes the rows with these keys.
    pub(crate) fn delete(&self, collection: &str, rows: &[Key]) -> Result<Statement, StatementError> {
        let context = Context::new(*self, collection)?;
        let mut delete = Query::delete();
        delete.from_table(names::table(context.root));
        delete.and_where(rows_with(&context, rows)?);
        Ok(self.written(WriteStatement::Delete(delete)))
    }

    /// Selects a row that the database would change with the deletion of these rows.
    pub(crate) fn cascade(
        &self,
        collection: &str,
        rows: &[Key],
        cascade: &Cascade,
    ) -> Result<Statement, StatementError> {
        let context = Context::new(*self, collection)?;
        let deleted = rows_with(&context, rows)?;
        let is_own = cascade.table == context.root.model.stored_name();
        let select = cascade.select(names::table(context.root), is_own, &deleted);
        Ok(context.build(&select))
    }

    fn assignment(
        &self,
        context: &Context<'_>,
        name: &str,
        value: Option<&Value>,
    ) -> Result<(Alias, Expr), StatementError> {
        let column = context.own(name)?;
        let unstorable = |reason| StatementError::Unstorable {
            field: column.field.name.clone(),
            reason,
        };
        if column.field.is_computed {
            return Err(unstorable("it is computed"));
        }
        let value = match value {
            None => Expr::cust("NULL"),
            Some(value) => self
                .dialect
                .stored(&column, value)?
                .ok_or_else(|| unstorable("its column does not have such values"))?,
        };
        Ok((Alias::new(column.field.stored_name()), value))
    }

    fn written(&self, statement: WriteStatement) -> Statement {
        let (sql, values) = self.dialect.build_write(&statement);
        Statement {
            sql: sql.into(),
            values,
            has_live_query: false,
        }
    }
}

/// The condition that a row has one of these keys; never a condition that all rows meet.
fn rows_with(context: &Context<'_>, rows: &[Key]) -> Result<Expr, StatementError> {
    Ok(match keys::clause(context, rows, Membership::In)? {
        Clause::Test(test) => test,
        Clause::Always | Clause::Never => Expr::cust("1 = 0"),
    })
}
