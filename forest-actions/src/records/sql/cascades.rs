//! Foreign keys by which the database itself changes other rows when a row is deleted.
//!
//! Those changes know no rights and scopes, so a deletion with such rows is refused unless code allows it.

use sea_query::{Alias, Expr, ExprTrait as _, Query, SelectStatement};

use super::catalogue::Table;

/// A foreign key that deletes or empties its rows with the row that they refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cascade {
    /// The table with the foreign key, and its schema.
    schema: Option<String>,
    pub(super) table: String,
    columns: Vec<String>,
    target_columns: Vec<String>,
}

/// The cascades to the rows that refer to a table.
pub(super) fn cascades_of(target: &Table, tables: &[Table]) -> Vec<Cascade> {
    let of_table = |table: &Table| {
        let keys = table.foreign_keys.iter().filter(|key| {
            let is_of_target = key.target == target.name && key.target_schema == target.schema;
            key.cascades && is_of_target && key.columns.len() == key.target_columns.len()
        });
        let cascades = keys.map(|key| Cascade {
            schema: table.schema.clone(),
            table: table.name.clone(),
            columns: key.columns.clone(),
            target_columns: key.target_columns.clone(),
        });
        cascades.collect::<Vec<_>>()
    };
    tables.iter().flat_map(of_table).collect()
}

impl Cascade {
    /// Selects one row that refers to the rows of `target` for which `deleted` holds. A row that is deleted as well does not
    /// count.
    pub(super) fn select(&self, target: sea_query::TableRef, is_own: bool, deleted: &Expr) -> SelectStatement {
        let columns = |names: &[String]| names.iter().map(|name| Expr::col(Alias::new(name))).collect::<Vec<_>>();
        let mut referred = Query::select();
        referred.exprs(columns(&self.target_columns));
        referred.from(target).and_where(deleted.clone());
        let mut select = Query::select();
        let table = Alias::new(&self.table);
        select.expr(Expr::cust("1")).limit(1);
        match &self.schema {
            Some(schema) => select.from((Alias::new(schema), table)),
            None => select.from(table),
        };
        select.and_where(Expr::tuple(columns(&self.columns)).in_subquery(referred));
        if is_own {
            select.and_where(deleted.clone().not());
        }
        select
    }
}
