//! The tokens of status pages: each opens one run for one day, for the user who submitted it.

use jsonwebtoken::crypto::sign;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};

use crate::clock::seconds_since_epoch;

/// Lifetime of a page, in seconds.
const LIFETIME: u64 = 24 * 60 * 60;

/// The key of status pages, made from the secret of the sessions so that neither token passes for the other.
pub(in crate::http) struct PageTokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    r#type: String,
    run: String,
    /// The id and the name of the user.
    user: String,
    name: String,
    exp: u64,
}

/// The bearer of a page.
pub(super) struct Reader {
    pub(super) user: String,
    pub(super) name: String,
}

const TYPE: &str = "run-page";

impl PageTokens {
    pub(super) fn new(secret: &[u8]) -> Self {
        let secret = EncodingKey::from_secret(secret);
        let derived = sign(b"forest-actions run page", &secret, Algorithm::HS256);
        // without a signature a random key, which accepts no token
        let derived = derived.unwrap_or_else(|_| uuid::Uuid::new_v4().to_string());
        Self {
            encoding: EncodingKey::from_secret(derived.as_bytes()),
            decoding: DecodingKey::from_secret(derived.as_bytes()),
        }
    }

    /// `None` if it cannot be signed; there is no link then.
    pub(in crate::http) fn issue(&self, run: &str, user: &str, name: &str) -> Option<String> {
        let claims = Claims {
            r#type: TYPE.to_owned(),
            run: run.to_owned(),
            user: user.to_owned(),
            name: name.to_owned(),
            exp: seconds_since_epoch().saturating_add(LIFETIME),
        };
        jsonwebtoken::encode(&Header::new(Algorithm::HS256), &claims, &self.encoding).ok()
    }

    /// The bearer of a token for this run.
    pub(super) fn reader(&self, token: &str, run: &str) -> Option<Reader> {
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &Validation::new(Algorithm::HS256));
        let claims = claims.ok()?.claims;
        (claims.r#type == TYPE && claims.run == run).then_some(Reader {
            user: claims.user,
            name: claims.name,
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_token_opens_its_own_run_only() {
        let tokens = PageTokens::new(b"a secret");
        let token = tokens.issue("one", "7", "Ada").unwrap();
        assert_eq!(tokens.reader(&token, "one").unwrap().user, "7");
        assert!(tokens.reader(&token, "two").is_none());
        assert!(PageTokens::new(b"another").reader(&token, "one").is_none());
        assert!(tokens.reader("no token", "one").is_none());
    }
}
