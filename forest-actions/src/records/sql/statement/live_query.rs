//! Live queries as subqueries.
//!
//! The text of a granted live query reaches the database unchanged. It is only scanned, to be sure that brackets and quotes
//! are closed, and that it is one statement without a placeholder that would take one of our values. Whether the query
//! is granted is decided before.

use sea_query::{Alias, Expr, Query};

use super::condition::Clause;
use super::lists::row_of;
use super::live_text::Scanner;
use super::names::Context;
use super::{Statement, StatementError};
use crate::records::condition::{Condition, LiveQuery, QueryPiece};
use crate::records::sql::engine::Dialect;
use crate::records::value::Value;
use crate::text::one_line;

/// The column names of each live query of a condition, in the order of [`find`].
#[derive(Debug, Clone, Default)]
pub(crate) struct LiveColumns(pub(crate) Vec<Vec<String>>);

/// The live queries of a condition.
pub(crate) fn find(condition: &Condition) -> Vec<&LiveQuery> {
    match condition {
        Condition::All(conditions) | Condition::Any(conditions) => conditions.iter().flat_map(find).collect(),
        Condition::Query(query) => vec![query],
        _ => Vec::new(),
    }
}

/// A statement with the columns of the live query, to be prepared and not run.
pub(crate) fn probe(dialect: &dyn Dialect, query: &LiveQuery) -> Result<Statement, StatementError> {
    let mut select = Query::select();
    select.expr(enclosed(dialect, query, Expr::cust("*"))?);
    let (sql, values) = dialect.build(&select);
    Ok(Statement {
        // the subquery alone, without the `SELECT` of an expression
        sql: sql.strip_prefix("SELECT ").unwrap_or(&sql).into(),
        values,
        has_live_query: true,
    })
}

/// Tests whether the key is in the result of the query, as a column with the key's name, else as a column `id`.
///
/// The columns are qualified: a bare name that the query lacks would refer to the outer table and restrict nothing.
pub(super) fn clause(context: &mut Context<'_>, query: &LiveQuery) -> Result<Clause, StatementError> {
    let root = context.root;
    let position = context.live_queries;
    context.live_queries += 1;
    let key = context.key()?;
    let mut names: Vec<&str> = root.model.key_fields().map(|field| field.stored_name()).collect();
    if names.is_empty() {
        return Err(StatementError::InvalidLiveQuery);
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
    let key = row_of(key.into_iter().map(|column| column.expr).collect());
    Ok(Clause::Test(template(
        context.dialect(),
        &["", " IN (", ")"],
        vec![key, values],
    )))
}

/// `SELECT … FROM (the text) AS live_query`.
fn enclosed(dialect: &dyn Dialect, query: &LiveQuery, columns: Expr) -> Result<Expr, StatementError> {
    let mut text = Scanner::new(dialect.live_syntax());
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
        tracing::warn!(reason = one_line(reason), "a live query was refused");
        return Err(StatementError::InvalidLiveQuery);
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
fn sequence(dialect: &dyn Dialect, separator: &str, expressions: Vec<Expr>) -> Expr {
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

/// Expressions between fixed texts, which contain no placeholder. Text in the expressions is not searched for
/// placeholders.
fn template(dialect: &dyn Dialect, texts: &[&str], expressions: Vec<Expr>) -> Expr {
    let mut sql = String::new();
    for (position, text) in texts.iter().enumerate() {
        if position > 0 && position <= expressions.len() {
            sql.push_str(&dialect.placeholder(position));
        }
        sql.push_str(text);
    }
    Expr::cust_with_exprs(sql, expressions)
}

/// Binds a variable. The type that it is compared with is unknown, so the query has to cast where types differ.
fn bound(dialect: &dyn Dialect, value: &Value) -> Expr {
    dialect.live_value(value).unwrap_or_else(|| match value {
        Value::Integer(number) => Expr::val(*number),
        Value::Boolean(flag) => Expr::val(*flag),
        Value::Binary(bytes) => Expr::val(bytes.clone()),
        other => Expr::val(other.to_string()),
    })
}
