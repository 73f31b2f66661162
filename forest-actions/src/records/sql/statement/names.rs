//! Names to tables and columns: the root table, and the to-one relations that a statement joins.
//!
//! Owns what a field of the model is in SQL. The root table is never given another name, so that computed fields may
//! name their columns by it. A relation is joined as a subquery that gives every column a name of its own: the computed
//! fields of its table are evaluated where they were written for, and none of its columns can be confused with those
//! of the root.

use std::borrow::Cow;

use sea_query::{Alias, Expr, ExprTrait as _, Order, Query, SelectStatement};

use super::condition::Clause;
use super::{Dialect, Statement, Statements};
use crate::records::condition::{Condition, FieldPath};
use crate::records::error::RecordError;
use crate::records::model::{FieldModel, RelationModel};
use crate::records::sql::types::cast_for;
use crate::records::sql::{SqlCollection, Storage};

/// One statement while it is made.
pub(super) struct Context<'a> {
    pub(super) statements: Statements<'a>,
    pub(super) root: &'a SqlCollection,
    joins: Vec<Join<'a>>,
    /// How many live queries the condition has had so far.
    pub(super) live_queries: usize,
}

/// A to-one relation, and what the statement needs of it.
struct Join<'a> {
    relation: &'a RelationModel,
    target: &'a SqlCollection,
    fields: Vec<&'a FieldModel>,
}

/// A column of a statement: where it is, and how it is stored.
#[derive(Clone)]
pub(super) struct Column<'a> {
    pub(super) expr: Expr,
    pub(super) field: &'a FieldModel,
    /// The type on PostgreSQL.
    #[cfg_attr(
        not(feature = "postgres"),
        expect(dead_code, reason = "SQLite has no types to cast to")
    )]
    pub(super) cast: Cow<'a, str>,
    /// The storage on SQLite.
    pub(super) storage: Storage,
}

impl<'a> Context<'a> {
    pub(super) fn new(statements: Statements<'a>, collection: &str) -> Result<Self, RecordError> {
        Ok(Self {
            statements,
            root: find_collection(statements.collections, collection)?,
            joins: Vec::new(),
            live_queries: 0,
        })
    }

    pub(super) fn dialect(&self) -> Dialect {
        self.statements.dialect
    }

    /// The condition, and that the record has an id: a key that may be null, as SQLite allows, would make records that
    /// no page after the first one meets. `None` when no record can match.
    pub(super) fn condition(&mut self, condition: &Condition) -> Result<Option<Clause>, RecordError> {
        let root = self.root;
        let mut clauses = vec![super::condition::clause(self, condition)?];
        for field in root.model.key_fields().filter(|field| field.is_nullable) {
            clauses.push(Clause::Test(self.own(&field.name)?.expr.is_not_null()));
        }
        Ok(match Clause::all(clauses) {
            Clause::Never => None,
            clause => Some(clause),
        })
    }

