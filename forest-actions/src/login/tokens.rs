//! The tokens of a login: the exchange of the code (protocol: authentication, token exchange) and the check of the identity
//! token.
//!
//! The user is the one that the Forest server names for the access token. The identity token is a second statement; one that
//! contradicts ends the login:
//!
//! | identity token and keys | checked |
//! | --- | --- |
//! | keys available | signature (RS256 only), issuer, client, lifetime, the access token's hash if present |
//! | keys not available, or no fitting key and no newer keys | all but the signature, with a warning: the token came over the provider's own connection |
//! | no token | nothing, since the protocol needs the access token only |
//! | an unreadable token | nothing, with a warning |

use std::str::FromStr as _;

use chrono::{DateTime, Duration, Utc};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, IssuerUrl, Nonce, SignatureVerificationError,
};
use reqwest::Method;
use reqwest::header::{ACCEPT, CONTENT_TYPE};
use serde_json::Value;

use super::context::Login;
use super::problem::Problem;
use super::provider::{MAX_RESPONSE, OauthError, Provider, status_text};
use super::state::LoginStart;
use crate::server::Reading;

/// Tolerated difference between the clocks, in seconds; session tokens and states have none (AUT-06).
const SKEW: i64 = 10;

/// The tokens that a code was exchanged for.
pub(super) struct Tokens {
    pub(super) access: AccessToken,
    /// As received; null if absent.
    pub(super) identity: Value,
}

/// Exchanges `code` as a public client. A code is valid once, so the call is never repeated. `secrets` are removed from quoted
/// errors.
///
/// # Errors
/// 401 with the provider's `error` and `error_description`, or 500 without a usable response.
pub(super) async fn exchange(
    login: &Login,
    provider: &Provider,
    start: &LoginStart,
    code: &str,
    secrets: &[&str],
) -> Result<Tokens, Problem> {
    let mut form = url::form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "authorization_code")
        .append_pair("code", code);
    if let Some(address) = &start.redirect_uri {
        form.append_pair("redirect_uri", address);
    }
    form.append_pair("client_id", &start.client_id);
    let request = login
        .server
        .request(Method::POST, provider.token.url().clone())
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(form.finish())
        .build()
        .map_err(Problem::internal)?;
    let answer = login
        .server
        .exchange("login: token exchange", request, MAX_RESPONSE)
        .await
        .map_err(|failure| Problem::outage(&failure))?;
    if answer.status == 200 {
        return read_tokens(&answer.body).ok_or_else(|| {
            Problem::server(
                "the answer of the token endpoint is malformed",
                "token exchange: the response has no access token",
            )
        });
    }
    let status = answer.status;
    let Some(error) = OauthError::read(&answer.body) else {
        return Err(Problem::server(
            &status_text(status),
            format!("token exchange: status {status}"),
        ));
    };
    let secrets = login.secrets(secrets.iter().copied());
    let cause = error.cause("token exchange", status, &secrets);
    let description = error.description.as_deref().map(|text| secrets.shown(text));
    let problem = Problem::returned(secrets.shown(&error.error), description, cause);
    // `invalid_grant` blames the code: used before, expired, or never issued
    Err(if error.error == "invalid_grant" {
        problem
    } else {
        problem.blaming_setup()
    })
}

fn read_tokens(body: &[u8]) -> Option<Tokens> {
    let Value::Object(mut members) = serde_json::from_slice(body).ok()? else {
        return None;
    };
    let Value::String(access) = members.remove("access_token")? else {
        return None;
    };
    Some(Tokens {
        access: AccessToken::new(Some(access).filter(|token| !token.is_empty())?),
        identity: members.remove("id_token").unwrap_or(Value::Null),
    })
}

