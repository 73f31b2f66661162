//! Session tokens: valid ones, and every kind of invalid one.

use std::time::{SystemTime, UNIX_EPOCH};

use jsonwebtoken::{Algorithm, EncodingKey, Header, encode};
use serde_json::{Value, json};

/// The authentication secret of every agent in these tests.
pub(crate) const SECRET: &str = "an-authentication-secret-for-tests-only";

/// A well-formed environment secret.
pub(crate) const ENV_SECRET: &str = "00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00c0ffee";

/// Now, in seconds since the epoch.
pub(crate) fn epoch() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()
}

/// The claims of a session that has begun a minute ago.
pub(crate) fn claims() -> Value {
    json!({
        "id": "172", "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace", "team": "Operations",
        "role": "Admin", "tags": [{"key": "country", "value": "UK"}], "permissionLevel": "admin", "renderingId": 42,
        "iat": epoch() - 60, "exp": epoch() + 3540,
    })
}

/// A valid token.
pub(crate) fn token() -> String {
    mint(&claims())
}

/// A valid token of a user with this role.
pub(crate) fn token_of(role: &str) -> String {
    let mut claims = claims();
    claims["role"] = role.into();
    mint(&claims)
}

/// A valid token of this user.
pub(crate) fn token_of_user(id: u64, email: &str) -> String {
    let mut claims = claims();
    claims["id"] = id.to_string().into();
    claims["email"] = email.into();
    mint(&claims)
}

/// A token with these claims, signed as the agent does.
pub(crate) fn mint(claims: &Value) -> String {
    mint_with(Algorithm::HS256, SECRET, claims)
}

pub(crate) fn mint_with(algorithm: Algorithm, secret: &str, claims: &Value) -> String {
    encode(
        &Header::new(algorithm),
        claims,
        &EncodingKey::from_secret(secret.as_bytes()),
    )
    .unwrap()
}