    /// A column of the root table.
    pub(super) fn own(&self, field: &str) -> Result<Column<'a>, RecordError> {
        column(self.root, find_field(self.root, field)?)
    }

    /// The columns of the key.
    pub(super) fn key(&self) -> Result<Vec<Column<'a>>, RecordError> {
        let root = self.root;
        root.model.key.iter().map(|name| self.own(name)).collect()
    }

    /// The column of a path; a relation is joined for it.
    pub(super) fn column(&mut self, path: &FieldPath) -> Result<Column<'a>, RecordError> {
        match &path.relation {
            None => self.own(&path.field),
            Some(relation) => self.related(relation, &path.field),
        }
    }

    /// A column behind a to-one relation, which is joined for it.
    pub(super) fn related(&mut self, relation: &str, field: &str) -> Result<Column<'a>, RecordError> {
        let join = self.join(relation)?;
        self.joined(join, field)
    }

    /// The field of a joined relation whose presence says whether there is a related record.
    pub(super) fn related_target_key(&mut self, relation: &str) -> Result<Column<'a>, RecordError> {
        let join = self.join(relation)?;
        let name = self
            .joins
            .get(join)
            .map_or("", |join| join.relation.target_key.as_str());
        self.joined(join, name)
    }

    /// The collection that a to-one relation leads to.
    pub(super) fn target(&mut self, relation: &str) -> Result<&'a SqlCollection, RecordError> {
        let join = self.join(relation)?;
        self.joins
            .get(join)
            .map(|join| join.target)
            .ok_or_else(|| unknown("relation", relation, &self.root.model.name))
    }

    fn join(&mut self, name: &str) -> Result<usize, RecordError> {
        if let Some(known) = self.joins.iter().position(|join| join.relation.name == name) {
            return Ok(known);
        }
        let root = self.root;
        let relation = root
            .model
            .find_relation(name)
            .filter(|relation| !relation.is_to_many())
            .ok_or_else(|| unknown("to-one relation", name, &root.model.name))?;
        self.joins.push(Join {
            relation,
            target: find_collection(self.statements.collections, &relation.target)?,
            fields: Vec::new(),
        });
        Ok(self.joins.len() - 1)
    }

    fn joined(&mut self, index: usize, name: &str) -> Result<Column<'a>, RecordError> {
        let alias = self.alias(index);
        let Some(join) = self.joins.get_mut(index) else {
            return Err(unknown("relation", name, &self.root.model.name));
        };
        let field = find_field(join.target, name)?;
        let position = match join.fields.iter().position(|known| known.name == field.name) {
            Some(known) => known,
            None => {
                join.fields.push(field);
                join.fields.len() - 1
            }
        };
        let mut column = column(join.target, field)?;
        column.expr = Expr::col((Alias::new(&alias), Alias::new(format!("{alias}_{position}"))));
        Ok(column)
    }

    /// A name that no table of the statement has.
    fn alias(&self, index: usize) -> String {
        let mut alias = format!("related_{index}");
        while self.root.model.stored_name().starts_with(&alias) {
            alias.insert(0, '_');
        }
        alias
    }

    /// The tables and the condition of a statement.
    pub(super) fn finish(&mut self, select: &mut SelectStatement, condition: Clause) -> Result<(), RecordError> {
        from(select, self.root);
        // what a join is made of may add columns to it
        let on = (0..self.joins.len())
            .map(|index| self.on(index))
            .collect::<Result<Vec<_>, _>>()?;
        for (index, on) in on.into_iter().enumerate() {
            let alias = self.alias(index);
            let Some(join) = self.joins.get(index) else { continue };
            let mut related = Query::select();
            for (position, field) in join.fields.iter().enumerate() {
                related.expr_as(
                    column(join.target, field)?.expr,
                    Alias::new(format!("{alias}_{position}")),
                );
            }
            from(&mut related, join.target);
            select.join_subquery(sea_query::JoinType::LeftJoin, related, Alias::new(alias), on);
        }
        match condition {
            Clause::Always => {}
            Clause::Never => {
                select.and_where(Expr::cust("1 = 0"));
            }
            Clause::Test(test) => {
                select.and_where(test);
            }
        }
        Ok(())
    }

    /// What links the related record. A record never appears twice: unless the compared field is the target's whole
    /// key, the one with the smallest key is taken, because nothing says that there is only one.
    fn on(&mut self, index: usize) -> Result<Expr, RecordError> {
        let Some((relation, target)) = self.joins.get(index).map(|join| (join.relation, join.target)) else {
            return Ok(Expr::cust("1 = 0"));
        };
        let local = self.own(&relation.local_key)?.expr;
        let key = &target.model.key;
        if key.is_empty() || matches!(key.as_slice(), [only] if *only == relation.target_key) {
            return Ok(self.joined(index, &relation.target_key)?.expr.eq(local));
        }
        let mut first = Query::select();
        // the innermost table hides the root where both are the same one, so it needs another name
        let alias = format!("{}_first", self.alias(index));
        for name in key {
            let column = renamed(target, name, &alias)?;
            first.expr(column.clone()).order_by_expr(column, Order::Asc);
        }
        first
            .from_as(table(target), Alias::new(&alias))
            .and_where(renamed(target, &relation.target_key, &alias)?.eq(local))
            .limit(1);
        let mut parts = key
            .iter()
            .map(|name| Ok(self.joined(index, name)?.expr))
            .collect::<Result<Vec<_>, RecordError>>()?;
        let left = match parts.pop() {
            Some(only) if parts.is_empty() => only,
            Some(last) => {
                parts.push(last);
                Expr::tuple(parts)
            }
            None => Expr::cust("NULL"),
        };
        Ok(left.eq(Expr::SubQuery(None, Box::new(first.into()))))
    }

    pub(super) fn build(&self, select: &SelectStatement) -> Statement {
        let (sql, values) = self.dialect().build(select);
        Statement {
            sql,
            values,
            has_live_query: self.live_queries > 0,
        }
    }
}