/// Checks the identity token of an exchange; returns the extent of the check for the log.
///
/// # Errors
/// 401 for a token that is not accepted.
pub(super) async fn check_identity(
    login: &Login,
    provider: &Reading<Provider>,
    client_id: &str,
    tokens: &Tokens,
    now: u64,
) -> Result<&'static str, Problem> {
    let token = match &tokens.identity {
        Value::Null => return Ok("absent"),
        Value::String(text) => CoreIdToken::from_str(text).ok(),
        _ => None,
    };
    let Some(token) = &token else {
        tracing::warn!("the provider's identity token cannot be read; it counts as absent");
        return Ok("unreadable");
    };
    let expected = Expected {
        issuer: &provider.issuer,
        client_id,
        access_token: &tokens.access,
        now: i64::try_from(now)
            .ok()
            .and_then(|now| DateTime::from_timestamp(now, 0))
            .unwrap_or_default(),
    };
    let known = login.known_keys();
    let first = match &known {
        Some(keys) => verify(token, Some(keys), &expected),
        None => Err(Refusal::UnknownKey),
    };
    match first {
        Ok(()) => return Ok("verified"),
        // the provider may have replaced its keys
        Err(Refusal::UnknownKey) => {}
        Err(refusal) => return Err(refusal.into()),
    }
    match login.newer_keys(provider, known).await {
        Ok(keys) => {
            verify(token, Some(&keys), &expected)?;
            Ok("verified")
        }
        Err(failure) => {
            verify(token, None, &expected)?;
            tracing::warn!(
                cause = format!("{}: {}", failure.kind().as_str(), failure.cause()),
                "the provider's keys are not available: the signature of an identity token was not checked"
            );
            Ok("unsigned")
        }
    }
}

/// The required claims.
struct Expected<'a> {
    issuer: &'a IssuerUrl,
    client_id: &'a str,
    access_token: &'a AccessToken,
    now: DateTime<Utc>,
}

/// The reason for refusing a token. The texts of `openidconnect` quote client ids and claims, so they are not used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    UnknownKey,
    Signature,
    Algorithm,
    Issuer,
    Client,
    Lifetime,
    AccessToken,
    Other,
}

impl Refusal {
    fn text(self) -> &'static str {
        match self {
            Self::UnknownKey => "it is signed with a key that the provider does not publish",
            Self::Signature => "its signature is wrong",
            Self::Algorithm => "it is not signed with RS256",
            Self::Issuer => "it is from another issuer",
            Self::Client => "it is for another client",
            Self::Lifetime => "it has expired, or was made in the future",
            Self::AccessToken => "it belongs to another access token",
            Self::Other => "it is malformed",
        }
    }
}

impl From<Refusal> for Problem {
    fn from(refusal: Refusal) -> Self {
        let text = format!("The identity token is not accepted: {}", refusal.text());
        let cause = format!("identity token: {}", refusal.text());
        let problem = Problem::returned("invalid_token".to_owned(), Some(text), cause).blaming_setup();
        match refusal {
            Refusal::Lifetime => problem.hinting("compare this machine's clock with the true time"),
            _ => problem,
        }
    }
}

/// Checks a token; its signature only if `keys` are given.
fn verify(token: &CoreIdToken, keys: Option<&CoreJsonWebKeySet>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let algorithm = token.signing_alg().map_err(|_| Refusal::Algorithm)?;
    if *algorithm != CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256 {
        return Err(Refusal::Algorithm);
    }
    let (now, skew) = (expected.now, Duration::seconds(SKEW));
    let verifier = CoreIdTokenVerifier::new_public_client(
        ClientId::new(expected.client_id.to_owned()),
        expected.issuer.clone(),
        keys.cloned().unwrap_or_default(),
    )
    .set_time_fn(move || now - skew)
    .set_issue_time_verifier_fn(move |issued| {
        if issued > now + skew {
            return Err("made in the future".to_owned());
        }
        Ok(())
    });
    let verifier = if keys.is_some() {
        verifier
    } else {
        verifier.insecure_disable_signature_check()
    };
    // a nonce would need storage that all instances share (AUT-01)
    let claims = token
        .claims(&verifier, |_: Option<&Nonce>| Ok(()))
        .map_err(|error| refusal(&error))?;
    if let (Some(stated), Some(_)) = (claims.access_token_hash(), keys) {
        let key = token.signing_key(&verifier).map_err(|_| Refusal::UnknownKey)?;
        let actual =
            AccessTokenHash::from_token(expected.access_token, algorithm, key).map_err(|_| Refusal::Algorithm)?;
        if actual != *stated {
            return Err(Refusal::AccessToken);
        }
    }
    Ok(())
}

