//! What the requests of a login carry: the id of a rendering in a body, the parameters in a query.
//!
//! Pure parsing within bounds. Knows nothing of the protocol's answers but the texts that it refuses with. Called by
//! `authorize`, `callback` and `state`.

use std::borrow::Cow;

use serde_json::Value;

use super::problem::Problem;

/// The largest id that JavaScript can tell from its neighbours.
const LARGEST_ID: u64 = (1 << 53) - 1;
/// The most of a query that is read.
pub(super) const LONGEST_QUERY: usize = 24 * 1024;

/// The parameters of a callback that are known; empty ones count as absent.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Returned<'a> {
    pub(super) code: Option<Cow<'a, str>>,
    pub(super) state: Option<Cow<'a, str>>,
    pub(super) error: Option<Cow<'a, str>>,
    pub(super) error_description: Option<Cow<'a, str>>,
}

impl<'a> Returned<'a> {
    /// Reads a query.
    ///
    /// # Errors
    /// 400 for one that is too long or has one of its parameters twice, which no provider sends.
    pub(super) fn parse(query: &'a str) -> Result<Self, Problem> {
        let refused = |text: String| Err(Problem::request("BadRequestError", text));
        if query.len() > LONGEST_QUERY {
            return refused(format!("the query is longer than {LONGEST_QUERY} bytes"));
        }
        let mut returned = Self::default();
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let place = match name.as_ref() {
                "code" => &mut returned.code,
                "state" => &mut returned.state,
                "error" => &mut returned.error,
                "error_description" => &mut returned.error_description,
                _ => continue,
            };
            if place.is_some() {
                return refused(format!("the query has `{name}` twice"));
            }
            if !value.is_empty() {
                *place = Some(value);
            }
        }
        Ok(returned)
    }
}

/// The rendering that a body asks for.
///
/// # Errors
/// 400 that says what is wrong with it.
pub(super) fn requested_rendering(body: &[u8]) -> Result<u64, Problem> {
    // nothing at all is a request without a rendering, not one in another language
    let body: Value = match body.trim_ascii() {
        b"" => Value::Null,
        body => serde_json::from_slice(body).map_err(|error| {
            let text = format!("the request body is not JSON: {error}");
            Problem::request("SyntaxError", text)
        })?,
    };
    rendering_id(body.get("renderingId").unwrap_or(&Value::Null)).map_err(|problem| {
        let text = match problem {
            NoRendering::Absent => "Authentication request must contain a renderingId",
            NoRendering::Invalid => "The parameter renderingId is not valid",
        };
        Problem::request("ValidationError", text)
    })
}

/// Why a value is not the id of a rendering.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum NoRendering {
    Absent,
    Invalid,
}

/// A whole number above zero, as a number or in digits. What JavaScript takes for nothing counts as absent.
pub(super) fn rendering_id(value: &Value) -> Result<u64, NoRendering> {
    let id = match value {
        Value::Null | Value::Bool(false) => return Err(NoRendering::Absent),
        Value::String(text) if text.is_empty() => return Err(NoRendering::Absent),
        Value::Number(number) if number.as_f64() == Some(0.0) => return Err(NoRendering::Absent),
        Value::String(text) if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        // 42.0 is the number 42; a double below the largest id is exact
        Value::Number(number) => number.as_u64().or_else(|| {
            let whole = number.as_f64().filter(|number| number.fract() == 0.0 && *number > 0.0);
            whole
                .filter(|number| *number <= LARGEST_ID as f64)
                .map(|number| number as u64)
        }),
        _ => None,
    };
    id.filter(|id| (1..=LARGEST_ID).contains(id))
        .ok_or(NoRendering::Invalid)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_id_is_a_number_or_its_digits() {
        for (value, expected) in [
            (json!(42), Ok(42)),
            (json!("42"), Ok(42)),
            (json!("0042"), Ok(42)),
            (json!(42.0), Ok(42)),
            (json!(LARGEST_ID), Ok(LARGEST_ID)),
            (json!(LARGEST_ID + 1), Err(NoRendering::Invalid)),
            (json!(1e300), Err(NoRendering::Invalid)),
            (json!(-1), Err(NoRendering::Invalid)),
            (json!("0"), Err(NoRendering::Invalid)),
            (json!(4.5), Err(NoRendering::Invalid)),
            (json!("4.5"), Err(NoRendering::Invalid)),
            (json!("42 "), Err(NoRendering::Invalid)),
            (json!("x"), Err(NoRendering::Invalid)),
            (json!("../42"), Err(NoRendering::Invalid)),
            (json!("٤٢"), Err(NoRendering::Invalid)),
            (json!("9".repeat(400)), Err(NoRendering::Invalid)),
            (json!(true), Err(NoRendering::Invalid)),
            (json!([42]), Err(NoRendering::Invalid)),
            (json!({}), Err(NoRendering::Invalid)),
            (json!(0), Err(NoRendering::Absent)),
            (json!(-0.0), Err(NoRendering::Absent)),
            (json!(false), Err(NoRendering::Absent)),
            (json!(""), Err(NoRendering::Absent)),
            (json!(null), Err(NoRendering::Absent)),
        ] {
            assert_eq!(rendering_id(&value), expected, "{value}");
        }
    }

    #[test]
    fn a_body_without_a_rendering_is_told_what_is_wrong() {
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
    fn a_query_is_decoded_and_its_parameters_are_there_once() {
        let returned = Returned::parse("code=a%20b&state=%7B%7D&error=&x=1&x=2").unwrap();
        assert_eq!(returned.code.as_deref(), Some("a b"));
        assert_eq!((returned.state.as_deref(), returned.error), (Some("{}"), None));
        assert_eq!(Returned::parse("").unwrap(), Returned::default());
        for bad in ["code=a&code=b", &format!("code={}", "a".repeat(LONGEST_QUERY))] {
            assert_eq!(Returned::parse(bad).unwrap_err().status().as_u16(), 400);
        }
    }
}