/// A plain column of a table under another name. Keys and what relations compare are columns, not expressions.
fn renamed(collection: &SqlCollection, field: &str, alias: &str) -> Result<Expr, RecordError> {
    let field = find_field(collection, field)?;
    if field.is_computed {
        return Err(RecordError::failed(format!(
            "a relation compares the computed field \"{}\" of \"{}\", which is not a key",
            field.name, collection.model.name
        )));
    }
    Ok(Expr::col((Alias::new(alias), Alias::new(field.stored_name()))))
}

/// A column in its own table.
pub(super) fn column<'a>(collection: &'a SqlCollection, field: &'a FieldModel) -> Result<Column<'a>, RecordError> {
    let stored = collection.columns.get(&field.name);
    let expr = if field.is_computed {
        // the line break ends a comment
        Expr::cust(format!("({}\n)", field.stored_name()))
    } else {
        Expr::col((
            Alias::new(collection.model.stored_name()),
            Alias::new(field.stored_name()),
        ))
    };
    let cast = match stored {
        Some(stored) if !stored.cast.is_empty() => Cow::Borrowed(stored.cast.as_str()),
        _ => cast_for(&field.value_type),
    };
    Ok(Column {
        expr,
        field,
        cast,
        storage: stored.map(|stored| stored.storage).unwrap_or_default(),
    })
}

/// Reads from the table of a collection, under its own name.
pub(super) fn from(select: &mut SelectStatement, collection: &SqlCollection) {
    select.from(table(collection));
}

fn table(collection: &SqlCollection) -> sea_query::TableRef {
    use sea_query::IntoTableRef as _;

    // an owned name is quoted as a whole; one borrowed from the program's text would not be
    let table = Alias::new(collection.model.stored_name());
    match &collection.schema {
        Some(schema) => (Alias::new(schema), table).into_table_ref(),
        None => table.into_table_ref(),
    }
}

pub(super) fn find_collection<'a>(
    collections: &'a [SqlCollection],
    name: &str,
) -> Result<&'a SqlCollection, RecordError> {
    collections
        .iter()
        .find(|collection| collection.model.name == name)
        .ok_or_else(|| RecordError::failed(format!("there is no collection \"{}\"", name.escape_debug())))
}

pub(super) fn find_field<'a>(collection: &'a SqlCollection, name: &str) -> Result<&'a FieldModel, RecordError> {
    collection
        .model
        .find_field(name)
        .ok_or_else(|| unknown("field", name, &collection.model.name))
}

/// Conditions are checked before, so this is a mistake of the caller.
pub(super) fn unknown(what: &str, name: &str, collection: &str) -> RecordError {
    RecordError::failed(format!("\"{collection}\" has no {what} \"{}\"", name.escape_debug()))
}
