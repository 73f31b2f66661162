//! The session token: found in a request, verified, read.
//!
//! HS256 and nothing else, no leeway (protocol: verification on requests). Every way to fail is a 401 with
//! the text that the reference agent gives, because the UI logs in again on a 401 only (AUT-09). The
//! token itself never reaches a message.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use chrono_tz::Tz;
use jsonwebtoken::errors::ErrorKind as JwtErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header};
use serde::Serialize;

use super::signed_request::object;
use crate::caller::{Caller, Claims};

/// Lifetime of a token of the agent, in seconds (AUT-06).
pub(crate) const LIFETIME: u64 = 3600;

/// The key of the session tokens, ready for both directions.
pub(crate) struct TokenKeys {
    decoding: DecodingKey,
    encoding: EncodingKey,
}

/// The place of the token in a request. Browsers add cookies by themselves, so a cookie has more conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenSource {
    Header,
    Cookie,
}

/// Reasons to reject a token. The answers have the reference agent's texts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenError {
    Missing,
    Malformed,
    Algorithm,
    Signature,
    NotYet,
    Expired,
    OldFormat,
}

/// The token of a request, from its `Authorization` and `Cookie` headers.
///
/// A header that is not `Bearer <token>` counts as absent, as in the reference agent.
pub(crate) fn token_of<'a>(
    authorization: Option<&'a str>,
    cookies: impl Iterator<Item = &'a [u8]>,
) -> Option<(&'a str, TokenSource)> {
    let mut words = authorization.unwrap_or_default().split(' ');
    if words.next() == Some("Bearer")
        && let Some(token) = words.next().filter(|token| !token.is_empty())
    {
        return Some((token, TokenSource::Header));
    }
    // other cookies may be anything, and a browser may send each in a header of its own
    cookies
        .flat_map(|header| header.split(|byte| *byte == b';'))
        .filter_map(|pair| pair.trim_ascii().strip_prefix(b"forest_session_token="))
        .filter_map(|token| std::str::from_utf8(token).ok())
        .find(|token| !token.is_empty())
        .map(|token| (token, TokenSource::Cookie))
}

impl TokenKeys {
    /// The keys for this authentication secret.
    pub(crate) fn new(secret: &[u8]) -> Self {
        Self {
            decoding: DecodingKey::from_secret(secret),
            encoding: EncodingKey::from_secret(secret),
        }
    }

    /// The claims of a token that was signed with this key.
    ///
    /// The steps of `jsonwebtoken::decode`, one by one: that function reads the header twice, and the claims once more
    /// for checks that differ here (`exp` may have a fraction, and there is no leeway). That is a
    /// tenth of the time of a request.
    fn claims(&self, token: &str) -> Result<Box<Claims>, TokenError> {
        let (message, signature) = token.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let (_, payload) = message.rsplit_once('.').ok_or(TokenError::Malformed)?;
        let header = jsonwebtoken::decode_header(token).map_err(|error| match error.kind() {
            // `jsonwebtoken` reports an unknown algorithm as a JSON error
            JwtErrorKind::Json(_) if names_an_algorithm(token) => TokenError::Algorithm,
            _ => TokenError::Malformed,
        })?;
        if header.alg != Algorithm::HS256 {
            return Err(TokenError::Algorithm);
        }
        // an extension that must be understood, and is not
        if header.crit.is_some() {
            return Err(TokenError::Malformed);
        }
        // the algorithm is fixed, whichever the header names
        match jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.decoding, Algorithm::HS256) {
            Ok(true) => {}
            Ok(false) => return Err(TokenError::Signature),
            Err(_) => return Err(TokenError::Malformed),
        }
        let payload = BASE64_URL_SAFE_NO_PAD
            .decode(payload)
            .map_err(|_| TokenError::Malformed)?;
        // boxed: half a kilobyte that would be moved from one result into the next
        object(&payload).ok_or(TokenError::Malformed)
    }

    /// The caller that a token stands for at `now`, in seconds since the epoch.
    pub(crate) fn verify(&self, token: &str, now: u64, timezone: Tz) -> Result<Caller, TokenError> {
        let claims = self.claims(token)?;
        // whole seconds below 2^52 are exact in a double
        let now = now as f64;
        if claims.nbf.is_some_and(|nbf| nbf > now) {
            return Err(TokenError::NotYet);
        }
        match claims.exp {
            Some(exp) if now < exp => {}
            Some(_) => return Err(TokenError::Expired),
            // no agent mints a token that never ends
            None => return Err(TokenError::OldFormat),
        }
        if claims.is_not_a_session() {
            return Err(TokenError::OldFormat);
        }
        claims.into_caller(timezone).ok_or(TokenError::OldFormat)
    }

    /// A token for these claims.
    pub(crate) fn sign(&self, claims: &impl Serialize) -> Result<String, jsonwebtoken::errors::Error> {
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), claims, &self.encoding)
    }
}

