//! Names to tables and columns: the root table, and the to-one relations that a statement joins.
//!
//! The root table never gets an alias, so that computed fields may qualify columns with its name. A relation is joined as
//! a subquery that renames every column: the computed fields of its table are evaluated in their own table, and its
//! columns cannot be confused with those of the root.

use sea_query::{Alias, Expr, ExprTrait as _, Order, Query, SelectStatement};

use super::condition::Clause;
use super::lists::row_of;
use super::{Statement, StatementError, Statements};
use crate::records::condition::{Condition, FieldPath};
use crate::records::model::FieldModel;
use crate::records::relation::RelationModel;
use crate::records::sql::engine::Dialect;
use crate::records::sql::{SqlCollection, SqlColumn, Storage};
use crate::schema::Relationship;

/// The state of one statement while it is made.
pub(super) struct Context<'a> {
    pub(super) statements: Statements<'a>,
    pub(super) root: &'a SqlCollection,
    joins: Vec<Join<'a>>,
    /// Number of live queries so far.
    pub(super) live_queries: usize,
}

/// A to-one relation, and the fields that the statement reads of it.
struct Join<'a> {
    relation: &'a RelationModel,
    target: &'a SqlCollection,
    fields: Vec<&'a FieldModel>,
}

/// A column of a statement.
#[derive(Clone)]
pub(crate) struct Column<'a> {
    pub(crate) expr: Expr,
    pub(crate) field: &'a FieldModel,
    pub(crate) stored: &'a SqlColumn,
}

impl Column<'_> {
    pub(crate) fn is_present(&self) -> Clause {
        Clause::Test(self.expr.clone().is_not_null())
    }
}

impl<'a> Context<'a> {
    pub(super) fn new(statements: Statements<'a>, collection: &str) -> Result<Self, StatementError> {
        Ok(Self {
            statements,
            root: find_collection(statements.collections, collection)?,
            joins: Vec::new(),
            live_queries: 0,
        })
    }

    pub(super) fn dialect(&self) -> &'static dyn Dialect {
        self.statements.dialect
    }

    /// The condition; `None` when no record can match.
    pub(super) fn condition(&mut self, condition: &Condition) -> Result<Option<Clause>, StatementError> {
        Ok(match super::condition::clause(self, condition)? {
            Clause::Never => None,
            clause => Some(clause),
        })
    }

    /// That no part of the key is null: SQLite allows it, and such a record has no id.
    pub(super) fn has_key(&self) -> Result<Clause, StatementError> {
        let nullable = self.root.model.key_fields().filter(|field| field.is_nullable);
        let present = nullable.map(|field| Ok(Clause::Test(self.own(&field.name)?.expr.is_not_null())));
        Ok(Clause::all(present.collect::<Result<Vec<_>, StatementError>>()?))
    }

    /// A column of the root table.
    pub(super) fn own(&self, field: &str) -> Result<Column<'a>, StatementError> {
        column(self.root, find_field(self.root, field)?)
    }

    pub(super) fn key(&self) -> Result<Vec<Column<'a>>, StatementError> {
        let root = self.root;
        root.model.key.iter().map(|name| self.own(name)).collect()
    }

    /// The column of a path, whose relation is joined.
    pub(super) fn column(&mut self, path: &FieldPath) -> Result<Column<'a>, StatementError> {
        match &path.relation {
            None => self.own(&path.field),
            Some(relation) => self.related(relation, &path.field),
        }
    }

    /// A column of a to-one relation, which is joined.
    pub(super) fn related(&mut self, relation: &str, field: &str) -> Result<Column<'a>, StatementError> {
        let join = self.join(relation)?;
        self.joined(join, field)
    }

    /// The column of a joined relation that is null without a related record.
    pub(super) fn related_target_key(&mut self, relation: &str) -> Result<Column<'a>, StatementError> {
        let join = self.join(relation)?;
        let name = self
            .joins
            .get(join)
            .map_or("", |join| join.relation.target_key.as_str());
        self.joined(join, name)
    }

    /// The collection that a to-one relation leads to.
    pub(super) fn target(&mut self, relation: &str) -> Result<&'a SqlCollection, StatementError> {
        let join = self.join(relation)?;
        self.joins
            .get(join)
            .map(|join| join.target)
            .ok_or_else(|| unknown("relation", relation, &self.root.model.name))
    }

    fn join(&mut self, name: &str) -> Result<usize, StatementError> {
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

    fn joined(&mut self, index: usize, name: &str) -> Result<Column<'a>, StatementError> {
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
        self.free_name(&format!("related_{index}"))
    }

    /// The name, with underscores in front of it where it is the beginning of the table's.
    pub(super) fn free_name(&self, name: &str) -> String {
        let mut name = name.to_owned();
        while self.root.model.stored_name().starts_with(&name) {
            name.insert(0, '_');
        }
        name
    }

    /// The tables and the condition of a statement.
    pub(super) fn finish(&mut self, select: &mut SelectStatement, condition: Clause) -> Result<(), StatementError> {
        from(select, self.root);
        // a join condition may add columns to the join
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

    /// The condition of a join. Unless the compared fields are the whole key of the target, several records may match; the
    /// one with the smallest key is joined, so that no record of the root appears twice.
    fn on(&mut self, index: usize) -> Result<Expr, StatementError> {
        let Some((relation, target)) = self.joins.get(index).map(|join| (join.relation, join.target)) else {
            return Ok(Expr::cust("1 = 0"));
        };
        let dialect = self.dialect();
        let is_linked = |local: &Column<'_>, target: &Column<'_>| {
            let (referenced, referring) = match relation.kind {
                Relationship::BelongsTo => (target, local),
                _ => (local, target),
            };
            let (left, right) = dialect.linked(referenced, referring, referenced);
            left.eq(right)
        };
        let key = &target.model.key;
        if key.is_empty() || relation.compares_key_of(&target.model) {
            let on = relation.pairs().map(|(local, compared)| {
                let (local, compared) = (self.own(local)?, self.joined(index, compared)?);
                Ok(is_linked(&local, &compared))
            });
            return Ok(on
                .collect::<Result<Vec<_>, StatementError>>()?
                .into_iter()
                .reduce(Expr::and)
                .unwrap_or_else(|| Expr::cust("1 = 0")));
        }
        let mut first = Query::select();
        // needed where both are the same table: the inner one would hide the root
        let alias = format!("{}_first", self.alias(index));
        for name in key {
            let column = renamed(target, name, &alias)?;
            first.expr(column.clone()).order_by_expr(column, Order::Asc);
        }
        first.from_as(table(target), Alias::new(&alias)).limit(1);
        for (local, compared) in relation.pairs() {
            let compared = Column {
                expr: renamed(target, compared, &alias)?,
                ..column(target, find_field(target, compared)?)?
            };
            first.and_where(is_linked(&self.own(local)?, &compared));
        }
        let parts = key
            .iter()
            .map(|name| Ok(self.joined(index, name)?.expr))
            .collect::<Result<Vec<_>, StatementError>>()?;
        let left = row_of(parts);
        Ok(left.eq(Expr::SubQuery(None, Box::new(first.into()))))
    }

    pub(super) fn build(&self, select: &SelectStatement) -> Statement {
        let (sql, values) = self.dialect().build(select);
        Statement {
            sql: sql.into(),
            values,
            has_live_query: self.live_queries > 0,
        }
    }
}

