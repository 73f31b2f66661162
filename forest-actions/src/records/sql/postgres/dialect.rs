//! The SQL of PostgreSQL.

use sea_query::{Alias, Expr, ExprTrait as _, Func, LockType, Query, SelectStatement};

use super::comparison::Comparison;
use super::kind::{self, Kind, cast};
use super::{aggregates, lists, stored, types};
use crate::records::aggregate::Aggregator;
use crate::records::sql::engine::Dialect;
use crate::records::sql::statement::{
    Clause, Column, KeyValue, LiveSyntax, Membership, StatementError, WriteStatement, possible_rows, row_of,
};
use crate::records::value::Value;
use crate::records::value_type::ValueType;

#[derive(Debug, Clone, Copy)]
pub(crate) struct Postgres;

impl Dialect for Postgres {
    fn build(&self, select: &SelectStatement) -> (String, sea_query::Values) {
        select.build(sea_query::PostgresQueryBuilder)
    }

    fn build_write(&self, statement: &WriteStatement) -> (String, sea_query::Values) {
        statement.build(sea_query::PostgresQueryBuilder)
    }

    fn stored(&self, column: &Column<'_>, value: &Value) -> Result<Option<Expr>, StatementError> {
        Ok(stored::stored(column, value))
    }

    /// Only the table itself: rows of a joined relation may be missing, and are not locked.
    fn lock_rows(&self, select: &mut SelectStatement, table: &str) {
        select.lock_with_tables(LockType::Update, [Alias::new(table)]);
    }

    fn placeholder(&self, position: usize) -> String {
        format!("${position}")
    }

    fn operands(&self, column: &Column<'_>, value: &Value) -> Result<Option<(Expr, Expr)>, StatementError> {
        let comparison = Comparison::new(column);
        Ok(comparison.scalar(value)?.map(|right| (comparison.left, right)))
    }

    fn key_value(&self, column: &Column<'_>) -> Option<KeyValue> {
        Some(match (Kind::of(column), &column.field.value_type) {
            (Kind::Integer(_), ValueType::Integer) => KeyValue::Integer,
            (Kind::Text, ValueType::Text) => KeyValue::Text,
            (Kind::Uuid, ValueType::Uuid) => KeyValue::Uuid,
            _ => return None,
        })
    }

    fn compares_alike(&self, left: &Column<'_>, right: &Column<'_>) -> bool {
        let is_plain = |column: &Column<'_>| column.stored.base.is_none() && !column.field.is_computed;
        let is_alike = match (Kind::of(left), Kind::of(right)) {
            (Kind::Integer(_), Kind::Integer(_)) | (Kind::Uuid, Kind::Uuid) => true,
            (Kind::Text, Kind::Text) => left.stored.collation == right.stored.collation,
            _ => false,
        };
        is_alike && left.field.value_type == right.field.value_type && is_plain(left) && is_plain(right)
    }

    fn linked(&self, left: &Column<'_>, right: &Column<'_>, referenced: &Column<'_>) -> (Expr, Expr) {
        kind::linked(left, right, referenced)
    }

    fn compared(&self, column: &Column<'_>) -> Result<Expr, StatementError> {
        Ok(Comparison::new(column).left)
    }

