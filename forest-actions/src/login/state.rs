//! The `state` of a login: the only data between its two requests, carried by the browser (AUT-01).
//!
//! It is the protocol's JSON, `{"renderingId":42}`, with a `proof`: a signed token of one hour with the rendering, the client and
//! the redirect address. Any instance with the same secrets can check it, so the callback may reach another instance than the
//! start, even if each has registered a client of its own. Neither the UI nor the Forest server reads a state.
//!
//! A state without a proof stands for a login with this instance's client. The proof is not a defence against forged logins:
//! no cookie ties a login to its browser (AUT-05), as in all agents. A code is valid once and for one client.

use actix_web::http::StatusCode;
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::problem::Problem;
use super::query::rendering_id;
use crate::error::Error;

/// Lifetime of a state in seconds, long enough for a second factor or a new password.
pub(super) const LIFETIME: u64 = 60 * 60;
const MAX_STATE: usize = 12 * 1024;

/// The parameters that a login was started with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LoginStart {
    pub(super) rendering_id: u64,
    pub(super) client_id: String,
    /// The address that the browser is sent back to; `None` leaves the choice to the provider.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) redirect_uri: Option<String>,
}

#[derive(Serialize, Deserialize)]
struct Proof {
    #[serde(flatten)]
    start: LoginStart,
    exp: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct State<'a> {
    rendering_id: u64,
    proof: &'a str,
}

/// A verified state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LoginState {
    /// With a valid proof.
    Proven(LoginStart),
    /// Without a proof: the client is this instance's.
    Bare { rendering_id: u64 },
}

