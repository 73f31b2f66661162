//! The identity token, when the provider sends one: checked, and then not needed any more.
//!
//! Who logged in is what the Forest server says when it is asked with the access token; the identity token is a second,
//! independent statement, and one that contradicts ends the login. What is checked:
//!
//! | the provider's keys | what is checked |
//! | --- | --- |
//! | reachable | signature (RS256 only), issuer, client, lifetime, the access token's hash if there is one |
//! | not reachable, or no key fits and they cannot be fetched again | all but the signature, with a warning: the token came from the provider itself, over its own connection |
//! | no identity token, or one that is none | nothing: the protocol needs the access token only. The latter is a warning |
//!
//! A few seconds of skew between the clocks are tolerated, here and nowhere else (AUT-06). Called by `callback`.

use std::str::FromStr as _;
use std::sync::Arc;

use chrono::{DateTime, Duration, Utc};
use openidconnect::core::{CoreIdToken, CoreIdTokenVerifier, CoreJsonWebKeySet, CoreJwsSigningAlgorithm};
use openidconnect::{
    AccessToken, AccessTokenHash, ClaimsVerificationError, ClientId, IssuerUrl, Nonce, SignatureVerificationError,
};
use serde_json::Value;

use super::context::Login;
use super::discovery::Provider;
use super::exchange::Tokens;
use super::problem::Problem;

/// How far the clocks may be apart, in seconds.
const SKEW: i64 = 10;

/// Checks the identity token of an answer; gives how much of it was checked.
///
/// # Errors
/// 401 when it is there and is not what it must be.
pub(super) async fn check_identity(
    login: &Login,
    provider: &Provider,
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
        tracing::warn!("what the provider sent as an identity token cannot be read as one: it counts as absent");
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
    let known = provider.known_keys();
    let first = match &known {
        Some(keys) => verify(token, Some(keys), &expected),
        None => Err(Refusal::UnknownKey),
    };
    match first {
        Ok(()) => return Ok("verified"),
        // the provider may have another key by now
        Err(Refusal::UnknownKey) => {}
        Err(refusal) => return Err(refusal.into()),
    }
    match provider.fetch_keys(&login.server).await {
        Ok(keys) => {
            verify(token, Some(&keys), &expected)?;
            Ok("verified")
        }
        Err(cause) => {
            verify(token, None, &expected)?;
            tracing::warn!(
                cause,
                "the provider's keys cannot be had: the signature of an identity token was not checked"
            );
            Ok("unsigned")
        }
    }
}

/// What a token must say.
struct Expected<'a> {
    issuer: &'a IssuerUrl,
    client_id: &'a str,
    access_token: &'a AccessToken,
    now: DateTime<Utc>,
}

/// Why a token is not accepted. The crate's own texts quote client ids and claims, so they are not used.
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

/// Checks everything, but the signature only with keys.
fn verify(token: &CoreIdToken, keys: Option<&Arc<CoreJsonWebKeySet>>, expected: &Expected<'_>) -> Result<(), Refusal> {
    let algorithm = token.signing_alg().map_err(|_| Refusal::Algorithm)?;
    if *algorithm != CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256 {
        return Err(Refusal::Algorithm);
    }
    let (now, skew) = (expected.now, Duration::seconds(SKEW));
    let verifier = CoreIdTokenVerifier::new_public_client(
        ClientId::new(expected.client_id.to_owned()),
        expected.issuer.clone(),
        keys.map(|keys| CoreJsonWebKeySet::clone(keys)).unwrap_or_default(),
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
    // there is no nonce: nobody could remember one (AUT-01)
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

    /// Claims are looked at without keys here; signatures are a matter of whole round trips.
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
    fn aut_06_a_few_seconds_of_skew_are_tolerated_and_no_more() {
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
    fn a_token_for_somebody_else_is_refused_even_without_keys() {
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
}
