//! Defaults of columns, from the SQL that a database prints for them. Expressions are not evaluated.

use serde_json::{Number, Value as Json};

use crate::records::value::Decimal;
use crate::records::value_type::ValueType;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum ColumnDefault {
    None,
    Constant(Json),
    /// An expression, or a constant that has no JSON of the column's type.
    Computed,
}

pub(super) fn read(sql: Option<&str>, value_type: &ValueType) -> ColumnDefault {
    let Some(literal) = sql.map(|sql| literal(without_parentheses(sql.trim()))) else {
        return ColumnDefault::None;
    };
    match literal {
        Literal::Null => ColumnDefault::None,
        Literal::Expression => ColumnDefault::Computed,
        Literal::Constant(text) => constant(&text, value_type),
    }
}

#[derive(Debug, PartialEq)]
enum Literal {
    Null,
    /// A text without its quotes, or a number or boolean as it is written.
    Constant(String),
    Expression,
}

fn without_parentheses(mut sql: &str) -> &str {
    while let Some(inner) = sql.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        // `(1) + (2)` is not in parentheses
        if inner.contains(['(', ')']) {
            break;
        }
        sql = inner.trim();
    }
    sql
}

fn literal(sql: &str) -> Literal {
    let (escapes, quoted) = match sql.strip_prefix(['E', 'e']) {
        Some(rest) if rest.starts_with('\'') => (true, rest),
        _ => (false, sql),
    };
    if let Some(quote @ ('\'' | '"')) = quoted.chars().next() {
        return match quoted_text(quoted, quote, escapes) {
            Some((text, rest)) if is_cast(rest) => Literal::Constant(text),
            _ => Literal::Expression,
        };
    }
    let end = sql.find(':').unwrap_or(sql.len());
    let (bare, rest) = sql.split_at(end);
    let bare = without_parentheses(bare.trim());
    let bare = bare.strip_prefix('+').unwrap_or(bare);
    if !is_cast(rest) {
        Literal::Expression
    } else if bare.eq_ignore_ascii_case("null") {
        Literal::Null
    } else if bare.eq_ignore_ascii_case("true") || bare.eq_ignore_ascii_case("false") {
        Literal::Constant(bare.to_ascii_lowercase())
    } else if Decimal::parse(bare).is_some() {
        Literal::Constant(bare.to_owned())
    } else {
        Literal::Expression
    }
}

/// The text between quotes, and the rest after it.
fn quoted_text(sql: &str, quote: char, escapes: bool) -> Option<(String, &str)> {
    let mut text = String::new();
    let mut rest = sql.strip_prefix(quote)?.char_indices().peekable();
    let inner = sql.get(quote.len_utf8()..)?;
    while let Some((index, character)) = rest.next() {
        if character == '\\' && escapes {
            match rest.next()? {
                (_, escaped @ ('\\' | '\'')) => text.push(escaped),
                // other escapes are rare in a default
                _ => return None,
            }
        } else if character != quote {
            text.push(character);
        } else if rest.next_if(|(_, next)| *next == quote).is_some() {
            text.push(quote);
        } else {
            return Some((text, inner.get(index + quote.len_utf8()..)?));
        }
    }
    None
}

/// Accepts an empty text, or `::type` once or more.
fn is_cast(rest: &str) -> bool {
    let rest = rest.trim();
    let mut in_quotes = false;
    let names_a_type = |character: char| character.is_alphanumeric() || " _.,()[]:".contains(character);
    rest.is_empty()
        || rest.strip_prefix("::").is_some_and(|name| {
            !name.trim().is_empty()
                && name.chars().all(|character| {
                    if character == '"' {
                        in_quotes = !in_quotes;
                        return true;
                    }
                    in_quotes || names_a_type(character)
                })
        })
}

fn constant(text: &str, value_type: &ValueType) -> ColumnDefault {
    let json = match value_type {
        ValueType::Text | ValueType::Enum | ValueType::Time => Some(Json::from(text)),
        ValueType::Uuid => uuid::Uuid::parse_str(text)
            .ok()
            .map(|value| Json::from(value.to_string())),
        ValueType::Integer | ValueType::Decimal => number(text),
        ValueType::Boolean => match text.to_ascii_lowercase().as_str() {
            "true" | "t" | "1" | "yes" | "on" => Some(Json::Bool(true)),
            "false" | "f" | "0" | "no" | "off" => Some(Json::Bool(false)),
            _ => None,
        },
        ValueType::Day => text.parse::<chrono::NaiveDate>().ok().map(|_| Json::from(text)),
        ValueType::Instant => instant(text),
        ValueType::Json => serde_json::from_str(text).ok(),
        ValueType::Point | ValueType::Binary | ValueType::List(_) => None,
    };
    json.map_or(ColumnDefault::Computed, ColumnDefault::Constant)
}

