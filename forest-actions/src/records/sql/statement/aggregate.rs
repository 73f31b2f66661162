//! Aggregations.
//!
//! An inner statement selects the key of the group and the value of each record, and an outer one groups them, so that each
//! expression stands once and its bound values are the same ones in `SELECT` and `GROUP BY`.

use sea_query::{Alias, Expr, ExprTrait as _, Func, JoinType, Order, Query, SelectStatement};

use super::names::{self, Column, Context, find_collection, find_field, unknown};
use super::page::ReadColumn;
use super::{Statement, StatementError, Statements, bounded};
use crate::records::aggregate::{Aggregation, Aggregator, Grouping};
use crate::records::condition::{Condition, FieldPath, Test};
use crate::records::source::RecordQuery;
use crate::records::value::Value;
use crate::records::value_type::ValueType;

const KEY: &str = "key";
const VALUE: &str = "value";
const MOMENT: &str = "moment";

/// The columns of a group in a row.
#[derive(Debug, Clone)]
pub(crate) struct GroupPlan {
    /// `None` where all records are one group.
    pub(crate) key: Option<ReadColumn>,
    pub(crate) value: ReadColumn,
}

impl Statements<'_> {
    /// Aggregates records; `None` when no record can match.
    pub(crate) fn aggregate(
        &self,
        query: &RecordQuery,
        aggregation: &Aggregation,
    ) -> Result<Option<(Statement, GroupPlan)>, StatementError> {
        let mut context = Context::new(*self, &query.collection)?;
        let condition = match &aggregation.grouping {
            Some(Grouping::Intervals { field, bounds }) => query.condition.clone().and(between(field, bounds)),
            _ => query.condition.clone(),
        };
        let Some(condition) = context.condition(&condition)? else {
            return Ok(None);
        };
        let mut inner = Query::select();
        let measured = match &aggregation.field {
            None => None,
            Some(field) => Some(context.column(field)?),
        };
        match &measured {
            Some(column) => inner.expr_as(column.expr.clone(), Alias::new(VALUE)),
            None => inner.expr_as(Expr::cust("1"), Alias::new(VALUE)),
        };
        let grouped = match &aggregation.grouping {
            None => None,
            Some(Grouping::Field(field)) => {
                let column = context.column(field)?;
                inner.expr_as(self.dialect.grouped(&column), Alias::new(KEY));
                Some(column)
            }
            Some(Grouping::Intervals { field, .. }) => {
                let column = context.column(field)?;
                inner.expr_as(self.dialect.compared(&column)?, Alias::new(MOMENT));
                Some(column)
            }
            Some(Grouping::Parents { .. }) => None,
        };
        context.finish(&mut inner, condition)?;
        let grouped = match &aggregation.grouping {
            Some(Grouping::Parents {
                parents,
                relation,
                label,
            }) => {
                let Some(label) = join_parents(&context, &mut inner, parents, relation, label)? else {
                    return Ok(None);
                };
                Some(label)
            }
            _ => grouped,
        };
        self.dialect.keep_apart(&mut inner);
        let (outer, plan) = self.grouped(aggregation, measured, grouped, inner)?;
        Ok(Some((context.build(&outer), plan)))
    }

    fn grouped(
        &self,
        aggregation: &Aggregation,
        measured: Option<Column<'_>>,
        grouped: Option<Column<'_>>,
        inner: SelectStatement,
    ) -> Result<(SelectStatement, GroupPlan), StatementError> {
        let mut outer = Query::select();
        let mut key = None;
        if let Some(mut column) = grouped {
            let expr = match &aggregation.grouping {
                Some(Grouping::Intervals { bounds, .. }) => {
                    column.expr = Expr::col(Alias::new(MOMENT));
                    key = Some(integer(0));
                    self.dialect.interval(&column, bounds)?
                }
                _ => {
                    column.expr = Expr::col(Alias::new(KEY));
                    let (expr, is_wide) = self.dialect.read(&column);
                    key = Some(ReadColumn {
                        index: 0,
                        name: column.field.name.clone(),
                        value_type: column.field.value_type.clone(),
                        storage: column.stored.storage,
                        is_dynamic: column.field.is_dynamic,
                        is_untyped: column.stored.is_untyped,
                        is_wide,
                    });
                    outer.group_by_col(Alias::new(KEY));
                    expr
                }
            };
            // no input column has the name of the interval, so that it is the one of the result
            match &aggregation.grouping {
                Some(Grouping::Intervals { .. }) => {
                    outer.expr_as(expr, Alias::new(KEY)).group_by_col(Alias::new(KEY));
                }
                _ => {
                    outer.expr(expr);
                }
            }
        }
        let mut value = integer(usize::from(key.is_some()));
        let (order, selected) = match (aggregation.aggregator, measured) {
            (Aggregator::Count, _) | (_, None) => {
                let count: Expr = Func::count(Expr::col(Alias::new(VALUE))).into();
                (count.clone(), count)
            }
            (aggregator, Some(mut column)) => {
                column.expr = Expr::col(Alias::new(VALUE));
                value.value_type = match &column.field.value_type {
                    moment @ (ValueType::Instant | ValueType::Day) => moment.clone(),
                    _ => ValueType::Decimal,
                };
                value.storage = column.stored.storage;
                self.dialect.aggregated(aggregator, &column)?
            }
        };
        outer.expr(selected);
        outer.from_subquery(inner, Alias::new("grouped"));
        match &aggregation.grouping {
            None => {}
            Some(Grouping::Intervals { .. }) => {
                outer.order_by(Alias::new(KEY), Order::Asc);
            }
            Some(_) => {
                // a missing number counts as zero, and a missing moment comes with the others of its kind
                let order: Expr = match value.value_type {
                    ValueType::Integer | ValueType::Decimal => Func::coalesce([order, Expr::cust("0")]).into(),
                    _ => order,
                };
                outer
                    .order_by_expr(order, Order::Desc)
                    .order_by(Alias::new(KEY), Order::Asc);
            }
        }
        outer.limit(bounded(aggregation.limit));
        Ok((outer, GroupPlan { key, value }))
    }
}

