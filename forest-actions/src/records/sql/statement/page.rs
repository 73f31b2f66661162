//! The selected columns of a page: the key, the fields, and the fields of to-one relations.

use sea_query::{Expr, SelectStatement};

use super::StatementError;
use super::names::{Column, Context};
use crate::records::source::Projection;
use crate::records::sql::Storage;
use crate::records::value_type::ValueType;

/// A column of a row.
#[derive(Debug, Clone)]
pub(crate) struct ReadColumn {
    pub(crate) index: usize,
    pub(crate) name: String,
    pub(crate) value_type: ValueType,
    pub(crate) storage: Storage,
    pub(crate) is_dynamic: bool,
    pub(crate) is_untyped: bool,
    /// Its integers may exceed those of JavaScript, and are given as text.
    pub(crate) is_wide: bool,
}

/// The columns of a record in a row.
#[derive(Debug, Clone)]
pub(crate) struct ReadPlan {
    pub(crate) key: Vec<ReadColumn>,
    pub(crate) fields: Vec<ReadColumn>,
    pub(crate) related: Vec<RelatedPlan>,
}

/// The columns of a related record in the same row.
#[derive(Debug, Clone)]
pub(crate) struct RelatedPlan {
    pub(crate) name: String,
    /// Null without a related record.
    pub(crate) link: ReadColumn,
    pub(crate) key: Vec<ReadColumn>,
    pub(crate) fields: Vec<ReadColumn>,
}

/// The columns that a statement selects so far, each once.
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
            .find(|(owner, known)| owner.as_deref() == relation && known.name == column.field.name);
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
) -> Result<ReadPlan, StatementError> {
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
    // a record without a key, of which no fields are read
    if selected.columns.is_empty() {
        select.expr(Expr::cust("1"));
    }
    Ok(ReadPlan { key, fields, related })
}

/// The expression to select for a column, and how to read it.
pub(super) fn read_column(context: &Context<'_>, index: usize, column: &Column<'_>) -> (Expr, ReadColumn) {
    let (expr, is_wide) = context.dialect().read(column);
    let read = ReadColumn {
        index,
        name: column.field.name.clone(),
        value_type: column.field.value_type.clone(),
        storage: column.stored.storage,
        is_dynamic: column.field.is_dynamic,
        is_untyped: column.stored.is_untyped,
        is_wide,
    };
    (expr, read)
}
