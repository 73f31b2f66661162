//! The end of a login: the user lookup at the Forest server, and the session token of the agent.

use actix_web::http::StatusCode;
use reqwest::Method;
use reqwest::header::{ACCEPT, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::context::Login;
use super::problem::{Problem, Secrets};
use super::provider::MAX_RESPONSE;
use crate::request::{LIFETIME, TokenKeys};

const SECRET_HINT: &str = "copy FOREST_ENV_SECRET again from the settings of the environment";
/// Maximum length of a user id, which is logged.
const MAX_USER_ID: usize = 128;

/// The user of a login.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ForestUser {
    /// A text or a number.
    pub(super) id: Value,
    pub(super) email: Option<String>,
    pub(super) first_name: Option<String>,
    pub(super) last_name: Option<String>,
    pub(super) team: Option<String>,
    pub(super) role: Option<String>,
    pub(super) permission_level: Option<String>,
    pub(super) tags: Vec<Tag>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: Value,
}

impl ForestUser {
    pub(super) fn id_text(&self) -> String {
        match &self.id {
            Value::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// Fetches the user of an access token in a rendering (protocol: authentication, user lookup).
///
/// # Errors
/// 403 when the server refuses the user or the environment, another 4xx that the server states, 500 without a usable response.
pub(super) async fn fetch_user(
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
        .exchange("login: authorization", request, MAX_RESPONSE)
        .await
        .map_err(|failure| Problem::outage(&failure))?;
    if answer.status == 200 {
        return read_user(&answer.body)
            .ok_or_else(|| Problem::authorizing("authorization: the response is not a user"));
    }
    let secrets = login.secrets(secrets.iter().copied());
    Err(refused(answer.status, &answer.body, &secrets))
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

/// The server's refusal, with its reason and 403 where the protocol's table has a generic 500 (AUT-07).
fn refused(status: u16, body: &[u8], secrets: &Secrets<'_>) -> Problem {
    let refusals: Refusals = serde_json::from_slice(body).unwrap_or_default();
    let stated = refusals.errors.into_iter().next().unwrap_or_default();
    let reason = stated.detail.as_str().filter(|text| !text.trim().is_empty());
    let cause = format!(
        "authorization: status {status}: {}",
        secrets.logged(reason.unwrap_or("no reason given"))
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
    // the stated status takes precedence over that of the response; a 5xx is an outage
    let refusal = stated_status(&stated.status).unwrap_or(status);
    match StatusCode::from_u16(refusal) {
        Ok(code) if code.is_client_error() => {
            let detail = reason.map_or_else(
                || "Error while authorizing the user on Forest Admin".to_owned(),
                |text| secrets.shown(text),
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

/// Reads the user of a JSON:API document; `None` without a valid id.
fn read_user(body: &[u8]) -> Option<ForestUser> {
    let document: Value = serde_json::from_slice(body).ok()?;
    let data = document.get("data")?;
    let id = data.get("id").filter(|id| match id {
        Value::String(text) => (1..=MAX_USER_ID).contains(&text.len()),
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

/// Reads a list of pairs, or a map; other entries are left out.
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

/// The payload of a session token, in the reference agent's order. Absent attributes are left out.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct SessionClaims<'a> {
    id: &'a Value,
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    first_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    team: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'a str>,
    tags: &'a [Tag],
    #[serde(skip_serializing_if = "Option::is_none")]
    permission_level: Option<&'a str>,
    rendering_id: u64,
    iat: u64,
    exp: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Session<'a> {
    token: &'a str,
    token_data: &'a SessionClaims<'a>,
}

/// Builds the response body with a session token of one hour, in whole seconds since the epoch (AUT-06; protocol:
/// authentication, the agent's token).
///
/// # Errors
/// 500 when signing fails.
pub(super) fn open_session(
    keys: &TokenKeys,
    user: &ForestUser,
    rendering_id: u64,
    now: u64,
) -> Result<Vec<u8>, Problem> {
    let claims = SessionClaims {
        id: &user.id,
        email: user.email.as_deref(),
        first_name: user.first_name.as_deref(),
        last_name: user.last_name.as_deref(),
        team: user.team.as_deref(),
        role: user.role.as_deref(),
        tags: &user.tags,
        permission_level: user.permission_level.as_deref(),
        rendering_id,
        iat: now,
        exp: now.saturating_add(LIFETIME),
    };
    let token = keys.sign(&claims).map_err(Problem::internal)?;
    let session = Session {
        token: &token,
        token_data: &claims,
    };
    serde_json::to_vec(&session).map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
    use chrono_tz::Tz;
    use serde_json::json;

    use super::*;

    #[test]
    fn missing_attributes_of_a_user_are_optional() {
        let document = json!({"data": {"type": "users", "id": "172", "attributes": {
            "email": "a@b.c", "first_name": "Ada", "last_name": null, "teams": ["Ops", "Other"], "role": "Manager",
            "permission_level": "admin", "tags": [{"key": "country", "value": "Canada"}, 3, {"key": "x"}, {"key": "n", "value": 2}],
        }}});
        let user = read_user(document.to_string().as_bytes()).unwrap();
        assert_eq!((user.id_text().as_str(), user.team.as_deref()), ("172", Some("Ops")));
        assert_eq!((user.first_name.as_deref(), user.last_name), (Some("Ada"), None));
        assert_eq!(
            json!(user.tags),
            json!([{"key": "country", "value": "Canada"}, {"key": "n", "value": 2}])
        );
        let short = read_user(br#"{"data":{"id":172,"attributes":{"tags":{"a":"b"},"teams":[]}}}"#).unwrap();
        assert_eq!((short.id, short.team, short.tags.len()), (json!(172), None, 1));
        assert!(read_user(br#"{"data":{"id":"1"}}"#).is_some());
    }

    #[test]
    fn a_response_without_a_valid_id_is_not_a_user() {
        let long = json!({"data": {"id": "1".repeat(MAX_USER_ID + 1)}}).to_string();
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
            assert_eq!(read_user(body.as_bytes()), None, "{body}");
        }
    }

    #[test]
    fn aut_07_a_refusal_carries_the_servers_reason_and_is_not_a_generic_500() {
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
            let problem = refused(status, body.as_bytes(), &Secrets(Vec::new()));
            assert_eq!(problem.status().as_u16(), expected, "{status} {body}");
            let text = format!("{problem:?}");
            assert!(text.contains(name) && text.contains(detail), "{status} {body}: {text}");
        }
    }

    const NOW: u64 = 1_795_331_289;

    fn user() -> ForestUser {
        ForestUser {
            id: json!("172"),
            email: Some("angelica@example.com".to_owned()),
            first_name: Some("Angelica".to_owned()),
            last_name: Some("Bengtsson".to_owned()),
            team: Some("Operations".to_owned()),
            role: Some("Manager".to_owned()),
            permission_level: Some("admin".to_owned()),
            tags: vec![Tag {
                key: "country".to_owned(),
                value: json!("Canada"),
            }],
        }
    }

    #[test]
    fn aut_06_a_session_lasts_one_hour_and_its_data_equals_its_payload() {
        let keys = TokenKeys::new(b"auth");
        let body = String::from_utf8(open_session(&keys, &user(), 42, NOW).unwrap()).unwrap();
        let payload = concat!(
            r#"{"id":"172","email":"angelica@example.com","firstName":"Angelica","lastName":"Bengtsson","team":"Operations","#,
            r#""role":"Manager","tags":[{"key":"country","value":"Canada"}],"permissionLevel":"admin","renderingId":42,"#,
            r#""iat":1795331289,"exp":1795334889}"#
        );
        assert!(body.ends_with(&format!(r#","tokenData":{payload}}}"#)), "{body}");
        let answer: Value = serde_json::from_str(&body).unwrap();
        let token = answer["token"].as_str().unwrap();
        let encoded = token.split('.').nth(1).unwrap();
        assert_eq!(BASE64_URL_SAFE_NO_PAD.decode(encoded).unwrap(), payload.as_bytes());
        let caller = keys.verify(token, NOW + 3599, Tz::Pacific__Auckland).unwrap();
        assert_eq!((caller.id.as_str(), caller.rendering_id.as_str()), ("172", "42"));
        assert!(keys.verify(token, NOW + 3600, Tz::UTC).is_err());
    }

    #[test]
    fn absent_attributes_are_left_out() {
        let user = ForestUser {
            id: json!(7),
            email: None,
            first_name: None,
            last_name: None,
            team: None,
            role: None,
            permission_level: None,
            tags: Vec::new(),
        };
        let body = open_session(&TokenKeys::new(b"auth"), &user, 1, NOW).unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            answer["tokenData"],
            json!({"id": 7, "tags": [], "renderingId": 1, "iat": NOW, "exp": NOW + 3600})
        );
    }
}