/// The condition that a value is in one of the intervals.
fn between(field: &FieldPath, bounds: &[Value]) -> Condition {
    let (Some(first), Some(last)) = (bounds.first(), bounds.last()) else {
        return Condition::never();
    };
    let test = |test| Condition::Field(field.clone(), test);
    Condition::All(vec![
        test(Test::GreaterOrEqual(first.clone())),
        test(Test::Less(last.clone())),
    ])
}

/// A plain integer in a row.
fn integer(index: usize) -> ReadColumn {
    ReadColumn {
        index,
        name: VALUE.to_owned(),
        value_type: ValueType::Integer,
        storage: crate::records::sql::Storage::Text,
        is_dynamic: false,
        is_untyped: false,
        is_wide: false,
    }
}

/// Joins the parents of each record, and selects their label. Returns its column; `None` when there are no parents.
fn join_parents<'a>(
    context: &Context<'a>,
    inner: &mut SelectStatement,
    parents: &RecordQuery,
    relation: &str,
    label: &str,
) -> Result<Option<Column<'a>>, StatementError> {
    let dialect = context.dialect();
    let mut owners = Context::new(context.statements, &parents.collection)?;
    let owner = owners.root;
    let relation = owner
        .model
        .find_relation(relation)
        .ok_or_else(|| unknown("relation", relation, &owner.model.name))?;
    if relation.target != context.root.model.name {
        return Err(StatementError::OtherTarget {
            relation: relation.name.clone(),
            collection: owner.model.name.clone(),
            target: context.root.model.name.clone(),
        });
    }
    let Some(condition) = owners.condition(&parents.condition)? else {
        return Ok(None);
    };
    let (parent_alias, link_alias) = (context.free_name("parents"), context.free_name("links"));
    let at = |mut column: Column<'a>, alias: &str, name: &str| {
        column.expr = Expr::col((Alias::new(alias), Alias::new(name)));
        column
    };
    let label = owners.own(label)?;
    let mut selected = Query::select();
    selected.expr_as(dialect.grouped(&label), Alias::new("label"));
    let mut pairs = Vec::new();
    for (index, (local, target)) in relation.pairs().enumerate() {
        let (local, name) = (owners.own(local)?, format!("local{index}"));
        selected.expr_as(local.expr.clone(), Alias::new(&name));
        pairs.push((at(local, &parent_alias, &name), context.own(target)?));
    }
    owners.finish(&mut selected, condition)?;
    let is_parent = match (&relation.through, pairs.as_slice()) {
        (Some(through), [(local, target)]) => {
            let between = find_collection(context.statements.collections, &through.collection)?;
            let here = names::column(between, find_field(between, &through.local_key)?)?;
            let there = names::column(between, find_field(between, &through.target_key)?)?;
            let mut links = Query::select();
            // records that are linked twice are related once
            links
                .distinct()
                .expr_as(here.expr.clone(), Alias::new("local"))
                .expr_as(there.expr.clone(), Alias::new("target"));
            names::from(&mut links, between);
            let (here, there) = (at(here, &link_alias, "local"), at(there, &link_alias, "target"));
            let (left, right) = dialect.linked(target, &there, target);
            inner.join_subquery(JoinType::InnerJoin, links, Alias::new(&link_alias), left.eq(right));
            let (left, right) = dialect.linked(&here, local, local);
            left.eq(right)
        }
        _ => pairs.iter().fold(Expr::value(true), |all, (local, target)| {
            let (left, right) = dialect.linked(target, local, local);
            all.and(left.eq(right))
        }),
    };
    inner.join_subquery(JoinType::InnerJoin, selected, Alias::new(&parent_alias), is_parent);
    let label = at(label, &parent_alias, "label");
    inner.expr_as(label.expr.clone(), Alias::new(KEY));
    Ok(Some(label))
}