/// Returns `true` if the token's header is well-formed and names another algorithm, such as `none`.
fn names_an_algorithm(token: &str) -> bool {
    let header = token.split('.').next().unwrap_or_default();
    let Ok(header) = BASE64_URL_SAFE_NO_PAD.decode(header) else {
        return false;
    };
    serde_json::from_slice::<serde_json::Value>(&header)
        .ok()
        .and_then(|header| header.get("alg")?.as_str().map(|alg| alg != "HS256"))
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const NOW: u64 = 1_800_000_000;

    fn keys() -> TokenKeys {
        TokenKeys::new(b"a secret")
    }

    fn session() -> Value {
        json!({"id": "172", "email": "a@b.c", "renderingId": 42, "exp": NOW + 1})
    }

    fn signed(claims: &Value) -> String {
        keys().sign(claims).unwrap()
    }

    fn refusal(token: &str) -> Option<TokenError> {
        keys().verify(token, NOW, Tz::UTC).err()
    }

    #[test]
    fn aut_a_signed_token_gives_its_caller() {
        let caller = keys().verify(&signed(&session()), NOW, Tz::UTC).unwrap();
        assert_eq!((caller.id.as_str(), caller.rendering_id.as_str()), ("172", "42"));
    }

    #[test]
    fn aut_no_part_of_a_token_can_be_changed() {
        let token = signed(&session());
        let parts: Vec<&str> = token.split('.').collect();
        let header = |text: &str| BASE64_URL_SAFE_NO_PAD.encode(text);
        let others = BASE64_URL_SAFE_NO_PAD.encode(json!({"id": "1", "exp": NOW + 1}).to_string());
        let mut flipped = BASE64_URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        flipped[0] ^= 1;
        let flipped = BASE64_URL_SAFE_NO_PAD.encode(&flipped);
        for (token, expected) in [
            (format!("{}.{others}.{}", parts[0], parts[2]), TokenError::Signature),
            (format!("{}.{}.{flipped}", parts[0], parts[1]), TokenError::Signature),
            (format!("{}.{}.", parts[0], parts[1]), TokenError::Signature),
            (
                format!("{}.{}.{}", header(r#"{"alg":"HS256"}"#), parts[1], parts[2]),
                TokenError::Signature,
            ),
            (
                format!("{}.{}.", header(r#"{"alg":"none"}"#), parts[1]),
                TokenError::Algorithm,
            ),
            (
                format!("{}.{}.{}", header(r#"{"alg":"HS512"}"#), parts[1], parts[2]),
                TokenError::Algorithm,
            ),
            (
                format!("{}.{}.{}", header(r#"{"alg":"RS256"}"#), parts[1], parts[2]),
                TokenError::Algorithm,
            ),
            (
                format!("{}.{}.{}", header("{}"), parts[1], parts[2]),
                TokenError::Malformed,
            ),
            (format!("{}.{}.*", parts[0], parts[1]), TokenError::Malformed),
            (format!("x.{token}"), TokenError::Malformed),
            (format!("{token}.x"), TokenError::Malformed),
            (format!("{}.{}", parts[0], parts[1]), TokenError::Malformed),
            ("..".to_owned(), TokenError::Malformed),
            (String::new(), TokenError::Malformed),
        ] {
            assert_eq!(refusal(&token), Some(expected), "{token}");
        }
        let foreign = TokenKeys::new(b"another secret").sign(&session()).unwrap();
        assert_eq!(refusal(&foreign), Some(TokenError::Signature));
        let mut extended = Header::new(Algorithm::HS256);
        extended.crit = Some(vec!["b64".to_owned()]);
        let extended = jsonwebtoken::encode(&extended, &session(), &keys().encoding).unwrap();
        assert_eq!(refusal(&extended), Some(TokenError::Malformed));
        let longer = jsonwebtoken::encode(&Header::new(Algorithm::HS512), &session(), &keys().encoding).unwrap();
        assert_eq!(refusal(&longer), Some(TokenError::Algorithm));
    }

    #[test]
    fn aut_signed_claims_are_still_checked() {
        for (claims, expected) in [
            (json!({"id": "1", "exp": NOW}), TokenError::Expired),
            (json!({"id": "1", "exp": NOW as f64 - 0.5}), TokenError::Expired),
            (json!({"id": "1", "exp": NOW + 9, "nbf": NOW + 1}), TokenError::NotYet),
            (json!({"id": "1"}), TokenError::OldFormat),
            (json!({"exp": NOW + 1}), TokenError::OldFormat),
            (
                json!({"id": "1", "exp": NOW + 1, "data": {"id": "1"}}),
                TokenError::OldFormat,
            ),
            (
                json!({"id": "1", "exp": NOW + 1, "type": "refresh"}),
                TokenError::OldFormat,
            ),
            (json!({"id": "1", "exp": "soon"}), TokenError::Malformed),
            (json!("text"), TokenError::Malformed),
            (json!(["1"]), TokenError::Malformed),
        ] {
            assert_eq!(refusal(&signed(&claims)), Some(expected), "{claims}");
        }
    }
}