fn number(text: &str) -> Option<Json> {
    let number = Decimal::parse(text)?;
    match number.to_i64() {
        Some(whole) => Some(Json::from(whole)),
        None => Number::from_f64(number.to_f64()).map(Json::Number),
    }
}

/// An instant as databases print it; without a zone it is UTC.
fn instant(text: &str) -> Option<Json> {
    let with_zone = ["%Y-%m-%d %H:%M:%S%.f%#z", "%Y-%m-%dT%H:%M:%S%.f%#z"]
        .iter()
        .find_map(|format| chrono::DateTime::parse_from_str(text, format).ok())
        .map(|instant| instant.to_utc());
    let without_zone = || {
        ["%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%dT%H:%M:%S%.f"]
            .iter()
            .find_map(|format| chrono::NaiveDateTime::parse_from_str(text, format).ok())
            .map(|instant| instant.and_utc())
    };
    let instant = with_zone.or_else(without_zone)?;
    Some(Json::from(instant.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn default_of(sql: &str, value_type: ValueType) -> ColumnDefault {
        read(Some(sql), &value_type)
    }

    #[test]
    fn constants_take_the_type_of_their_column() {
        for (sql, value_type, expected) in [
            ("'pending'::character varying", ValueType::Text, json!("pending")),
            ("'it''s'::text", ValueType::Text, json!("it's")),
            (r"E'back\\slash'::text", ValueType::Text, json!(r"back\slash")),
            ("'live'::\"my schema\".\"the ''status\"", ValueType::Enum, json!("live")),
            ("\"quoted\"", ValueType::Text, json!("quoted")),
            ("42", ValueType::Text, json!("42")),
            ("42", ValueType::Integer, json!(42)),
            ("+7", ValueType::Integer, json!(7)),
            ("(-1)", ValueType::Integer, json!(-1)),
            ("'-1'::integer", ValueType::Integer, json!(-1)),
            ("0.5", ValueType::Decimal, json!(0.5)),
            ("'10.00'::numeric(12,2)", ValueType::Decimal, json!(10)),
            ("true", ValueType::Boolean, json!(true)),
            ("FALSE", ValueType::Boolean, json!(false)),
            ("0", ValueType::Boolean, json!(false)),
            ("'2024-05-15'::date", ValueType::Day, json!("2024-05-15")),
            (
                "'2024-05-15 12:30:00+02'::timestamp with time zone",
                ValueType::Instant,
                json!("2024-05-15T10:30:00.000Z"),
            ),
            ("'{\"a\": [1]}'::jsonb", ValueType::Json, json!({"a": [1]})),
            (
                "'7C9E6679-7425-40DE-944B-E07FC1F90AE7'",
                ValueType::Uuid,
                json!("7c9e6679-7425-40de-944b-e07fc1f90ae7"),
            ),
        ] {
            assert_eq!(default_of(sql, value_type), ColumnDefault::Constant(expected), "{sql}");
        }
    }

    #[test]
    fn expressions_are_computed_by_the_database() {
        for (sql, value_type) in [
            ("now()", ValueType::Instant),
            ("CURRENT_TIMESTAMP", ValueType::Instant),
            ("('now'::text)::date", ValueType::Day),
            ("gen_random_uuid()", ValueType::Uuid),
            ("nextval('a_id_seq'::regclass)", ValueType::Integer),
            ("'a'::text || 'b'::text", ValueType::Text),
            ("(1) + (2)", ValueType::Integer),
            ("1 + 2", ValueType::Integer),
            ("'many'", ValueType::Integer),
            ("x'00'", ValueType::Binary),
            ("'{}'::text[]", ValueType::List(Box::new(ValueType::Text))),
            ("'unclosed", ValueType::Text),
            (r"E'tab\t'::text", ValueType::Text),
            ("abs(1)::integer", ValueType::Integer),
            ("", ValueType::Text),
        ] {
            assert_eq!(default_of(sql, value_type), ColumnDefault::Computed, "{sql}");
        }
    }

    #[test]
    fn null_is_no_default() {
        assert_eq!(read(None, &ValueType::Boolean), ColumnDefault::None);
        assert_eq!(default_of("NULL", ValueType::Text), ColumnDefault::None);
        assert_eq!(
            default_of("NULL::character varying", ValueType::Text),
            ColumnDefault::None
        );
    }
}
