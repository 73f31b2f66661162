//! The records of a to-many relation of a parent. Without a join, so that a record that is linked twice appears once.

use sea_query::{Alias, Expr, ExprTrait as _, Query, SelectStatement};

use super::condition::Clause;
use super::names::{self, Column, Context, find_collection, find_field, unknown};
use super::{StatementError, test};
use crate::records::condition::{Parent, Test};
use crate::records::key::Key;
use crate::records::sql::SqlCollection;

pub(super) fn clause(context: &mut Context<'_>, parent: &Parent) -> Result<Clause, StatementError> {
    let owner = find_collection(context.statements.collections, &parent.collection)?;
    let relation = owner
        .model
        .find_relation(&parent.relation)
        .ok_or_else(|| unknown("relation", &parent.relation, &parent.collection))?;
    if relation.target != context.root.model.name {
        return Err(StatementError::OtherTarget {
            relation: relation.name.clone(),
            collection: parent.collection.clone(),
            target: context.root.model.name.clone(),
        });
    }
    match &relation.through {
        None => {
            let fields = relation
                .pairs()
                .map(|(local, field)| linked(context, context.root, field, owner, local, parent));
            Ok(Clause::all(fields.collect::<Result<Vec<_>, _>>()?))
        }
        Some(through) => {
            let between = find_collection(context.statements.collections, &through.collection)?;
            let linked = linked(context, between, &through.local_key, owner, &relation.local_key, parent)?;
            let Clause::Test(linked) = linked else {
                return Ok(linked);
            };
            let mut links = Query::select();
            let target_key = names::column(between, find_field(between, &through.target_key)?)?;
            let target = context.own(&relation.target_key)?;
            let (target, link) = context.dialect().linked(&target, &target_key, &target);
            links.expr(link).and_where(linked);
            names::from(&mut links, between);
            Ok(Clause::Test(target.in_subquery(links)))
        }
    }
}

/// Tests whether `field` of `collection` equals the parent's field `local`. The parent is looked up even where its key
/// contains the value: without a constraint, a table may refer to records that do not exist.
fn linked(
    context: &Context<'_>,
    collection: &SqlCollection,
    field: &str,
    owner: &SqlCollection,
    local: &str,
    parent: &Parent,
) -> Result<Clause, StatementError> {
    let column = names::column(collection, find_field(collection, field)?)?;
    let keys = parent.key.clone().spellings();
    let Clause::Test(is_parent) = is_one_of(context, owner, &keys)? else {
        return Ok(Clause::Never);
    };
    let mut parents = Query::select();
    names::from(&mut parents, owner);
    parents.and_where(is_parent);
    let position = owner.model.key.iter().position(|name| name == local);
    let local = names::column(owner, find_field(owner, local)?)?;
    let position = position.filter(|_| context.dialect().compares_alike(&local, &column));
    let Some(position) = position else {
        return Ok(Clause::Test(is_among(context, &column, &local, parents)));
    };
    // with the known value an index of the field can be used, and the parent is looked up once
    parents.expr(Expr::cust("1"));
    let values = keys.iter().filter_map(|key| key.parts().get(position)).cloned();
    let linked = test::clause(context.dialect(), &column, &Test::In(values.collect()))?;
    Ok(Clause::all([linked, Clause::Test(Expr::exists(parents))]))
}

/// Tests whether the column is linked to one of the rows of `parents`, by the rule of their column `local`.
fn is_among(context: &Context<'_>, column: &Column<'_>, local: &Column<'_>, mut parents: SelectStatement) -> Expr {
    let has_unknown_rule = [column, local]
        .iter()
        .any(|column| matches!(&column.stored.collation, Some(collation) if collation.name.is_none()));
    if !has_unknown_rule {
        let (column, local) = context.dialect().linked(column, local, local);
        parents.expr(local);
        return column.in_subquery(parents);
    }
    // `IN` of SQLite has the rule of its left side, and `=` that of the parent; no index can be used
    parents.expr_as(local.expr.clone(), Alias::new("key"));
    let key = Expr::col((Alias::new("parent"), Alias::new("key")));
    let mut links = Query::select();
    links
        .expr(Expr::cust("1"))
        .from_subquery(parents, Alias::new("parent"))
        .and_where(key.eq(column.expr.clone()));
    Expr::exists(links)
}

/// Tests whether the key of `owner` is one of these.
fn is_one_of(context: &Context<'_>, owner: &SqlCollection, keys: &[Key]) -> Result<Clause, StatementError> {
    let is_this = |key: &Key| {
        let parts = owner.model.key.iter().zip(key.parts()).map(|(name, value)| {
            let column = names::column(owner, find_field(owner, name)?)?;
            test::clause(context.dialect(), &column, &Test::Equal(value.clone()))
        });
        parts.collect::<Result<Vec<_>, _>>().map(Clause::all)
    };
    keys.iter().map(is_this).collect::<Result<Vec<_>, _>>().map(Clause::any)
}
