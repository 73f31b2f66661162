//! Who logged in: the Forest server's answer to the access token (protocol: authentication, user lookup).
//!
//! Owns the call, the person that it gives, and the server's refusals. A refusal is told as the server's, with 403 where the
//! protocol's table has a generic 500 (AUT-07). Called by `callback`.

use actix_web::http::StatusCode;
use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::context::Login;
use super::problem::Problem;
use super::provider_answer::LIMIT;
use super::redact::Secrets;

const SECRET_HINT: &str = "copy FOREST_ENV_SECRET again from the settings of the environment";
/// The longest id of a user; it goes to the log.
const LONGEST_ID: usize = 128;

/// Who logged in.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ForestUser {
    /// A text or a number, as it came.
    pub(super) id: Value,
    pub(super) email: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) team: Option<String>,
    pub(super) role: Option<String>,
    pub(super) permission_level: Option<String>,
    pub(super) tags: Vec<Tag>,
}

/// A tag of a user.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: Value,
}

impl ForestUser {
    /// The id as text.
    pub(super) fn id_text(&self) -> String {
        match &self.id {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// Asks the Forest server who this access token belongs to, in this rendering.
///
/// # Errors
/// 403 when the server refuses the user or the environment, another 4xx if the server says so, 500 when there is no
/// usable answer.
pub(super) async fn who(
    login: &Login,
    rendering: u64,
    access_token: &str,
    secrets: &[&str],
) -> Result<ForestUser, Problem> {
    let server = &login.server;
    let mut token = HeaderValue::from_str(access_token)
        .map_err(|_| Problem::authorizing("authorization: the access token cannot be sent as a header"))?;
    token.set_sensitive(true);
    let rendering = rendering.to_string();
    let url = server.url(&["liana", "v2", "renderings", &rendering, "authorization"]);
    let (name, secret) = server.secret_header();
    let request = server
        .request(Method::GET, url)
        .header(name, secret)
        .header("forest-token", token)
        .header(ACCEPT, "application/json")
        .build()
        .map_err(Problem::internal)?;
    let answer = server
        .exchange("login: authorization", request, LIMIT)
        .await
        .map_err(|failure| Problem::outage(&failure))?;
    if answer.status == 200 {
        return read(&answer.body).ok_or_else(|| Problem::authorizing("authorization: the answer is no user"));
    }
    Err(login.secrets(secrets, |quoted| refused(answer.status, &answer.body, quoted)))
}

#[derive(Debug, Default, Deserialize)]
struct Refusals {
    #[serde(default)]
    errors: Vec<Refusal>,
}

#[derive(Debug, Default, Deserialize)]
struct Refusal {
    #[serde(default)]
    status: Value,
    #[serde(default)]
    name: Value,
    #[serde(default)]
    detail: Value,
}

/// The server's refusal as the protocol's table has it, but never as a generic 500.
fn refused(status: u16, body: &[u8], quoted: Secrets<'_>) -> Problem {
    let refusals: Refusals = serde_json::from_slice(body).unwrap_or_default();
    let stated = refusals.errors.into_iter().next().unwrap_or_default();
    let reason = stated.detail.as_str().filter(|text| !text.trim().is_empty());
    let cause = format!(
        "authorization: status {status}: {}",
        quoted.logged(reason.unwrap_or("no reason given"))
    );
    let forbidden =
        |name: &'static str, detail: &str| Problem::errors(StatusCode::FORBIDDEN, name, detail, cause.clone());
    match status {
        404 => {
            return forbidden(
                "SecretNotFoundError",
                "Cannot retrieve the project you're trying to unlock. Please check that you're using the right environment secret regarding your project and environment.",
            )
            .hinting(SECRET_HINT)
            .blaming_setup();
        }
        422 => {
            return forbidden(
                "InconsistentSecretAndRenderingError",
                "Cannot retrieve the project you're trying to unlock. The envSecret and renderingId seems to be missing or inconsistent.",
            )
            .hinting(SECRET_HINT)
            .blaming_setup();
        }
        _ => {}
    }
    if stated.name.as_str() == Some("TwoFactorAuthenticationRequiredForbiddenError") {
        return forbidden(
            "TwoFactorAuthenticationRequiredError",
            "Two factor authentication required",
        );
    }
    // what it says of itself wins over its status; an error of the server's own is an outage
    let refusal = stated_status(&stated.status).unwrap_or(status);
    match StatusCode::from_u16(refusal) {
        Ok(code) if code.is_client_error() => {
            let detail = reason.map_or_else(
                || "Error while authorizing the user on Forest Admin".to_owned(),
                |text| quoted.shown(text),
            );
            Problem::errors(code, "AuthorizationError", detail, cause)
        }
        _ => Problem::authorizing(cause),
    }
}

fn stated_status(status: &Value) -> Option<u16> {
    match status {
        Value::Number(number) => u16::try_from(number.as_u64()?).ok(),
        Value::String(text) => text.parse().ok(),
        _ => None,
    }
}

/// The user of a JSON:API document; none when it does not say who that is.
fn read(body: &[u8]) -> Option<ForestUser> {
    let document: Value = serde_json::from_slice(body).ok()?;
    let data = document.get("data")?;
    let id = data.get("id").filter(|id| match id {
        Value::String(text) => (1..=LONGEST_ID).contains(&text.len()),
        Value::Number(number) => number.is_u64() || number.is_i64(),
        _ => false,
    })?;
    let attributes = data.get("attributes").unwrap_or(&Value::Null);
    let text = |name: &str| attributes.get(name).and_then(Value::as_str).map(str::to_owned);
    let team = attributes.get("teams").and_then(|teams| teams.get(0)?.as_str());
    Some(ForestUser {
        id: id.clone(),
        email: text("email"),
        first_name: text("first_name"),
        last_name: text("last_name"),
        team: team.map(str::to_owned),
        role: text("role"),
        permission_level: text("permission_level"),
        tags: tags(attributes.get("tags")),
    })
}

/// The pairs of the list, or of a map; what is neither is left out.
fn tags(tags: Option<&Value>) -> Vec<Tag> {
    let pair = |tag: &Value| {
        let key = tag.get("key")?.as_str()?.to_owned();
        Some(Tag {
            key,
            value: tag.get("value")?.clone(),
        })
    };
    match tags {
        Some(Value::Array(list)) => list.iter().filter_map(pair).collect(),
        Some(Value::Object(map)) => map
            .iter()
            .map(|(key, value)| Tag {
                key: key.clone(),
                value: value.clone(),
            })
            .collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_user_is_read_from_what_there_is() {
        let document = json!({"data": {"type": "users", "id": "172", "attributes": {
            "email": "a@b.c", "first_name": "Ada", "last_name": null, "teams": ["Ops", "Other"], "role": "Manager",
            "permission_level": "admin", "tags": [{"key": "country", "value": "Canada"}, 3, {"key": "x"}, {"key": "n", "value": 2}],
        }}});
        let user = read(document.to_string().as_bytes()).unwrap();
        assert_eq!((user.id_text().as_str(), user.team.as_deref()), ("172", Some("Ops")));
        assert_eq!((user.first_name.as_deref(), user.last_name), (Some("Ada"), None));
        assert_eq!(
            json!(user.tags),
            json!([{"key": "country", "value": "Canada"}, {"key": "n", "value": 2}])
        );
        let short = read(br#"{"data":{"id":172,"attributes":{"tags":{"a":"b"},"teams":[]}}}"#).unwrap();
        assert_eq!((short.id, short.team, short.tags.len()), (json!(172), None, 1));
        assert!(read(br#"{"data":{"id":"1"}}"#).is_some());
    }

    #[test]
    fn an_answer_that_names_nobody_is_no_user() {
        let long = json!({"data": {"id": "1".repeat(LONGEST_ID + 1)}}).to_string();
        for body in [
            "",
            "<html>",
            "[]",
            "{}",
            r#"{"data":{}}"#,
            r#"{"data":{"id":""}}"#,
            r#"{"data":{"id":null}}"#,
            r#"{"data":{"id":1.5}}"#,
            r#"{"data":[{"id":"1"}]}"#,
            &long,
        ] {
            assert_eq!(read(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn aut_07_a_refusal_has_the_servers_reason_and_is_never_a_generic_500() {
        let error = |status: Value, name: &str, detail: &str| {
            json!({"errors": [{"status": status, "name": name, "detail": detail}]}).to_string()
        };
        let no_access = error(json!(403), "ForbiddenError", "You cannot access this project");
        let two_factor = error(json!(403), "TwoFactorAuthenticationRequiredForbiddenError", "x");
        for (status, body, expected, name, detail) in [
            (
                403,
                no_access.as_str(),
                403,
                "AuthorizationError",
                "You cannot access this project",
            ),
            (
                403,
                two_factor.as_str(),
                403,
                "TwoFactorAuthenticationRequiredError",
                "Two factor authentication required",
            ),
            (404, "", 403, "SecretNotFoundError", "Cannot retrieve the project"),
            (
                422,
                "<html>",
                403,
                "InconsistentSecretAndRenderingError",
                "inconsistent",
            ),
            (
                401,
                &error(json!(401), "x", "Token expired"),
                401,
                "AuthorizationError",
                "Token expired",
            ),
            (400, &error(json!("403"), "x", "No"), 403, "AuthorizationError", "No"),
            (
                403,
                &error(json!(200), "x", "No"),
                500,
                "Error",
                "Error while authorizing",
            ),
            (403, "{}", 403, "AuthorizationError", "Error while authorizing"),
            (
                403,
                r#"{"errors":"x"}"#,
                403,
                "AuthorizationError",
                "Error while authorizing",
            ),
            (
                403,
                &error(json!(403), "x", " "),
                403,
                "AuthorizationError",
                "Error while authorizing",
            ),
            (500, &error(json!(403), "x", "No"), 403, "AuthorizationError", "No"),
            (
                403,
                &error(json!(500), "x", "No"),
                500,
                "Error",
                "Error while authorizing",
            ),
            (503, "", 500, "Error", "Error while authorizing"),
            (302, "", 500, "Error", "Error while authorizing"),
        ] {
            let problem = refused(status, body.as_bytes(), Secrets(&[]));
            assert_eq!(problem.status().as_u16(), expected, "{status} {body}");
            let text = format!("{problem:?}");
            assert!(text.contains(name) && text.contains(detail), "{status} {body}: {text}");
        }
    }
}
