//! The session token: found in a request, verified, read.
//!
//! HS256 and nothing else, no leeway (protocol: verification on requests). Every way to fail is a 401 with
//! the text that the reference agent gives, because the UI logs in again on a 401 only (AUT-09). The
//! token itself never reaches a message.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use chrono_tz::Tz;
use jsonwebtoken::errors::ErrorKind as JwtErrorKind;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::Serialize;

use super::caller::{Caller, Claims};
use crate::response::{ActionError, ErrorKind};

/// How long a token of ours is valid, in seconds (AUT-06).
pub(crate) const LIFETIME: u64 = 3600;

/// The key of the session tokens, ready for both directions.
pub(crate) struct TokenKeys {
    decoding: DecodingKey,
    encoding: EncodingKey,
    validation: Validation,
}

/// Where a request carried its token. A cookie travels by itself, so more is asked of such a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenSource {
    Header,
    Cookie,
}

/// Why a token is not accepted; each has the reference agent's text.
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

impl TokenError {
    fn detail(self) -> &'static str {
        match self {
            Self::Missing => "Forest cannot authenticate the user for this request.",
            Self::Malformed => "jwt malformed",
            Self::Algorithm => "invalid algorithm",
            Self::Signature => "invalid signature",
            Self::NotYet => "jwt not active",
            Self::Expired => "jwt expired",
            Self::OldFormat => "Your token format is invalid, please login again.",
        }
    }
}

impl From<TokenError> for ActionError {
    fn from(error: TokenError) -> Self {
        let name = match error {
            TokenError::Missing | TokenError::OldFormat => "Unauthorized",
            _ => "UnauthorizedError",
        };
        ActionError::new(ErrorKind::Unauthorized, error.detail()).name(name)
    }
}

/// The token of a request, from its `Authorization` and `Cookie` headers.
///
/// A header that is not `Bearer <token>` counts as absent, as in the reference agent.
pub(crate) fn token_of<'a>(authorization: Option<&'a str>, cookie: Option<&'a str>) -> Option<(&'a str, TokenSource)> {
    let mut words = authorization.unwrap_or_default().split(' ');
    if words.next() == Some("Bearer")
        && let Some(token) = words.next().filter(|token| !token.is_empty())
    {
        return Some((token, TokenSource::Header));
    }
    cookie?
        .split(';')
        .find_map(|pair| pair.trim_start().strip_prefix("forest_session_token="))
        .map(str::trim_end)
        .filter(|token| !token.is_empty())
        .map(|token| (token, TokenSource::Cookie))
}

impl TokenKeys {
    /// The keys for this authentication secret.
    pub(crate) fn new(secret: &[u8]) -> Self {
        let mut validation = Validation::new(Algorithm::HS256);
        // the times are checked below: `exp` may have a fraction, and there is no leeway
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Self {
            decoding: DecodingKey::from_secret(secret),
            encoding: EncodingKey::from_secret(secret),
            validation,
        }
    }

    /// The caller that a token stands for at `now`, in seconds since the epoch.
    pub(crate) fn verify(&self, token: &str, now: u64, timezone: Tz) -> Result<Caller, TokenError> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation)
            .map_err(|error| match error.kind() {
                JwtErrorKind::InvalidSignature => TokenError::Signature,
                JwtErrorKind::InvalidAlgorithm => TokenError::Algorithm,
                // a header that names an algorithm this library does not know is no JSON error to a reader
                JwtErrorKind::Json(_) if names_an_algorithm(token) => TokenError::Algorithm,
                _ => TokenError::Malformed,
            })?
            .claims;
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

/// Whether the token's header is well-formed and names an algorithm other than ours, such as `none`.
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