impl LoginState {
    pub(super) fn rendering_id(&self) -> u64 {
        match self {
            Self::Proven(start) => start.rendering_id,
            Self::Bare { rendering_id } => *rendering_id,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StateProblem {
    Missing,
    Malformed,
    NoRendering,
    /// The proof is not signed with this key, or is for another rendering.
    Unproven,
    Expired,
}

/// Signs and checks states.
pub(super) struct StateKey {
    encoding: EncodingKey,
    decoding: DecodingKey,
}

impl StateKey {
    /// Derives a key from both secrets, so that a session token is not a valid proof nor a proof a session, and a login does not
    /// survive a change of the environment secret (AUT-02).
    pub(super) fn new(auth_secret: &[u8], env_secret: &str) -> Result<Self, Error> {
        let purpose = format!("forest-actions: the state of a login, version 1\n{env_secret}");
        let key = EncodingKey::from_secret(auth_secret);
        let derived = jsonwebtoken::crypto::sign(purpose.as_bytes(), &key, Algorithm::HS256)
            .map_err(|error| Error::setting("FOREST_AUTH_SECRET", format!("cannot sign anything: {error}")))?;
        Ok(Self {
            encoding: EncodingKey::from_secret(derived.as_bytes()),
            decoding: DecodingKey::from_secret(derived.as_bytes()),
        })
    }

    /// Creates the state of a login that starts at `now`.
    pub(super) fn issue(&self, start: &LoginStart, now: u64) -> Result<String, Problem> {
        let proof = Proof {
            start: start.clone(),
            exp: now.saturating_add(LIFETIME),
        };
        let proof =
            jsonwebtoken::encode(&Header::new(Algorithm::HS256), &proof, &self.encoding).map_err(Problem::internal)?;
        let state = State {
            rendering_id: start.rendering_id,
            proof: &proof,
        };
        serde_json::to_string(&state).map_err(Problem::internal)
    }

    /// Reads the state of a callback.
    pub(super) fn verify(&self, state: Option<&str>, now: u64) -> Result<LoginState, StateProblem> {
        let state = state.filter(|state| !state.is_empty()).ok_or(StateProblem::Missing)?;
        if state.len() > MAX_STATE {
            return Err(StateProblem::Malformed);
        }
        let Ok(Value::Object(members)) = serde_json::from_str(state) else {
            return Err(StateProblem::Malformed);
        };
        let rendering_id = members
            .get("renderingId")
            .and_then(|id| rendering_id(id).ok())
            .ok_or(StateProblem::NoRendering)?;
        let Some(proof) = members.get("proof") else {
            return Ok(LoginState::Bare { rendering_id });
        };
        let proof = proof.as_str().and_then(|proof| self.proven(proof));
        let proof = proof.ok_or(StateProblem::Unproven)?;
        if proof.start.rendering_id != rendering_id {
            return Err(StateProblem::Unproven);
        }
        if now >= proof.exp {
            return Err(StateProblem::Expired);
        }
        Ok(LoginState::Proven(proof.start))
    }

    fn proven(&self, proof: &str) -> Option<Proof> {
        let mut validation = Validation::new(Algorithm::HS256);
        // `exp` is compared with `now`, without leeway
        validation.validate_exp = false;
        validation.validate_aud = false;
        validation.required_spec_claims.clear();
        Some(
            jsonwebtoken::decode::<Proof>(proof, &self.decoding, &validation)
                .ok()?
                .claims,
        )
    }
}

impl From<StateProblem> for Problem {
    fn from(problem: StateProblem) -> Self {
        // 401 makes the UI start again
        let malformed = |detail: &str| Problem::errors(StatusCode::UNAUTHORIZED, "UnauthorizedError", detail, detail);
        let again = |cause: &str| {
            let text = "This login was not started here, or too long ago. Please log in again.";
            Problem::returned("invalid_state".to_owned(), Some(text.to_owned()), cause)
        };
        match problem {
            StateProblem::Missing => {
                malformed("Invalid response from the authentication server: the state parameter is missing")
            }
            StateProblem::Malformed => malformed(
                "Invalid response from the authentication server: the state parameter is not at the right format",
            ),
            StateProblem::NoRendering => {
                malformed("Invalid response from the authentication server: the state does not contain a renderingId")
            }
            StateProblem::Unproven => again("the state carries a proof that is not ours")
                .hinting("all instances need the same FOREST_AUTH_SECRET and FOREST_ENV_SECRET"),
            StateProblem::Expired => again("the login was started more than an hour ago"),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
    use serde_json::json;

    use super::*;
    use crate::request::TokenKeys;

    const NOW: u64 = 1_800_000_000;
    const ENV: &str = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";

    fn key() -> StateKey {
        StateKey::new(b"auth", ENV).unwrap()
    }

    fn start() -> LoginStart {
        LoginStart {
            rendering_id: 42,
            client_id: "client-1".to_owned(),
            redirect_uri: Some("https://agent.example.com/forest/authentication/callback".to_owned()),
        }
    }

    fn proof(state: &str) -> String {
        let state: Value = serde_json::from_str(state).unwrap();
        state["proof"].as_str().unwrap().to_owned()
    }

    #[test]
    fn aut_01_instances_with_the_same_secrets_read_each_others_states() {
        let state = key().issue(&start(), NOW).unwrap();
        assert!(state.starts_with(r#"{"renderingId":42,"#), "{state}");
        assert_eq!(
            key().verify(Some(&state), NOW + LIFETIME - 1),
            Ok(LoginState::Proven(start()))
        );
        let left_out = LoginStart {
            redirect_uri: None,
            ..start()
        };
        let state = key().issue(&left_out, NOW).unwrap();
        assert_eq!(key().verify(Some(&state), NOW), Ok(LoginState::Proven(left_out)));
        // other JSON text of the same value
        let reformatted = format!(r#" {{ "proof": {:?}, "renderingId" : "42" }}"#, proof(&state));
        assert!(key().verify(Some(&reformatted), NOW).is_ok());
    }

    #[test]
    fn a_state_without_a_proof_carries_the_rendering_only() {
        for state in [
            r#"{"renderingId":42}"#,
            r#"{"renderingId":"42","other":{}}"#,
            r#"{"renderingId":42.0}"#,
        ] {
            assert_eq!(
                key().verify(Some(state), NOW),
                Ok(LoginState::Bare { rendering_id: 42 }),
                "{state}"
            );
        }
    }

    #[test]
    fn aut_02_a_proof_of_another_secret_is_refused() {
        let state = key().issue(&start(), NOW).unwrap();
        for other in [
            StateKey::new(b"other", ENV).unwrap(),
            StateKey::new(b"auth", &ENV.replace('0', "1")).unwrap(),
        ] {
            assert_eq!(other.verify(Some(&state), NOW), Err(StateProblem::Unproven));
        }
    }

    #[test]
    fn malformed_and_forged_states_are_refused() {
        let issued = key().issue(&start(), NOW).unwrap();
        let proof = proof(&issued);
        let parts: Vec<&str> = proof.split('.').collect();
        let forged = |header: &Value, claims: &Value, signature: &str| {
            let encode = |part: &Value| BASE64_URL_SAFE_NO_PAD.encode(part.to_string());
            json!({"renderingId": 42, "proof": format!("{}.{}.{signature}", encode(header), encode(claims))})
                .to_string()
        };
        let claims = json!({"renderingId": 42, "clientId": "other", "exp": NOW + 9});
        let session = TokenKeys::new(b"auth").sign(&claims).unwrap();
        let long = json!({"renderingId": 42, "proof": "x".repeat(MAX_STATE)}).to_string();
        for (state, expected) in [
            ("", StateProblem::Missing),
            ("42", StateProblem::Malformed),
            (r#"{"renderingId"=>42}"#, StateProblem::Malformed),
            ("[]", StateProblem::Malformed),
            ("{", StateProblem::Malformed),
            (&long, StateProblem::Malformed),
            (&"[".repeat(5000), StateProblem::Malformed),
            ("{}", StateProblem::NoRendering),
            (r#"{"renderingId":null}"#, StateProblem::NoRendering),
            (r#"{"renderingId":"x"}"#, StateProblem::NoRendering),
            (r#"{"renderingId":42,"proof":7}"#, StateProblem::Unproven),
            (r#"{"renderingId":42,"proof":null}"#, StateProblem::Unproven),
            (
                &issued.replace(r#""renderingId":42"#, r#""renderingId":43"#),
                StateProblem::Unproven,
            ),
            (&forged(&json!({"alg": "none"}), &claims, ""), StateProblem::Unproven),
            (
                &forged(&json!({"alg": "HS256"}), &claims, parts[2]),
                StateProblem::Unproven,
            ),
            (
                &forged(&json!({"alg": "HS512"}), &claims, parts[2]),
                StateProblem::Unproven,
            ),
            (
                &json!({"renderingId": 42, "proof": session}).to_string(),
                StateProblem::Unproven,
            ),
        ] {
            assert_eq!(key().verify(Some(state), NOW), Err(expected), "{state}");
        }
        assert_eq!(key().verify(None, NOW), Err(StateProblem::Missing));
        assert_eq!(key().verify(Some(&issued), NOW + LIFETIME), Err(StateProblem::Expired));
    }

    #[test]
    fn a_proof_is_not_a_session() {
        let proof = proof(&key().issue(&start(), NOW).unwrap());
        assert!(TokenKeys::new(b"auth").verify(&proof, NOW, chrono_tz::Tz::UTC).is_err());
    }
}
