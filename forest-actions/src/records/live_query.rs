//! Live-query segments: SQL from the back office that arrives with a request.
//!
//! Only granted texts and unions of them may run, and only if they read (SEL-17). Variables become bound parameters. The
//! source runs the query as a subquery in a read-only transaction.

use serde_json::Value as Json;

use super::condition::{LiveQuery, QueryPiece};
use super::error::QueryError;
use super::value::{Decimal, Value};
use super::variables::{Part, Variables, parts, value_of};
use crate::caller::Caller;

/// Maximum length of a query, in bytes.
const MAX_QUERY: usize = 100_000;

/// The text with which the back office joins several granted queries.
const UNION: &str = "/*MULTI-SEGMENTS-QUERIES-UNION*/ UNION ";

/// A query that may run on one connection; `None` is the default connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct GrantedQuery {
    pub(crate) connection: Option<String>,
    pub(crate) sql: String,
}

/// The queries that a caller may run on one collection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct LiveQueries(pub(crate) Vec<GrantedQuery>);

impl LiveQueries {
    /// Checks a query from a request, which must be granted for the connection that the request names.
    pub(crate) fn check(
        &self,
        sql: &str,
        connection: Option<&str>,
        collection: &str,
        caller: &Caller,
        variables: &dyn Variables,
    ) -> Result<LiveQuery, QueryError> {
        if statement(sql).is_empty() {
            return Err(QueryError::EmptyLiveQuery);
        }
        let is_granted = |part: &str| {
            self.0
                .iter()
                .any(|granted| granted.connection.as_deref() == connection && statement(&granted.sql) == part)
        };
        let whole = statement(sql);
        // a granted text may itself be a union
        let selects: Vec<&str> = if is_granted(whole) {
            vec![whole]
        } else {
            whole.split(UNION).map(statement).collect()
        };
        if sql.len() > MAX_QUERY || !selects.iter().copied().all(is_granted) {
            return Err(QueryError::LiveQueryNotGranted {
                user: caller.email.clone(),
                collection: collection.to_owned(),
            });
        }
        let mut pieces = Vec::new();
        for (index, select) in selects.into_iter().enumerate() {
            if select.contains(';') {
                return Err(QueryError::ChainedLiveQuery);
            }
            if !is_select(select) {
                return Err(QueryError::NotASelect);
            }
            if index > 0 {
                push_text(&mut pieces, "UNION\n");
            }
            bind(select, variables, &mut pieces)?;
            // ends a comment at the end of the text
            push_text(&mut pieces, "\n");
        }
        Ok(LiveQuery::new(connection.map(str::to_owned), pieces))
    }
}

/// The text without surrounding blanks and final semicolons.
fn statement(sql: &str) -> &str {
    sql.trim()
        .trim_end_matches(|last: char| last == ';' || last.is_whitespace())
}

/// Accepts `SELECT … FROM …`, ignoring case.
fn is_select(sql: &str) -> bool {
    let lower = sql.to_ascii_lowercase();
    let Some(rest) = lower.strip_prefix("select") else {
        return false;
    };
    rest.starts_with(char::is_whitespace)
        && rest.match_indices("from").any(|(at, word)| {
            rest.get(at + word.len()..)
                .is_some_and(|after| after.starts_with(char::is_whitespace))
        })
}

/// Appends the text with a bound value for each variable. Inside quotes, a placeholder would be part of the text.
fn bind(sql: &str, variables: &dyn Variables, pieces: &mut Vec<QueryPiece>) -> Result<(), QueryError> {
    let mut context = Context::Code;
    for part in parts(sql) {
        match part {
            Part::Text(text) => {
                context = context.after(text);
                push_text(pieces, text);
            }
            Part::Variable(name) if context == Context::Code => {
                pieces.push(QueryPiece::Value(bound(name, value_of(name, variables)?)?));
            }
            Part::Variable(name) => {
                return Err(QueryError::QuotedVariable(name.to_owned()));
            }
        }
    }
    Ok(())
}

