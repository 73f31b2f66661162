//! Parsing of a login's requests: the rendering id in a body or state, the parameters of a callback.

use std::borrow::Cow;

use serde_json::Value;

use super::problem::Problem;

/// The largest integer that JavaScript represents exactly.
const MAX_ID: u64 = (1 << 53) - 1;
pub(super) const MAX_QUERY: usize = 24 * 1024;

/// The parameters of a callback; empty ones count as absent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct CallbackQuery<'a> {
    pub(super) code: Option<Cow<'a, str>>,
    pub(super) state: Option<Cow<'a, str>>,
    pub(super) error: Option<Cow<'a, str>>,
    pub(super) error_description: Option<Cow<'a, str>>,
}

impl<'a> CallbackQuery<'a> {
    /// # Errors
    /// 400 for a query that is too long or repeats a parameter.
    pub(super) fn parse(query: &'a str) -> Result<Self, Problem> {
        let refused = |text: String| Err(Problem::request("BadRequestError", text));
        if query.len() > MAX_QUERY {
            return refused(format!("the query is longer than {MAX_QUERY} bytes"));
        }
        let mut parsed = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match name.as_ref() {
                "code" => &mut parsed.code,
                "state" => &mut parsed.state,
                "error" => &mut parsed.error,
                "error_description" => &mut parsed.error_description,
                _ => continue,
            };
            if place.is_some() {
                return refused(format!("the query has `{name}` twice"));
            }
            if !value.is_empty() {
                *place = Some(value);
            }
        }
        Ok(parsed)
    }
}

/// Reads the `renderingId` of a body.
///
/// # Errors
/// 400 with the reason.
pub(super) fn requested_rendering(body: &[u8]) -> Result<u64, Problem> {
    // an empty body lacks a rendering, rather than being malformed JSON
    let body: Value = match body.trim_ascii() {
        b"" => Value::Null,
        body => serde_json::from_slice(body).map_err(|error| {
            let text = format!("the request body is not JSON: {error}");
            Problem::request("SyntaxError", text)
        })?,
    };
    rendering_id(body.get("renderingId").unwrap_or(&Value::Null)).map_err(|problem| {
        let text = match problem {
            InvalidRendering::Absent => "Authentication request must contain a renderingId",
            InvalidRendering::Invalid => "The parameter renderingId is not valid",
        };
        Problem::request("ValidationError", text)
    })
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum InvalidRendering {
    Absent,
    Invalid,
}

/// Reads a positive integer, as a number or as digits. Falsy JavaScript values count as absent.
pub(super) fn rendering_id(value: &Value) -> Result<u64, InvalidRendering> {
    let id = match value {
        Value::Null | Value::Bool(false) => return Err(InvalidRendering::Absent),
        Value::String(text) if text.is_empty() => return Err(InvalidRendering::Absent),
        Value::Number(number) if number.as_f64() == Some(0.0) => return Err(InvalidRendering::Absent),
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        // 42.0 is the number 42; a double below the largest id is exact
        Value::Number(number) => number.as_u64().or_else(|| {
            let whole = number.as_f64().filter(|number| number.fract() == 0.0 && *number > 0.0);
            whole
                .filter(|number| *number <= MAX_ID as f64)
                .map(|number| number as u64)
        }),
        _ => None,
    };
    id.filter(|id| (1..=MAX_ID).contains(id))
        .ok_or(InvalidRendering::Invalid)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rendering_id_is_a_number_or_its_digits() {
        for (value, expected) in [
            (json!(42), Ok(42)),
            (json!("42"), Ok(42)),
            (json!("0042"), Ok(42)),
            (json!(42.0), Ok(42)),
            (json!(MAX_ID), Ok(MAX_ID)),
            (json!(MAX_ID + 1), Err(InvalidRendering::Invalid)),
            (json!(1e300), Err(InvalidRendering::Invalid)),
            (json!(-1), Err(InvalidRendering::Invalid)),
            (json!("0"), Err(InvalidRendering::Invalid)),
            (json!(4.5), Err(InvalidRendering::Invalid)),
            (json!("4.5"), Err(InvalidRendering::Invalid)),
            (json!("42 "), Err(InvalidRendering::Invalid)),
            (json!("x"), Err(InvalidRendering::Invalid)),
            (json!("../42"), Err(InvalidRendering::Invalid)),
            (json!("٤٢"), Err(InvalidRendering::Invalid)),
            (json!("9".repeat(400)), Err(InvalidRendering::Invalid)),
            (json!(true), Err(InvalidRendering::Invalid)),
            (json!([42]), Err(InvalidRendering::Invalid)),
            (json!({}), Err(InvalidRendering::Invalid)),
            (json!(0), Err(InvalidRendering::Absent)),
            (json!(-0.0), Err(InvalidRendering::Absent)),
            (json!(false), Err(InvalidRendering::Absent)),
            (json!(""), Err(InvalidRendering::Absent)),
            (json!(null), Err(InvalidRendering::Absent)),
        ] {
            assert_eq!(rendering_id(&value), expected, "{value}");
        }
    }

    #[test]
    fn a_body_without_a_valid_rendering_is_refused_with_the_reason() {
        assert_eq!(requested_rendering(br#"{"renderingId":"42","other":1}"#).ok(), Some(42));
        for (body, text) in [
            ("{", "not JSON"),
            ("", "must contain a renderingId"),
            (" \n", "must contain a renderingId"),
            (r#"{"renderingId":0}"#, "must contain a renderingId"),
            ("[42]", "must contain a renderingId"),
            ("42", "must contain a renderingId"),
            ("{}", "must contain a renderingId"),
            (r#"{"renderingId":null}"#, "must contain a renderingId"),
            (r#"{"renderingId":"four"}"#, "is not valid"),
            (r#"{"renderingId":{"a":1}}"#, "is not valid"),
        ] {
            let problem = requested_rendering(body.as_bytes()).unwrap_err();
            assert_eq!(problem.status().as_u16(), 400, "{body}");
            assert!(problem.cause().contains(text), "{body}: {}", problem.cause());
        }
        assert!(requested_rendering("[".repeat(10_000).as_bytes()).is_err());
    }

    #[test]
    fn a_query_is_decoded_and_refused_if_it_repeats_a_parameter() {
        let returned = CallbackQuery::parse("code=a%20b&state=%7B%7D&error=&x=1&x=2").unwrap();
        assert_eq!(returned.code.as_deref(), Some("a b"));
        assert_eq!((returned.state.as_deref(), returned.error), (Some("{}"), None));
        assert_eq!(CallbackQuery::parse("").unwrap(), CallbackQuery::default());
        for bad in ["code=a&code=b", &format!("code={}", "a".repeat(MAX_QUERY))] {
            assert_eq!(CallbackQuery::parse(bad).unwrap_err().status().as_u16(), 400);
        }
    }
}
