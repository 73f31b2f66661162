//! What a statement reads: the columns of the key, of the record, and of its to-one relations.
//!
//! Owns where each of them stands in a row, and on PostgreSQL what a column is turned into, so that its driver has to
//! know few types.

use sea_query::{Expr, SelectStatement};

use super::Dialect;
use super::names::{Column, Context};
use crate::records::error::RecordError;
use crate::records::model::ValueType;
use crate::records::source::Projection;
use crate::records::sql::Storage;

/// A column of a row, and what it holds.
#[derive(Debug, Clone)]
pub(in crate::records::sql) struct ReadColumn {
    pub(in crate::records::sql) index: usize,
    /// The name of the field.
    pub(in crate::records::sql) name: String,
    pub(in crate::records::sql) value_type: ValueType,
    pub(in crate::records::sql) storage: Storage,
    /// A whole number that may be larger than JavaScript's are, and is given as text.
    pub(in crate::records::sql) is_wide: bool,
}

/// How to read a record from a row.
#[derive(Debug, Clone)]
pub(in crate::records::sql) struct ReadPlan {
    pub(in crate::records::sql) key: Vec<ReadColumn>,
    pub(in crate::records::sql) fields: Vec<ReadColumn>,
    pub(in crate::records::sql) related: Vec<RelatedPlan>,
}

/// How to read a related record from the same row.
#[derive(Debug, Clone)]
pub(in crate::records::sql) struct RelatedPlan {
    /// The name of the relation.
    pub(in crate::records::sql) name: String,
    /// Null when there is no related record.
    pub(in crate::records::sql) link: ReadColumn,
    pub(in crate::records::sql) key: Vec<ReadColumn>,
    pub(in crate::records::sql) fields: Vec<ReadColumn>,
}

/// The columns that a statement selects so far: what is read twice stands there once.
#[derive(Default)]
struct Selected {
    columns: Vec<(Option<String>, ReadColumn)>,
}

impl Selected {
    fn column(
        &mut self,
        context: &Context<'_>,
        select: &mut SelectStatement,
        relation: Option<&str>,
        column: &Column<'_>,
    ) -> ReadColumn {
        let known = self
            .columns
            .iter()
            .find(|(of, known)| of.as_deref() == relation && known.name == column.field.name);
        if let Some((_, known)) = known {
            return known.clone();
        }
        let (expr, read) = read_column(context, self.columns.len(), column);
        select.expr(expr);
        self.columns.push((relation.map(str::to_owned), read.clone()));
        read
    }
}

/// Selects a projection.
pub(super) fn select(
    context: &mut Context<'_>,
    select: &mut SelectStatement,
    projection: &Projection,
) -> Result<ReadPlan, RecordError> {
    let mut selected = Selected::default();
    let mut key = Vec::new();
    for column in context.key()? {
        key.push(selected.column(context, select, None, &column));
    }
    let mut fields = Vec::new();
    for name in &projection.fields {
        let column = context.own(name)?;
        fields.push(selected.column(context, select, None, &column));
    }
    let mut related = Vec::new();
    for (name, wanted) in &projection.relations {
        let target = context.target(name)?;
        let link = context.related_target_key(name)?;
        let link = selected.column(context, select, Some(name), &link);
        let mut key = Vec::new();
        for field in &target.model.key {
            let column = context.related(name, field)?;
            key.push(selected.column(context, select, Some(name), &column));
        }
        let mut fields = Vec::new();
        for field in wanted {
            let column = context.related(name, field)?;
            fields.push(selected.column(context, select, Some(name), &column));
        }
        related.push(RelatedPlan {
            name: name.clone(),
            link,
            key,
            fields,
        });
    }
    // a record without a key, of which nothing is asked
    if selected.columns.is_empty() {
        select.expr(Expr::cust("1"));
    }
    Ok(ReadPlan { key, fields, related })
}

/// What to select for a column, and how to read it.
pub(super) fn read_column(context: &Context<'_>, index: usize, column: &Column<'_>) -> (Expr, ReadColumn) {
    let (expr, is_wide) = read(context.dialect(), column);
    let read = ReadColumn {
        index,
        name: column.field.name.clone(),
        value_type: column.field.value_type.clone(),
        storage: column.storage,
        is_wide,
    };
    (expr, read)
}

/// What to select for a column, and whether its numbers are given as text.
fn read(dialect: Dialect, column: &Column<'_>) -> (Expr, bool) {
    match dialect {
        // whatever its type is, each value says what it is
        #[cfg(feature = "sqlite")]
        Dialect::Sqlite => (super::sqlite_values::read(column), false),
        #[cfg(feature = "postgres")]
        Dialect::Postgres => super::postgres_types::read(column),
    }
}