fn refusal(error: &ClaimsVerificationError) -> Refusal {
    match error {
        ClaimsVerificationError::Expired(_) => Refusal::Lifetime,
        ClaimsVerificationError::InvalidAudience(_) => Refusal::Client,
        ClaimsVerificationError::InvalidIssuer(_) => Refusal::Issuer,
        ClaimsVerificationError::SignatureVerification(error) => match error {
            SignatureVerificationError::NoMatchingKey | SignatureVerificationError::AmbiguousKeyId(_) => {
                Refusal::UnknownKey
            }
            SignatureVerificationError::DisallowedAlg(_)
            | SignatureVerificationError::UnsupportedAlg(_)
            | SignatureVerificationError::NoSignature => Refusal::Algorithm,
            _ => Refusal::Signature,
        },
        _ => Refusal::Other,
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    /// Checks claims without keys; signatures are tested with whole logins.
    fn outcome(header: &Value, claims: &Value) -> Result<(), Refusal> {
        let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
        let token = format!("{}.{}.c2ln", encode(header), encode(claims));
        let token = CoreIdToken::from_str(&token).map_err(|_| Refusal::Other)?;
        let expected = Expected {
            issuer: &IssuerUrl::new("https://forest.example".to_owned()).unwrap(),
            client_id: "client-1",
            access_token: &AccessToken::new("access".to_owned()),
            now: DateTime::from_timestamp(NOW, 0).unwrap(),
        };
        verify(&token, None, &expected)
    }

    fn claims(more: &[(&str, Value)]) -> Value {
        let mut claims =
            json!({"iss": "https://forest.example", "aud": "client-1", "sub": "172", "iat": NOW, "exp": NOW + 60});
        for (name, value) in more {
            claims[*name] = value.clone();
        }
        claims
    }

    #[test]
    fn aut_06_ten_seconds_of_clock_skew_are_tolerated() {
        let rs256 = json!({"alg": "RS256", "typ": "JWT"});
        for (more, expected) in [
            (vec![], Ok(())),
            (vec![("exp", json!(NOW - 9))], Ok(())),
            (vec![("exp", json!(NOW - 10))], Err(Refusal::Lifetime)),
            (vec![("iat", json!(NOW + 10))], Ok(())),
            (vec![("iat", json!(NOW + 11))], Err(Refusal::Lifetime)),
            (vec![("iat", json!(NOW - 100_000))], Ok(())),
        ] {
            assert_eq!(outcome(&rs256, &claims(&more)), expected, "{more:?}");
        }
    }

    #[test]
    fn a_token_of_another_client_or_issuer_is_refused_without_keys() {
        let rs256 = json!({"alg": "RS256"});
        for (header, more, expected) in [
            (&rs256, vec![("aud", json!(["client-1"]))], Ok(())),
            (&rs256, vec![("aud", json!("client-2"))], Err(Refusal::Client)),
            (
                &rs256,
                vec![("aud", json!(["client-1", "client-2"]))],
                Err(Refusal::Client),
            ),
            (
                &rs256,
                vec![("iss", json!("https://evil.example"))],
                Err(Refusal::Issuer),
            ),
            (&rs256, vec![("exp", json!("soon"))], Err(Refusal::Other)),
            (&rs256, vec![("exp", json!(1e300))], Err(Refusal::Other)),
            (&json!({"alg": "none"}), vec![], Err(Refusal::Algorithm)),
            (&json!({"alg": "HS256"}), vec![], Err(Refusal::Algorithm)),
            (&json!({"alg": "RS256", "crit": ["b64"]}), vec![], Err(Refusal::Other)),
            (&json!({}), vec![], Err(Refusal::Other)),
        ] {
            assert_eq!(outcome(header, &claims(&more)), expected, "{header} {more:?}");
        }
    }

    #[test]
    fn an_exchange_needs_only_an_access_token() {
        let identity = |body: &str| {
            let tokens = read_tokens(body.as_bytes())?;
            assert_eq!(tokens.access.secret(), "a");
            Some(tokens.identity)
        };
        assert_eq!(identity(r#"{"access_token":"a"}"#), Some(Value::Null));
        let odd = r#"{"access_token":"a","id_token":7,"token_type":null,"expires_in":"x","scope":{}}"#;
        assert_eq!(identity(odd), Some(7.into()));
        for body in [
            "",
            "<html>",
            "{}",
            r#"["a"]"#,
            r#"{"access_token":""}"#,
            r#"{"access_token":7}"#,
            r#"{"id_token":"a"}"#,
        ] {
            assert!(read_tokens(body.as_bytes()).is_none(), "{body}");
        }
    }
}
