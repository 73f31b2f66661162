//! Tokens for tests, valid and invalid. Signed here and not by the agent's code, so that a test can make tokens that the
//! agent never would.

use std::fmt;
use std::time::Duration;

use aws_lc_rs::hmac;
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Map, Value, json};

use super::server::FakeForest;
use super::state::State;

/// Lifetime of a session in seconds, as agents make them.
const SESSION: u64 = 3600;

/// A signing algorithm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum TokenAlgorithm {
    /// HMAC with SHA-256, which agents and the Forest server use.
    Hs256,
    /// HMAC with SHA-384.
    Hs384,
    /// HMAC with SHA-512.
    Hs512,
    /// Without a signature.
    None,
}

/// A token under construction: a session of a user, or a signed approval request.
///
/// ```
/// # use forest_actions::testing::FakeForest;
/// # #[actix_web::main]
/// # async fn main() -> Result<(), forest_actions::testing::FakeForestError> {
/// let fake = FakeForest::start().await?;
/// let good = fake.user_token(172).sign();
/// let expired = fake.user_token(172).expired().sign();
/// let forged = fake.user_token(172).signed_with("another secret").sign();
/// # assert!(good != expired && good != forged);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct TestToken {
    claims: Map<String, Value>,
    header: Map<String, Value>,
    secret: String,
    algorithm: TokenAlgorithm,
}

/// Seconds since the epoch.
pub(super) fn now() -> u64 {
    u64::try_from(chrono::Utc::now().timestamp()).unwrap_or_default()
}

/// Claims with two spellings.
const TWO_WORDS: [(&str, &str); 4] = [
    ("firstName", "first_name"),
    ("lastName", "last_name"),
    ("permissionLevel", "permission_level"),
    ("renderingId", "rendering_id"),
];

impl TestToken {
    pub(super) fn new(claims: Map<String, Value>, secret: &str) -> Self {
        Self {
            claims,
            header: Map::new(),
            secret: secret.to_owned(),
            algorithm: TokenAlgorithm::Hs256,
        }
    }

    /// Sets a claim.
    pub fn claim(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.claims.insert(name.to_owned(), value.into());
        self
    }

    /// Removes a claim.
    pub fn without(mut self, name: &str) -> Self {
        self.claims.remove(name);
        self
    }

    /// Sets the rendering of a session.
    pub fn rendering(self, id: u64) -> Self {
        self.claim("renderingId", id)
    }

    /// Issues it now, with this lifetime.
    pub fn good_for(self, time: Duration) -> Self {
        self.claim("iat", now()).claim("exp", now() + time.as_secs())
    }

    /// Makes it expire a second ago.
    pub fn expired(self) -> Self {
        self.claim("iat", now() - 3601).claim("exp", now() - 1)
    }

    /// Makes it valid in an hour.
    pub fn not_yet(self) -> Self {
        self.claim("nbf", now() + 3600)
    }

    /// Renames claims of two words to snake case, as another agent writes them.
    pub fn snake_case(mut self) -> Self {
        for (camel, snake) in TWO_WORDS {
            if let Some(value) = self.claims.remove(camel) {
                self.claims.insert(snake.to_owned(), value);
            }
        }
        self
    }

    /// Adds claims of two words in snake case, as other programs of the vendor write both.
    pub fn both_cases(mut self) -> Self {
        for (camel, snake) in TWO_WORDS {
            if let Some(value) = self.claims.get(camel).cloned() {
                self.claims.insert(snake.to_owned(), value);
            }
        }
        self
    }

    /// Writes the user's id as a number.
    pub fn numeric_id(mut self) -> Self {
        let id = self.claims.get("id").and_then(Value::as_str);
        if let Some(id) = id.and_then(|id| id.parse::<u64>().ok()) {
            self.claims.insert("id".to_owned(), id.into());
        }
        self
    }

    /// Writes the tags as an object.
    pub fn tags_as_object(mut self) -> Self {
        if let Some(Value::Array(pairs)) = self.claims.get("tags") {
            let pairs = pairs.iter().filter_map(|pair| {
                let key = pair.get("key")?.as_str()?;
                Some((key.to_owned(), pair.get("value").cloned().unwrap_or_default()))
            });
            let tags = pairs.collect();
            self.claims.insert("tags".to_owned(), Value::Object(tags));
        }
        self
    }