    /// `"id" = ANY($1)`, and for several columns `("a", "b") IN (SELECT * FROM unnest($1, $2))`.
    fn membership(
        &self,
        columns: &[Column<'_>],
        rows: &mut dyn Iterator<Item = &[Value]>,
        membership: Membership,
    ) -> Result<Option<Expr>, StatementError> {
        let comparisons: Vec<_> = columns.iter().map(Comparison::new).collect();
        let mut lists: Vec<Vec<sea_query::Value>> = comparisons.iter().map(|_| Vec::new()).collect();
        for parts in possible_rows(&comparisons, rows, |comparison, value| comparison.element(value)) {
            for (list, part) in lists.iter_mut().zip(parts?) {
                list.push(part);
            }
        }
        if lists.first().is_none_or(Vec::is_empty) {
            return Ok(None);
        }
        let arrays = comparisons
            .iter()
            .zip(lists)
            .map(|(comparison, list)| comparison.array(list));
        let mut arrays: Vec<Expr> = arrays.collect();
        let is_single = comparisons.len() == 1;
        let left = row_of(comparisons.into_iter().map(|comparison| comparison.left).collect());
        if is_single {
            return Ok(arrays.pop().map(|array| match membership {
                Membership::In => left.eq(Func::cust("ANY").arg(array)),
                Membership::NotIn | Membership::Excluded => left.ne(Func::cust("ALL").arg(array)),
            }));
        }
        let mut values = Query::select();
        values
            .expr(Expr::cust("*"))
            .from_function(Func::cust("unnest").args(arrays), Alias::new("listed"));
        Ok(Some(match membership {
            Membership::In => left.in_subquery(values),
            Membership::NotIn | Membership::Excluded => left.not_in_subquery(values),
        }))
    }

    fn has_all(&self, column: &Column<'_>, values: &[Value]) -> Result<Clause, StatementError> {
        lists::has_all(column, values)
    }

    fn has_none(&self, column: &Column<'_>, values: &[Value]) -> Result<Clause, StatementError> {
        lists::has_none(column, values)
    }

    fn read(&self, column: &Column<'_>) -> (Expr, bool) {
        kind::read(column)
    }

    /// Lists only types of which the driver decodes an array.
    fn can_list(&self, key: &Column<'_>) -> bool {
        !key.field.is_computed
            && key.stored.base.is_none()
            && match (Kind::of(key), &key.field.value_type) {
                (Kind::Integer(_), ValueType::Integer) | (Kind::Uuid, ValueType::Uuid) => true,
                (Kind::Text, ValueType::Text) => key.stored.cast != "name",
                _ => false,
            }
    }

    fn key_list(&self, page: SelectStatement) -> SelectStatement {
        let mut list = Query::select();
        list.expr(Func::cust("ARRAY").arg(Expr::SubQuery(None, Box::new(page.into()))));
        list
    }

    fn aggregated(&self, aggregator: Aggregator, column: &Column<'_>) -> Result<(Expr, Expr), StatementError> {
        Ok(aggregates::aggregated(aggregator, column))
    }

    fn interval(&self, column: &Column<'_>, bounds: &[Value]) -> Result<Expr, StatementError> {
        aggregates::interval(column, bounds)
    }

    fn live_syntax(&self) -> LiveSyntax {
        LiveSyntax {
            nests_comments: true,
            has_escapes: true,
            has_other_quotes: false,
        }
    }

    fn live_value(&self, value: &Value) -> Option<Expr> {
        match value {
            Value::Decimal(number) => Some(cast(Expr::val(number.as_str()), "numeric")),
            Value::Uuid { value, .. } => Some(Expr::val(*value)),
            Value::Instant(instant) => Some(Expr::val(*instant)),
            Value::Day(day) => Some(Expr::val(*day)),
            _ => None,
        }
    }

    fn cast_for(&self, value_type: &ValueType) -> String {
        types::cast_for(value_type)
    }

    fn as_text(&self, column: &Column<'_>) -> Expr {
        kind::as_text(column)
    }

    /// No text of PostgreSQL contains a NUL, and binding one is an error.
    fn has_text(&self, text: &str) -> bool {
        !text.contains('\0')
    }

    fn to_the_millisecond<'c>(&self, column: &Column<'c>) -> Column<'c> {
        let mut column = column.clone();
        if let Kind::Instant | Kind::LocalInstant = Kind::of(&column) {
            column.expr = Func::cust("date_trunc")
                .arg(Expr::Constant("milliseconds".into()))
                .arg(column.expr)
                .into();
        }
        column
    }

    fn sortable(&self, column: &Column<'_>) -> Expr {
        match (Kind::of(column), &column.field.value_type) {
            (Kind::Json, _) | (Kind::Other, ValueType::Point | ValueType::Json) => cast(column.expr.clone(), "text"),
            _ => column.expr.clone(),
        }
    }
}