fn bound(name: &str, value: Json) -> Result<Value, QueryError> {
    match value {
        Json::String(text) => Ok(Value::Text(text)),
        Json::Bool(flag) => Ok(Value::Boolean(flag)),
        Json::Number(number) => Ok(match number.as_i64() {
            Some(whole) => Value::Integer(whole),
            None => Decimal::parse(&number.to_string()).map_or(Value::Text(number.to_string()), Value::Decimal),
        }),
        Json::Null | Json::Array(_) | Json::Object(_) => Err(QueryError::NotASingleValue(name.to_owned())),
    }
}

fn push_text(pieces: &mut Vec<QueryPiece>, text: &str) {
    match pieces.last_mut() {
        Some(QueryPiece::Text(last)) => last.push_str(text),
        _ => pieces.push(QueryPiece::Text(text.to_owned())),
    }
}

/// The lexical context of a position in SQL. Dialects differ in escapes and quotes; in the worst case a variable is refused,
/// or the database rejects the placeholder, since a value is never part of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Context {
    Code,
    Quoted(char),
    LineComment,
    BlockComment,
}

impl Context {
    /// The context at the end of `text`.
    fn after(mut self, text: &str) -> Self {
        let mut characters = text.chars().peekable();
        while let Some(character) = characters.next() {
            let next = characters.peek().copied();
            self = match (self, character) {
                // a doubled quote closes and opens again
                (Self::Code, '\'' | '"' | '`') => Self::Quoted(character),
                (Self::Code, '-') if next == Some('-') => Self::LineComment,
                (Self::Code, '/') if next == Some('*') => {
                    characters.next();
                    Self::BlockComment
                }
                (Self::Quoted(quote), _) if character == quote => Self::Code,
                (Self::LineComment, '\n') => Self::Code,
                (Self::BlockComment, '*') if next == Some('/') => {
                    characters.next();
                    Self::Code
                }
                (context, _) => context,
            };
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn granted(queries: &[&str]) -> LiveQueries {
        LiveQueries(
            queries
                .iter()
                .map(|sql| GrantedQuery {
                    connection: None,
                    sql: (*sql).to_owned(),
                })
                .collect(),
        )
    }

    fn check(queries: &LiveQueries, sql: &str, connection: Option<&str>) -> Result<LiveQuery, (u16, String)> {
        let mut caller = Caller::new("7", "ada@example.com");
        caller.tags.insert("city".into(), "Paris' OR 1=1 --".into());
        queries
            .check(sql, connection, "companies", &caller, &caller)
            .map_err(QueryError::answered)
    }

    fn text(query: &LiveQuery) -> String {
        query
            .pieces
            .iter()
            .map(|piece| match piece {
                QueryPiece::Text(text) => text.clone(),
                QueryPiece::Value(value) => format!("<{value:?}>"),
            })
            .collect()
    }

    const LARGE: &str = "SELECT id FROM companies WHERE employees > 100";
    const FOOD: &str = "select id from companies where industry = 'food';";

    #[test]
    fn sel_17_only_granted_queries_run_alone_or_in_a_union() {
        let queries = granted(&[LARGE, FOOD]);
        let food = FOOD.trim_end_matches(';');
        for (sql, expected) in [
            (LARGE.to_owned(), format!("{LARGE}\n")),
            (format!("  {LARGE} ;; \n"), format!("{LARGE}\n")),
            (FOOD.to_owned(), format!("{food}\n")),
            (food.to_owned(), format!("{food}\n")),
            (format!("{LARGE}{UNION}{FOOD}"), format!("{LARGE}\nUNION\n{food}\n")),
            (format!("{LARGE};{UNION}{FOOD}"), format!("{LARGE}\nUNION\n{food}\n")),
            (
                format!("{LARGE}{UNION}{food}{UNION}{LARGE}"),
                format!("{LARGE}\nUNION\n{food}\nUNION\n{LARGE}\n"),
            ),
        ] {
            assert_eq!(
                check(&queries, &sql, None).map(|query| text(&query)),
                Ok(expected),
                "{sql}"
            );
        }
        for sql in [
            "SELECT id FROM companies".to_owned(),
            LARGE.to_lowercase(),
            format!("{LARGE} OR 1 = 1"),
            format!("{LARGE} UNION {FOOD}"),
            format!("{LARGE}{UNION}SELECT id FROM users"),
            format!("{LARGE}{UNION}"),
            format!("{UNION}{LARGE}"),
            format!("{LARGE}; DROP TABLE companies"),
            format!("{LARGE}\0"),
            "DROP TABLE companies".to_owned(),
            "x".repeat(200_000),
        ] {
            let (status, text) = check(&queries, &sql, None).unwrap_err();
            assert_eq!(status, 403, "{sql}");
            assert_eq!(
                text,
                "User ada@example.com is not authorized to browse on collection companies"
            );
        }
        assert_eq!(check(&granted(&[]), LARGE, None).unwrap_err().0, 403);
    }

    #[test]
    fn sel_17_a_granted_query_must_be_a_single_read() {
        let chained = "SELECT id FROM a; DELETE FROM a";
        let delete = "DELETE FROM a";
        let with = "WITH gone AS (DELETE FROM a RETURNING id) SELECT id FROM gone";
        let queries = granted(&[
            chained,
            delete,
            with,
            "SELECT 1",
            "selectid from a",
            "SELECT id FROMa",
            "",
        ]);
        let only = "Only SELECT queries are allowed.";
        for (sql, expected) in [
            ("", "You cannot execute an empty SQL query."),
            (" ; ", "You cannot execute an empty SQL query."),
            (chained, "You cannot chain SQL queries."),
            (delete, only),
            (with, only),
            ("SELECT 1", only),
            ("selectid from a", only),
            ("SELECT id FROMa", only),
        ] {
            assert_eq!(check(&queries, sql, None), Err((422, expected.to_owned())), "{sql}");
        }
        let lines = "Select\n\tid\nfrom\n\ta -- all of them";
        assert_eq!(
            text(&check(&granted(&[lines]), lines, None).unwrap()),
            format!("{lines}\n")
        );
    }

    #[test]
    fn sel_02_a_query_is_granted_for_one_connection() {
        let queries = LiveQueries(vec![GrantedQuery {
            connection: Some("main".into()),
            sql: LARGE.into(),
        }]);
        assert_eq!(
            check(&queries, LARGE, Some("main")).unwrap().connection.as_deref(),
            Some("main")
        );
        assert_eq!(check(&queries, LARGE, Some("other")).unwrap_err().0, 403);
        assert_eq!(check(&queries, LARGE, None).unwrap_err().0, 403);
        assert_eq!(check(&granted(&[LARGE]), LARGE, Some("main")).unwrap_err().0, 403);
    }

    #[test]
    fn sel_16_variables_of_a_query_are_bound() {
        let sql =
            "SELECT id FROM a WHERE owner = {{currentUser.id}} AND city = {{ currentUser.tags.city }} AND b = '{x}'";
        let query = check(&granted(&[sql]), sql, None).unwrap();
        assert_eq!(
            text(&query),
            "SELECT id FROM a WHERE owner = <Integer(7)> AND city = <Text(\"Paris' OR 1=1 --\")> AND b = '{x}'\n"
        );
        let unknown = "SELECT id FROM a WHERE b = {{currentUser.nope}}";
        let (status, text) = check(&granted(&[unknown]), unknown, None).unwrap_err();
        assert_eq!(status, 403);
        assert!(text.contains("'currentUser.nope'"), "{text}");
        for sql in [
            "SELECT id FROM a WHERE b = '{{currentUser.id}}'",
            "SELECT id FROM a WHERE b = 'it''s {{currentUser.id}}'",
            "SELECT id FROM a WHERE \"{{currentUser.id}}\" = 1",
            "SELECT id FROM a -- {{currentUser.id}}",
            "SELECT id FROM a /* '\n {{currentUser.id}} */",
        ] {
            let (status, text) = check(&granted(&[sql]), sql, None).unwrap_err();
            assert_eq!(status, 422, "{sql}");
            assert!(text.contains("must stand alone"), "{text}");
        }
        let quoted_before = "SELECT id FROM a WHERE c = 'it''s' /* ' */ -- '\nAND b = {{currentUser.id}}";
        assert!(check(&granted(&[quoted_before]), quoted_before, None).is_ok());
    }
}