/// A column of a table with an alias. Keys and compared fields of relations are columns, not expressions.
fn renamed(collection: &SqlCollection, field: &str, alias: &str) -> Result<Expr, StatementError> {
    let field = find_field(collection, field)?;
    if field.is_computed {
        return Err(StatementError::ComputedKey {
            field: field.name.clone(),
            collection: collection.model.name.clone(),
        });
    }
    Ok(Expr::col((Alias::new(alias), Alias::new(field.stored_name()))))
}

/// A column in its own table.
pub(super) fn column<'a>(collection: &'a SqlCollection, field: &'a FieldModel) -> Result<Column<'a>, StatementError> {
    static UNKNOWN: SqlColumn = SqlColumn {
        cast: String::new(),
        base: None,
        collation: None,
        storage: Storage::Text,
        is_unique: false,
        is_untyped: false,
    };

    let expr = if field.is_computed {
        // the line break ends a comment
        Expr::cust(format!("({}\n)", field.stored_name()))
    } else {
        Expr::col((
            Alias::new(collection.model.stored_name()),
            Alias::new(field.stored_name()),
        ))
    };
    Ok(Column {
        expr,
        field,
        stored: collection.columns.get(&field.name).unwrap_or(&UNKNOWN),
    })
}

/// Reads from the table of a collection, under its own name.
pub(super) fn from(select: &mut SelectStatement, collection: &SqlCollection) {
    select.from(table(collection));
}

pub(super) fn table(collection: &SqlCollection) -> sea_query::TableRef {
    use sea_query::IntoTableRef as _;

    // an owned name is quoted as a whole; a static one would not be
    let table = Alias::new(collection.model.stored_name());
    match &collection.schema {
        Some(schema) => (Alias::new(schema), table).into_table_ref(),
        None => table.into_table_ref(),
    }
}

pub(super) fn find_collection<'a>(
    collections: &'a [SqlCollection],
    name: &str,
) -> Result<&'a SqlCollection, StatementError> {
    collections
        .iter()
        .find(|collection| collection.model.name == name)
        .ok_or_else(|| StatementError::UnknownCollection(name.to_owned()))
}

pub(super) fn find_field<'a>(collection: &'a SqlCollection, name: &str) -> Result<&'a FieldModel, StatementError> {
    collection
        .model
        .find_field(name)
        .ok_or_else(|| unknown("field", name, &collection.model.name))
}

pub(super) fn unknown(kind: &'static str, name: &str, collection: &str) -> StatementError {
    StatementError::UnknownName {
        kind,
        name: name.to_owned(),
        collection: collection.to_owned(),
    }
}
