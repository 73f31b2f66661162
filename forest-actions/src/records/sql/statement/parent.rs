//! The records of a to-many relation of a parent. Without a join, so that a record that is linked twice appears once.

use sea_query::{Expr, ExprTrait as _, Query};

use super::condition::Clause;
use super::names::{self, Context, find_collection, find_field, unknown};
use super::{StatementError, test};
use crate::records::condition::{Parent, Test};
use crate::records::key::Key;
use crate::records::model::RelationModel;
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
        None => linked(context, context.root, &relation.target_key, owner, relation, parent),
        Some(through) => {
            let between = find_collection(context.statements.collections, &through.collection)?;
            let linked = linked(context, between, &through.local_key, owner, relation, parent)?;
            let Clause::Test(linked) = linked else {
                return Ok(linked);
            };
            let mut links = Query::select();
            let target_key = names::column(between, find_field(between, &through.target_key)?)?;
            links.expr(target_key.expr).and_where(linked);
            names::from(&mut links, between);
            let target = context.own(&relation.target_key)?;
            Ok(Clause::Test(target.expr.in_subquery(links)))
        }
    }
}

/// Tests whether `field` of `collection` equals the parent's `local_key`. The parent is looked up even where its key
/// contains the value: without a constraint, a table may refer to records that do not exist.
fn linked(
    context: &Context<'_>,
    collection: &SqlCollection,
    field: &str,
    owner: &SqlCollection,
    relation: &RelationModel,
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
    let position = owner.model.key.iter().position(|name| *name == relation.local_key);
    let Some(position) = position else {
        let local = names::column(owner, find_field(owner, &relation.local_key)?)?;
        parents.expr(local.expr);
        return Ok(Clause::Test(column.expr.in_subquery(parents)));
    };
    // with the known value an index of the field can be used, and the parent is looked up once
    parents.expr(Expr::cust("1"));
    let values = keys.iter().filter_map(|key| key.parts().get(position)).cloned();
    let linked = test::clause(context.dialect(), &column, &Test::In(values.collect()))?;
    Ok(Clause::all([linked, Clause::Test(Expr::exists(parents))]))
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
