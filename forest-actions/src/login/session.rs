//! The session token that a login ends in (protocol: authentication, the agent's token).
//!
//! Owns its claims: names, order and lifetime of one hour in whole seconds since the epoch, whatever the local time zone
//! (AUT-06). Reading such a token is `request`'s. Called by `callback`.

use serde::Serialize;
use serde_json::Value;

use super::problem::Problem;
use super::user::{ForestUser, Tag};
use crate::request::{LIFETIME, TokenKeys};

/// The payload, in the reference agent's order; what the server did not say is left out.
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
struct Answer<'a> {
    token: &'a str,
    token_data: &'a SessionClaims<'a>,
}

/// The body that opens a session for this user at `now`.
///
/// # Errors
/// 500 when it cannot be signed.
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
    let answer = Answer {
        token: &token,
        token_data: &claims,
    };
    serde_json::to_vec(&answer).map_err(Problem::internal)
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
    use chrono_tz::Tz;
    use serde_json::json;

    use super::*;

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
    fn aut_06_a_session_is_an_hour_of_whole_seconds_and_its_data_is_its_payload() {
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
    fn what_the_server_did_not_say_is_left_out() {
        let nobody = ForestUser {
            id: json!(7),
            email: None,
            first_name: None,
            last_name: None,
            team: None,
            role: None,
            permission_level: None,
            tags: Vec::new(),
        };
        let body = open_session(&TokenKeys::new(b"auth"), &nobody, 1, NOW).unwrap();
        let answer: Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(
            answer["tokenData"],
            json!({"id": 7, "tags": [], "renderingId": 1, "iat": NOW, "exp": NOW + 3600})
        );
    }
}
