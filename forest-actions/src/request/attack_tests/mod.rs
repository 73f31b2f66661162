//! Attacks on session tokens and signed requests, as one table: each is refused with the answer of its kind, and nothing of
//! what was sent, nor a secret, comes back in the answer or the log.

mod contents;
mod forgeries;

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use chrono_tz::Tz;
use jsonwebtoken::{Algorithm, EncodingKey, crypto};
use serde_json::{Value, json};

use super::{ApprovalKeys, TokenKeys};
use crate::request::RequestError;
use crate::response::{ActionError, ErrorKind};

const AUTH_SECRET: &str = "an authentication secret of some length";
const ENV_SECRET: &str = "4f1c7bd5b4b1a1a0d2e8f6c9a3b5d7e94f1c7bd5b4b1a1a0d2e8f6c9a3b5d7e9";
const NOW: u64 = 1_800_000_000;
const LIMIT: usize = 1 << 20;
const HEADER: &str = r#"{"alg":"HS256","typ":"JWT"}"#;

/// The two kinds of signed text that come from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Session,
    Request,
}

impl Kind {
    fn secret(self) -> &'static str {
        match self {
            Self::Session => AUTH_SECRET,
            Self::Request => ENV_SECRET,
        }
    }

    fn other(self) -> Self {
        match self {
            Self::Session => Self::Request,
            Self::Request => Self::Session,
        }
    }

    /// What a valid one says.
    fn payload(self) -> Value {
        match self {
            Self::Session => {
                json!({"id": "172", "email": "ada@example.com", "renderingId": 42, "iat": NOW - 1, "exp": NOW + 3600})
            }
            Self::Request => json!({"iat": NOW - 1, "exp": NOW + 3600, "data": {"type": "custom-action-requests",
                "attributes": {"requester_id": 42, "ids": ["1"], "collection_name": "orders", "values": {"pin": "1234"}}}}),
        }
    }

    fn with(self, members: Value) -> Value {
        let mut payload = self.payload();
        let Value::Object(members) = members else {
            panic!("members")
        };
        payload.as_object_mut().unwrap().extend(members);
        payload
    }

    fn judge(self, text: &str) -> Result<(), ActionError> {
        match self {
            Self::Session => TokenKeys::new(AUTH_SECRET.as_bytes())
                .verify(text, NOW, Tz::UTC)
                .map(|_| ())
                .map_err(ActionError::from),
            Self::Request => ApprovalKeys::new(ENV_SECRET.as_bytes(), LIMIT)
                .open(text, "orders", NOW)
                .map(|_| ())
                .map_err(|problem| RequestError::from(problem).into()),
        }
    }
}

fn encoded(bytes: impl AsRef<[u8]>) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

/// A text with any header and payload, and a signature that holds for the secret.
fn signed(header: &str, payload: impl AsRef<[u8]>, secret: &str, algorithm: Algorithm) -> String {
    let message = format!("{}.{}", encoded(header), encoded(payload));
    let key = EncodingKey::from_secret(secret.as_bytes());
    let signature = crypto::sign(message.as_bytes(), &key, algorithm).unwrap();
    format!("{message}.{signature}")
}

fn valid(kind: Kind, payload: impl ToString) -> String {
    signed(HEADER, payload.to_string(), kind.secret(), Algorithm::HS256)
}

#[test]
fn aut_09_app_07_every_attack_on_a_token_or_a_signed_request_is_refused_and_says_nothing() {
    let mut attacks = Vec::new();
    for kind in [Kind::Session, Kind::Request] {
        attacks.extend(forgeries::of(kind).into_iter().map(|(name, text)| (kind, name, text)));
    }
    attacks.extend(
        contents::sessions()
            .into_iter()
            .map(|(name, text)| (Kind::Session, name, text)),
    );
    attacks.extend(
        contents::requests()
            .into_iter()
            .map(|(name, text)| (Kind::Request, name, text)),
    );
    assert!(attacks.len() >= 200, "{}", attacks.len());
    for (kind, name, text) in &attacks {
        let Err(error) = kind.judge(text) else {
            panic!("{kind:?}: {name} was accepted");
        };
        match kind {
            Kind::Session => assert_eq!(error.kind(), ErrorKind::Unauthorized, "{name}"),
            Kind::Request => {
                assert_eq!(error.kind(), ErrorKind::BadRequest, "{name}");
                assert_eq!(error.message(), "Invalid signed action parameters", "{name}");
            }
        }
        let said = format!("{} {}", error.message(), error.chain());
        assert!(said.len() < 150, "{name}: {said}");
        for secret in [AUTH_SECRET, ENV_SECRET, "1234", "ada@example.com"] {
            assert!(!said.contains(secret), "{name}: {said}");
        }
        for part in text.split(['.', '"']).filter(|part| part.len() > 12) {
            assert!(!said.contains(part), "{name}: {said}");
        }
    }
}

#[test]
fn what_is_attacked_would_be_accepted_as_it_is() {
    for kind in [Kind::Session, Kind::Request] {
        assert!(kind.judge(&valid(kind, kind.payload())).is_ok(), "{kind:?}");
        // what a header says besides is neither used nor refused
        let more = r#"{"typ":"JWT","kid":"1","jku":"https://attacker.example/keys","alg":"HS256"}"#;
        let text = signed(more, kind.payload().to_string(), kind.secret(), Algorithm::HS256);
        assert!(kind.judge(&text).is_ok(), "{kind:?}");
    }
    // an approval need not end
    let mut endless = Kind::Request.payload();
    endless.as_object_mut().unwrap().remove("exp");
    assert!(Kind::Request.judge(&valid(Kind::Request, endless)).is_ok());
}

/// The protocol has no mark by which a second use could be told. What limits one: the expiry, the approver's own session
/// and right, and that it names its collection, action and records.
#[test]
fn app_07_a_signed_request_can_be_sent_again_while_it_is_valid_and_no_longer() {
    let keys = ApprovalKeys::new(ENV_SECRET.as_bytes(), LIMIT);
    let text = valid(Kind::Request, Kind::Request.payload());
    let first = keys.open(&text, "orders", NOW).unwrap();
    assert_eq!(keys.open(&text, "orders", NOW + 3599).unwrap(), first);
    assert!(keys.open(&text, "orders", NOW + 3600).is_err());
    assert!(keys.open(&text, "customers", NOW).is_err());
}
