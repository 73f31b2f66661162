//! The records that a to-many relation of a parent leads to.
//!
//! Without a join, so that a record appears once however often it is linked.

use sea_query::{ExprTrait as _, Query};

use super::condition::Clause;
use super::names::{self, Context, find_collection, find_field, unknown};
use super::test;
use crate::records::condition::{Parent, Test};
use crate::records::error::RecordError;
use crate::records::model::RelationModel;
use crate::records::sql::SqlCollection;
use crate::records::value::Value;

pub(super) fn clause(context: &mut Context<'_>, parent: &Parent) -> Result<Clause, RecordError> {
    let owner = find_collection(context.statements.collections, &parent.collection)?;
    let relation = owner
        .model
        .find_relation(&parent.relation)
        .ok_or_else(|| unknown("relation", &parent.relation, &parent.collection))?;
    if relation.target != context.root.model.name {
        return Err(RecordError::failed(format!(
            "\"{}\" of \"{}\" does not lead to \"{}\"",
            relation.name, parent.collection, context.root.model.name
        )));
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

/// `field` of `collection` has the value that the parent's `local_key` has.
fn linked(
    context: &Context<'_>,
    collection: &SqlCollection,
    field: &str,
    owner: &SqlCollection,
    relation: &RelationModel,
    parent: &Parent,
) -> Result<Clause, RecordError> {
    let column = names::column(collection, find_field(collection, field)?)?;
    if let Some(value) = part(owner, &relation.local_key, parent) {
        return test::clause(context.dialect(), &column, &Test::Equal(value.clone()));
    }
    let mut values = Query::select();
    let local = names::column(owner, find_field(owner, &relation.local_key)?)?;
    values.expr(local.expr);
    names::from(&mut values, owner);
    for (name, value) in owner.model.key.iter().zip(parent.key.parts()) {
        let key = names::column(owner, find_field(owner, name)?)?;
        match test::operands(context.dialect(), &key, value)? {
            Some((left, right)) => {
                values.and_where(left.eq(right));
            }
            None => return Ok(Clause::Never),
        }
    }
    Ok(Clause::Test(column.expr.in_subquery(values)))
}

/// The value of a field that is a part of the key.
fn part<'v>(owner: &SqlCollection, field: &str, parent: &'v Parent) -> Option<&'v Value> {
    let position = owner.model.key.iter().position(|name| name == field)?;
    parent.key.parts().get(position)
}
