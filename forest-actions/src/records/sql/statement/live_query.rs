//! Live queries: SQL that somebody wrote in the back office, and that was granted, as a subquery.
//!
//! Owns how it is enclosed. Its text reaches the database as it is; it is only read here, to be sure that it ends where
//! it seems to: brackets and quotes are closed, there is one statement, and no placeholder that would take one of our
//! values. Whether it was granted is decided before.

use sea_query::{Alias, Expr, Query};

use super::condition::Clause;
use super::lists::row_of;
use super::names::Context;
use super::{Dialect, Statement};
use crate::records::condition::{Condition, LiveQuery, QueryPiece};
use crate::records::error::RecordError;
use crate::records::sql::live_text::LiveText;
use crate::records::value::Value;

/// What users read when a live query does not work; the reason is in the log.
pub(in crate::records::sql) const INVALID: &str = "Invalid SQL query for this Live Query segment";

/// The names of the columns of each live query of a condition, in the order of [`find`].
#[derive(Debug, Clone, Default)]
pub(in crate::records::sql) struct LiveColumns(pub(in crate::records::sql) Vec<Vec<String>>);

/// The live queries of a condition.
pub(in crate::records::sql) fn find(condition: &Condition) -> Vec<&LiveQuery> {
    match condition {
        Condition::All(conditions) | Condition::Any(conditions) => conditions.iter().flat_map(find).collect(),
        Condition::Query(query) => vec![query],
        _ => Vec::new(),
    }
}

/// A statement that has the columns of the live query; it is prepared, and never run.
pub(in crate::records::sql) fn probe(dialect: Dialect, query: &LiveQuery) -> Result<Statement, RecordError> {
    let mut select = Query::select();
    select.expr(enclosed(dialect, query, Expr::cust("*"))?);
    let (sql, values) = dialect.build(&select);
    Ok(Statement {
        // the subquery is a statement of its own, without what surrounds an expression
        sql: sql.strip_prefix("SELECT ").unwrap_or(&sql).to_owned(),
        values,
        has_live_query: true,
    })
}

/// The key is in the result of the query, as a column of the key's name, else as a column `id`.
///
/// The columns are qualified: a bare name that the query lacks would be that of the table outside, and no restriction.
pub(super) fn clause(context: &mut Context<'_>, query: &LiveQuery) -> Result<Clause, RecordError> {
    let root = context.root;
    let position = context.live_queries;
    context.live_queries += 1;
    let key = context.key()?;
    let mut names: Vec<&str> = root.model.key_fields().map(|field| field.stored_name()).collect();
    if names.is_empty() {
        return Err(RecordError::unsupported(INVALID));
    }
    let known = context
        .statements
        .live_columns
        .and_then(|columns| columns.0.get(position));
    if let (Some(known), [only]) = (known, names.as_mut_slice())
        && !known.iter().any(|column| column == only)
    {
        *only = "id";
    }
    let columns: Vec<Expr> = names
        .into_iter()
        .map(|name| Expr::col((Alias::new("live_query"), Alias::new(name))))
        .collect();
    let columns = sequence(context.dialect(), ",", columns);
    let values = enclosed(context.dialect(), query, columns)?;
    let key = row_of(key.into_iter().map(|column| column.expr));
    Ok(Clause::Test(template(
        context.dialect(),
        &["", " IN (", ")"],
        vec![key, values],
    )))
}

/// `SELECT … FROM (the text) AS live_query`.
fn enclosed(dialect: Dialect, query: &LiveQuery, columns: Expr) -> Result<Expr, RecordError> {
    let mut text = LiveText::new(dialect);
    let mut pieces = Vec::new();
    for piece in &query.pieces {
        pieces.push(match piece {
            QueryPiece::Text(sql) => {
                text.read(sql);
                Expr::cust(sql.clone())
            }
            QueryPiece::Value(value) => {
                text.read_value();
                bound(dialect, value)
            }
        });
    }
    if let Err(reason) = text.end() {
        tracing::warn!(reason, "a live query was refused");
        return Err(RecordError::unsupported(INVALID));
    }
    let text = sequence(dialect, "", pieces);
    // the line break ends a comment
    Ok(template(
        dialect,
        &["SELECT ", " FROM (", "\n) AS live_query"],
        vec![columns, text],
    ))
}

/// Expressions one after the other.
fn sequence(dialect: Dialect, separator: &str, expressions: Vec<Expr>) -> Expr {
    let separator = format!("{separator} ");
    let mut texts = vec![separator.as_str(); expressions.len() + 1];
    if let Some(first) = texts.first_mut() {
        *first = "";
    }
    if let Some(last) = texts.last_mut() {
        *last = "";
    }
    template(dialect, &texts, expressions)
}

/// Expressions between fixed texts. The texts are ours and have no placeholder in them; what stands in the expressions
/// is not looked at.
fn template(dialect: Dialect, texts: &[&str], expressions: Vec<Expr>) -> Expr {
    let mut sql = String::new();
    for (position, text) in texts.iter().enumerate() {
        if position > 0 && position <= expressions.len() {
            match dialect {
                #[cfg(feature = "sqlite")]
                Dialect::Sqlite => sql.push('?'),
                #[cfg(feature = "postgres")]
                Dialect::Postgres => sql.push_str(&format!("${position}")),
            }
        }
        sql.push_str(text);
    }
    Expr::cust_with_exprs(sql, expressions)
}

/// The value of a variable. What it is compared with is unknown, so that a query casts where the types differ.
fn bound(dialect: Dialect, value: &Value) -> Expr {
    match value {
        Value::Integer(number) => Expr::val(*number),
        Value::Boolean(flag) => Expr::val(*flag),
        Value::Binary(bytes) => Expr::val(bytes.clone()),
        Value::Decimal(number) => match dialect {
            #[cfg(feature = "sqlite")]
            Dialect::Sqlite => Expr::val(number.to_f64()),
            #[cfg(feature = "postgres")]
            Dialect::Postgres => super::postgres_types::cast(Expr::val(number.as_str()), "numeric"),
        },
        #[cfg(feature = "postgres")]
        Value::Uuid { value, .. } if dialect == Dialect::Postgres => Expr::val(*value),
        #[cfg(feature = "postgres")]
        Value::Instant(moment) if dialect == Dialect::Postgres => Expr::val(*moment),
        #[cfg(feature = "postgres")]
        Value::Day(day) if dialect == Dialect::Postgres => Expr::val(*day),
        other => Expr::val(other.to_string()),
    }
}
