//! The SQL of SQLite.

use sea_query::{Alias, BinOper, Expr, ExprTrait as _, Func, Query, SelectStatement};

use super::comparison::{self, Comparison};
use super::{aggregates, stored};
use crate::records::aggregate::Aggregator;
use crate::records::sql::Storage;
use crate::records::sql::engine::Dialect;
use crate::records::sql::statement::{
    Clause, Column, KeyValue, LiveSyntax, Membership, StatementError, WriteStatement, possible_rows, row_of,
};
use crate::records::value::Value;
use crate::records::value_type::ValueType;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Sqlite;

impl Dialect for Sqlite {
    fn build(&self, select: &SelectStatement) -> (String, sea_query::Values) {
        select.build(sea_query::SqliteQueryBuilder)
    }

    fn build_write(&self, statement: &WriteStatement) -> (String, sea_query::Values) {
        statement.build(sea_query::SqliteQueryBuilder)
    }

    fn stored(&self, column: &Column<'_>, value: &Value) -> Result<Option<Expr>, StatementError> {
        Ok(stored::stored(column, value))
    }

    fn placeholder(&self, _: usize) -> String {
        "?".to_owned()
    }

    fn operands(&self, column: &Column<'_>, value: &Value) -> Result<Option<(Expr, Expr)>, StatementError> {
        let comparison = Comparison::new(column)?;
        Ok(comparison.scalar(value)?.map(|right| (comparison.left, right)))
    }

    fn key_value(&self, column: &Column<'_>) -> Option<KeyValue> {
        Some(match (&column.field.value_type, column.stored.storage) {
            (ValueType::Integer, _) => KeyValue::Integer,
            (ValueType::Text | ValueType::Enum, _) => KeyValue::Text,
            (ValueType::Uuid, Storage::Bytes) => KeyValue::UuidBytes,
            (ValueType::Uuid, _) => KeyValue::UuidText,
            _ => return None,
        })
    }

    /// Texts depend on affinities and collations, and UUIDs on their storage.
    fn compares_alike(&self, left: &Column<'_>, right: &Column<'_>) -> bool {
        left.field.value_type == ValueType::Integer && right.field.value_type == ValueType::Integer
    }

    fn compared(&self, column: &Column<'_>) -> Result<Expr, StatementError> {
        Comparison::new(column).map(|comparison| comparison.left)
    }

    /// `"id" IN (SELECT value FROM json_each(?))`, which uses an index of the column and applies its affinity to the
    /// values.
    fn membership(
        &self,
        columns: &[Column<'_>],
        rows: &mut dyn Iterator<Item = &[Value]>,
        membership: Membership,
    ) -> Result<Option<Expr>, StatementError> {
        let comparisons = columns.iter().map(|column| match membership {
            Membership::In | Membership::NotIn => Comparison::new(column),
            Membership::Excluded => Comparison::new(column).map(Comparison::folded),
        });
        let comparisons = comparisons.collect::<Result<Vec<_>, _>>()?;
        let mut list = Vec::new();
        for parts in possible_rows(&comparisons, rows, |comparison, value| comparison.element(value)) {
            let mut parts = parts?;
            match parts.len() {
                1 => list.append(&mut parts),
                _ => list.push(serde_json::Value::Array(parts)),
            }
        }
        if list.is_empty() {
            return Ok(None);
        }
        let list = Expr::val(serde_json::Value::Array(list).to_string());
        let element = || Expr::col((Alias::new("listed"), Alias::new("value")));
        let mut values = Query::select();
        if let [comparison] = comparisons.as_slice() {
            values.expr(comparison.extracted(element()));
        } else {
            for (position, comparison) in comparisons.iter().enumerate() {
                let path = Expr::Constant(format!("$[{position}]").into());
                values.expr(comparison.extracted(Func::cust("json_extract").arg(element()).arg(path).into()));
            }
        }
        values.from_function(Func::cust("json_each").arg(list), Alias::new("listed"));
        let left = row_of(comparisons.into_iter().map(|comparison| comparison.left).collect());
        Ok(Some(match membership {
            Membership::In => left.in_subquery(values),
            Membership::NotIn | Membership::Excluded => left.not_in_subquery(values),
        }))
    }

    fn has_all(&self, column: &Column<'_>, _: &[Value]) -> Result<Clause, StatementError> {
        Err(no_lists(column))
    }

    fn has_none(&self, column: &Column<'_>, _: &[Value]) -> Result<Clause, StatementError> {
        Err(no_lists(column))
    }

    fn index_hint(&self, column: &Column<'_>, operator: BinOper, value: &Value) -> Option<Expr> {
        comparison::index_hint(column, operator, value)
    }

    fn order_classes(&self, column: &Column<'_>) -> Vec<Expr> {
        comparison::order_classes(column)
    }

    /// Each value has its storage class with it, so any column can be read as it is.
    fn read(&self, column: &Column<'_>) -> (Expr, bool) {
        (comparison::shown(column), false)
    }

    /// A moment has many spellings in SQLite, and a key must be the stored one: two records within one millisecond are two.
    fn key_type(&self, value_type: &ValueType) -> ValueType {
        match value_type {
            ValueType::Instant | ValueType::Day | ValueType::Time => ValueType::Text,
            other => other.clone(),
        }
    }

    /// JSON of SQLite has no bytes, ends a text at a NUL, and rounds.
    fn can_list(&self, key: &Column<'_>) -> bool {
        !key.field.is_dynamic
            && match key.field.value_type {
                ValueType::Integer => true,
                ValueType::Uuid => key.stored.storage == Storage::Text,
                _ => false,
            }
    }

    fn key_list(&self, page: SelectStatement) -> SelectStatement {
        let key = Expr::col((Alias::new("page"), Alias::new("key")));
        let mut list = Query::select();
        list.expr(Func::cust("json_group_array").arg(key))
            .from_subquery(page, Alias::new("page"));
        list
    }

    /// Values that are shown alike are one group.
    fn grouped(&self, column: &Column<'_>) -> Expr {
        comparison::shown(column)
    }

    fn aggregated(&self, aggregator: Aggregator, column: &Column<'_>) -> Result<(Expr, Expr), StatementError> {
        let aggregate = aggregates::aggregated(aggregator, column)?;
        Ok((aggregate.clone(), aggregate))
    }

    fn interval(&self, column: &Column<'_>, bounds: &[Value]) -> Result<Expr, StatementError> {
        aggregates::interval(column, bounds)
    }

    /// A subquery with a limit is not flattened.
    fn keep_apart(&self, subquery: &mut SelectStatement) {
        subquery.limit(i64::MAX.unsigned_abs());
    }

    fn live_syntax(&self) -> LiveSyntax {
        LiveSyntax {
            nests_comments: false,
            has_escapes: false,
            has_other_quotes: true,
        }
    }

    fn live_value(&self, value: &Value) -> Option<Expr> {
        match value {
            Value::Decimal(number) => Some(Expr::val(number.to_f64())),
            _ => None,
        }
    }
}

fn no_lists(column: &Column<'_>) -> StatementError {
    StatementError::unsupported(column, "cannot be tested for elements: SQLite has no lists")
}