    /// Sets an attribute of a signed approval request, such as `ids`.
    pub fn attribute(mut self, name: &str, value: impl Into<Value>) -> Self {
        if let Some(attributes) = self.attributes() {
            attributes.insert(name.to_owned(), value.into());
        }
        self
    }

    /// Removes the requester from a signed approval request.
    pub fn without_requester(mut self) -> Self {
        if let Some(attributes) = self.attributes() {
            attributes.remove("requester_id");
        }
        self
    }

    fn attributes(&mut self) -> Option<&mut Map<String, Value>> {
        self.claims.get_mut("data")?.get_mut("attributes")?.as_object_mut()
    }

    /// Signs with another secret.
    pub fn signed_with(mut self, secret: &str) -> Self {
        self.secret = secret.to_owned();
        self
    }

    /// Signs with another algorithm, and names it in the header.
    pub fn algorithm(mut self, algorithm: TokenAlgorithm) -> Self {
        self.algorithm = algorithm;
        self
    }

    /// Sets a member of the header without changing the signature: `alg` can be made wrong.
    pub fn header(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.header.insert(name.to_owned(), value.into());
        self
    }

    /// Signs the token.
    #[must_use]
    pub fn sign(&self) -> String {
        let (name, algorithm) = match self.algorithm {
            TokenAlgorithm::Hs256 => ("HS256", Some(hmac::HMAC_SHA256)),
            TokenAlgorithm::Hs384 => ("HS384", Some(hmac::HMAC_SHA384)),
            TokenAlgorithm::Hs512 => ("HS512", Some(hmac::HMAC_SHA512)),
            TokenAlgorithm::None => ("none", None),
        };
        let mut header = Map::from_iter([("alg".to_owned(), json!(name)), ("typ".to_owned(), json!("JWT"))]);
        header.extend(self.header.clone());
        let encoded = |part: Map<String, Value>| BASE64_URL_SAFE_NO_PAD.encode(Value::Object(part).to_string());
        let message = format!("{}.{}", encoded(header), encoded(self.claims.clone()));
        let signature = match algorithm {
            Some(algorithm) => {
                let key = hmac::Key::new(algorithm, self.secret.as_bytes());
                BASE64_URL_SAFE_NO_PAD.encode(hmac::sign(&key, message.as_bytes()))
            }
            None => String::new(),
        };
        format!("{message}.{signature}")
    }
}

/// Without the secret.
impl fmt::Debug for TestToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TestToken")
            .field("claims", &self.claims)
            .field("header", &self.header)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl State {
    /// The session of a user, as the agent would make it.
    pub(super) fn session(&self, user: u64) -> TestToken {
        let claims = self.user_or_stranger(user).session(1, now(), SESSION);
        TestToken::new(claims, &self.auth_secret)
    }
}

/// Sessions.
impl FakeForest {
    /// A session of a user as the agent would make it, for rendering 1 and an hour; change it before signing. The user need
    /// not exist.
    pub fn user_token(&self, user: u64) -> TestToken {
        self.shared().state().session(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signature_matches_the_protocol_vector() {
        let claims = json!({"data": {"id": "forest-test-ok"}});
        let token = TestToken::new(claims.as_object().unwrap().clone(), "my-secret");
        assert_eq!(
            token.sign(),
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJkYXRhIjp7ImlkIjoiZm9yZXN0LXRlc3Qtb2sifX0.9m5q7pCqFCzRESPsv9ITsx2a2Gndx80s_fd6v9j3Dlc"
        );
    }

    #[test]
    fn each_variant_changes_its_claims() {
        let claims = json!({"id": "7", "firstName": "A", "tags": [{"key": "a", "value": "b"}], "exp": 1});
        let token = TestToken::new(claims.as_object().unwrap().clone(), "s");
        let claims = |token: TestToken| Value::Object(token.claims);
        assert_eq!(claims(token.clone().numeric_id())["id"], 7);
        assert_eq!(claims(token.clone().tags_as_object())["tags"], json!({"a": "b"}));
        assert_eq!(claims(token.clone().snake_case())["first_name"], "A");
        assert_eq!(claims(token.clone().snake_case()).get("firstName"), None);
        assert_eq!(claims(token.clone().both_cases())["firstName"], "A");
        assert_eq!(claims(token.clone().without("exp")).get("exp"), None);
        assert!(token.clone().algorithm(TokenAlgorithm::None).sign().ends_with('.'));
        assert_ne!(token.clone().signed_with("t").sign(), token.clone().sign());
        assert_ne!(token.clone().header("alg", "RS256").sign(), token.sign());
    }
}
