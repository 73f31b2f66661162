//! An approved request: the text that the Forest server signed, verified and opened.
//!
//! HS256 with the environment secret, without leeway (protocol: approval flow). The payload takes the place of the whole body
//! (APP-01), so that ids, values and the requester are those that were approved. Every failure is a 400 (APP-07); the cause is
//! logged, the signed text never is.
//!
//! The routes remember the requests that have run.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use bytes::Bytes;
use jsonwebtoken::{Algorithm, DecodingKey};
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

use super::body::Attributes;
use super::error::RequestError;
use crate::caller::is_truthy;
use crate::json::Shallow;

/// The longest header that is read, encoded. Ours is 36 characters.
const MAX_HEADER: usize = 1024;

/// The longest id of a requester.
const MAX_ID: usize = 64;

/// The key of signed requests.
pub(crate) struct ApprovalKeys {
    decoding: DecodingKey,
    limit: usize,
}

/// What was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SignedRequest {
    /// The JSON that takes the place of the request's body.
    pub(crate) body: Bytes,
    /// The id of the requester. Without one, the rules of triggers apply.
    pub(crate) requester_id: Option<String>,
    /// The beginning of the signature, by which a request that has run is recognised.
    pub(crate) digest: Digest,
    /// In seconds since the epoch.
    pub(crate) expires: Option<u64>,
}

/// Half of an HMAC of SHA-256.
pub(crate) type Digest = [u8; 16];

/// The reason why a signed request is rejected, for the log: clients get one answer for all of them (APP-07).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignedRequestProblem {
    #[error("it is not a text")]
    NotText,
    #[error("signed requests are not accepted here")]
    NotAccepted,
    #[error("it exceeds the size limit of a body")]
    TooLong,
    #[error("it does not have three parts")]
    NotThreeParts,
    #[error("the signature is not of this environment's secret")]
    WrongSignature,
    #[error("the signature is malformed")]
    MalformedSignature,
    #[error("the payload is malformed")]
    MalformedPayload,
    #[error("the header is too long")]
    HeaderTooLong,
    #[error("the header is malformed")]
    MalformedHeader,
    #[error("the algorithm is not HS256")]
    WrongAlgorithm,
    #[error("the header has an extension that must be understood")]
    CriticalExtension,
    #[error("the payload is not text")]
    PayloadNotText,
    #[error("the payload is not a request")]
    PayloadNotRequest,
    #[error("it has expired")]
    Expired,
    #[error("it is not valid yet")]
    NotYetValid,
    #[error("the payload has no `data.attributes`")]
    NoAttributes,
    #[error("the payload's `data.attributes` are malformed")]
    MalformedAttributes,
    #[error("it is for another collection")]
    OtherCollection,
    #[error("it names no action")]
    NoAction,
    #[error("its `smart_action_id` is that of several actions of the collection")]
    AmbiguousAction,
    #[error("its `smart_action_id` has an unknown form")]
    UnknownAction,
    #[error("it has a signed request in it")]
    Nested,
    #[error("the requester's id is malformed")]
    MalformedRequester,
}

/// The signed request in what a caller sent, if there is one.
///
/// # Errors
/// 422 when a requester is named outside of a signed request, whether or not there is one as well (APP-03); 400 for
/// something else than text that counts as present.
pub(crate) fn signed_in<'s>(sent: &'s Attributes<'_>) -> Result<Option<&'s str>, RequestError> {
    if sent.requester_id.as_ref().is_some_and(|id| is_truthy(&id.0)) {
        return Err(RequestError::RequesterInPlainRequest);
    }
    match sent
        .signed_approval_request
        .as_ref()
        .filter(|signed| is_truthy(&signed.0))
    {
        Some(Shallow(Value::String(signed))) => Ok(Some(signed)),
        Some(_) => Err(SignedRequestProblem::NotText.into()),
        None => Ok(None),
    }
}

impl ApprovalKeys {
    /// The key for this environment secret. A signed request is at most `limit` bytes long, as is the body around it.
    pub(crate) fn new(secret: &[u8], limit: usize) -> Self {
        Self {
            decoding: DecodingKey::from_secret(secret),
            limit,
        }
    }

    /// Verifies a signed request for an action of `collection`, and opens it, at `now` in seconds since the epoch.
    ///
    /// # Errors
    /// The reason for the log.
    pub(crate) fn open(&self, signed: &str, collection: &str, now: u64) -> Result<SignedRequest, SignedRequestProblem> {
        let (payload, digest) = self.verified(signed)?;
        opened(payload, digest, collection, now)
    }

    /// The payload and the beginning of the signature, once that holds.
    fn verified(&self, signed: &str) -> Result<(Vec<u8>, Digest), SignedRequestProblem> {
        if signed.len() > self.limit {
            return Err(SignedRequestProblem::TooLong);
        }
        let mut parts = signed.split('.');
        let (Some(header), Some(payload), Some(signature), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(SignedRequestProblem::NotThreeParts);
        };
        check_header(header)?;
        let message = signed
            .get(..header.len() + 1 + payload.len())
            .ok_or(SignedRequestProblem::NotThreeParts)?;
        // the algorithm is fixed, whichever the header names
        match jsonwebtoken::crypto::verify(signature, message.as_bytes(), &self.decoding, Algorithm::HS256) {
            Ok(true) => {}
            Ok(false) => return Err(SignedRequestProblem::WrongSignature),
            Err(_) => return Err(SignedRequestProblem::MalformedSignature),
        }
        let digest = BASE64_URL_SAFE_NO_PAD.decode(signature).ok();
        let digest = digest.and_then(|digest| digest.first_chunk().copied());
        let payload = BASE64_URL_SAFE_NO_PAD
            .decode(payload)
            .map_err(|_| SignedRequestProblem::MalformedPayload)?;
        Ok((payload, digest.ok_or(SignedRequestProblem::MalformedSignature)?))
    }
}

/// The only header is one of a plain HS256 signature. What else stands in it says nothing: no key is ever taken from
/// there.
fn check_header(encoded: &str) -> Result<(), SignedRequestProblem> {
    #[derive(Deserialize)]
    struct Header {
        alg: String,
        #[serde(default, deserialize_with = "given")]
        crit: bool,
    }
    if encoded.len() > MAX_HEADER {
        return Err(SignedRequestProblem::HeaderTooLong);
    }
    let header = BASE64_URL_SAFE_NO_PAD
        .decode(encoded)
        .map_err(|_| SignedRequestProblem::MalformedHeader)?;
    let header: Header = object(&header).ok_or(SignedRequestProblem::MalformedHeader)?;
    if header.alg != "HS256" {
        return Err(SignedRequestProblem::WrongAlgorithm);
    }
    if header.crit {
        return Err(SignedRequestProblem::CriticalExtension);
    }
    Ok(())
}

/// The required members of a verified payload; the others belong to the body.
#[derive(Deserialize)]
struct Payload<'p> {
    #[serde(default, deserialize_with = "seconds")]
    exp: Option<f64>,
    #[serde(default, deserialize_with = "seconds")]
    nbf: Option<f64>,
    #[serde(borrow)]
    data: &'p RawValue,
}

#[derive(Deserialize)]
struct Data<'p> {
    #[serde(borrow)]
    attributes: &'p RawValue,
}

#[derive(Deserialize)]
struct Signed {
    collection_name: Option<String>,
    requester_id: Option<Shallow>,
    signed_approval_request: Option<Shallow>,
}

/// A claim that, if it is there, is a number: null would be no limit at all.
fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<f64>, D::Error> {
    f64::deserialize(deserializer).map(Some)
}

/// A member that only has to exist.
fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(deserializer).map(|_| true)
}

/// Reads an object, and nothing but an object: a derived reader would take a list as well. A member that is given twice
/// is refused, so that no two readers can see two values.
pub(super) fn object<'t, T: Deserialize<'t>>(text: &'t [u8]) -> Option<T> {
    let starts_as_one = text.trim_ascii_start().starts_with(b"{");
    starts_as_one.then(|| serde_json::from_slice(text).ok())?
}

fn opened(payload: Vec<u8>, digest: Digest, collection: &str, now: u64) -> Result<SignedRequest, SignedRequestProblem> {
    if std::str::from_utf8(&payload).is_err() {
        return Err(SignedRequestProblem::PayloadNotText);
    }
    let top: Payload<'_> = object(&payload).ok_or(SignedRequestProblem::PayloadNotRequest)?;
    // whole seconds below 2^52 are exact in a double
    let now = now as f64;
    if top.exp.is_some_and(|exp| exp <= now) {
        return Err(SignedRequestProblem::Expired);
    }
    if top.nbf.is_some_and(|nbf| nbf > now) {
        return Err(SignedRequestProblem::NotYetValid);
    }
    // a float too large saturates
    let expires = top.exp.map(|exp| exp.ceil() as u64);
    let data: Data<'_> = object(top.data.get().as_bytes()).ok_or(SignedRequestProblem::NoAttributes)?;
    let attributes: Signed =
        object(data.attributes.get().as_bytes()).ok_or(SignedRequestProblem::MalformedAttributes)?;
    // without this, an approval for one collection would run the action of another with the same ids
    if attributes.collection_name.as_deref() != Some(collection) {
        return Err(SignedRequestProblem::OtherCollection);
    }
    if attributes
        .signed_approval_request
        .is_some_and(|signed| is_truthy(&signed.0))
    {
        return Err(SignedRequestProblem::Nested);
    }
    let requester_id = match attributes.requester_id.map(|id| id.0) {
        Some(id) if is_truthy(&id) => Some(id_text(&id).ok_or(SignedRequestProblem::MalformedRequester)?),
        Some(Value::Bool(_)) => return Err(SignedRequestProblem::MalformedRequester),
        _ => None,
    };
    Ok(SignedRequest {
        body: Bytes::from(payload),
        requester_id,
        digest,
        expires,
    })
}

/// An id of a user: a number, or text.
fn id_text(id: &Value) -> Option<String> {
    // beyond this, two numbers share one double
    const EXACT: f64 = 9_007_199_254_740_992.0;
    match id {
        Value::String(text) if text.len() <= MAX_ID && !text.chars().any(char::is_control) => Some(text.clone()),
        // 172.0 is the number 172
        Value::Number(number) if number.is_f64() => {
            let number = number
                .as_f64()
                .filter(|number| number.fract() == 0.0 && number.abs() < EXACT)?;
            Some(format!("{number:.0}"))
        }
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::declare::{ActionDescriptor, ActionKind};
    use crate::request::body::parse_body;
    use crate::request::{ActionRequest, KnownActions, Purpose, Selected};

    const SECRET: &[u8] = b"4f1c7bd5b4b1a1a0d2e8f6c9a3b5d7e94f1c7bd5b4b1a1a0d2e8f6c9a3b5d7e9";
    const NOW: u64 = 1_800_000_000;
    const NOTHING_ELSE: KnownActions<'static> = KnownActions {
        actions: &[],
        collections: &[],
    };

    static ACTION: ActionDescriptor = ActionDescriptor::for_test(
        "orders",
        "Refund order",
        ActionKind::Bulk,
        "/forest/actions/refund-order",
    );

    fn sign(payload: &Value) -> String {
        super::super::TokenKeys::new(SECRET).sign(payload).unwrap()
    }

    fn approval() -> Value {
        json!({"data": {"id": "x", "type": "custom-action-requests", "attributes": {"requester_id": 42, "ids": ["1"],
            "collection_name": "orders", "smart_action_id": "orders-refund-order", "values": {"amount": 5},
            "parent_collection_name": null, "parent_collection_id": null, "parent_association_name": null,
            "all_records": false, "all_records_subset_query": null}}})
    }

    fn keys() -> ApprovalKeys {
        ApprovalKeys::new(SECRET, 1 << 20)
    }

    #[test]
    fn app_01_the_protocols_vector_verifies() {
        let vector = "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJkYXRhIjp7ImlkIjoiZm9yZXN0LXRlc3Qtb2sifX0.9m5q7pCqFCzRESPsv9ITsx2a2Gndx80s_fd6v9j3Dlc";
        let keys = ApprovalKeys::new(b"my-secret", 1 << 20);
        assert_eq!(keys.verified(vector).unwrap().0, br#"{"data":{"id":"forest-test-ok"}}"#);
        // and is no request
        assert!(keys.open(vector, "orders", NOW).is_err());
    }

    #[test]
    fn app_01_everything_comes_from_the_signed_content() {
        let outer = json!({"data": {"attributes": {"ids": ["666"], "collection_name": "orders", "values": {"amount": 1_000_000},
            "all_records": true, "smart_action_id": "orders-refund-order", "signed_approval_request": sign(&approval())}}});
        let outer = Bytes::from(outer.to_string());
        let sent = parse_body(&outer).unwrap();
        let signed = signed_in(&sent).unwrap().expect("a signed request");
        let signed = keys().open(signed, "orders", NOW).unwrap();
        assert_eq!(signed.requester_id.as_deref(), Some("42"));
        assert_eq!(serde_json::from_slice::<Value>(&signed.body).unwrap(), approval());

        let sent = parse_body(&signed.body).unwrap();
        let request = ActionRequest::check_signed(sent, &signed, &ACTION, NOTHING_ELSE, false).unwrap();
        assert_eq!(request.requester_id(), Some("42"));
        assert_eq!(request.values().unwrap().get("amount"), Some(&json!(5)));
        match request.selected() {
            Selected::Given(ids) => assert_eq!(ids.iter().map(|id| &*id.0).collect::<Vec<_>>(), ["1"]),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn app_01_the_action_named_in_the_signed_content_must_be_the_routes() {
        let mut payload = approval();
        payload["data"]["attributes"]["smart_action_id"] = json!("orders-delete-order");
        let signed = keys().open(&sign(&payload), "orders", NOW).unwrap();
        let sent = parse_body(&signed.body).unwrap();
        let error = ActionRequest::check_signed(sent, &signed, &ACTION, NOTHING_ELSE, false).unwrap_err();
        assert!(matches!(error, RequestError::OtherAction), "{error}");
    }

    #[test]
    fn app_03_a_requester_is_a_number_or_text_and_nothing_falsy() {
        for (id, expected) in [
            (json!(42), Some("42")),
            (json!("42"), Some("42")),
            (json!(42.0), Some("42")),
            (json!("ada"), Some("ada")),
            (json!(9_007_199_254_740_993_i64), Some("9007199254740993")),
            (json!(0), None),
            (json!(""), None),
            (json!(null), None),
        ] {
            let mut payload = approval();
            payload["data"]["attributes"]["requester_id"] = id.clone();
            let signed = keys().open(&sign(&payload), "orders", NOW).unwrap();
            assert_eq!(signed.requester_id.as_deref(), expected, "{id}");
        }
        let mut payload = approval();
        payload["data"]["attributes"]
            .as_object_mut()
            .unwrap()
            .remove("requester_id");
        assert_eq!(keys().open(&sign(&payload), "orders", NOW).unwrap().requester_id, None);
    }

    #[test]
    fn app_03_a_plain_request_that_names_a_requester_is_unprocessable() {
        for (attributes, refused) in [
            (json!({"ids": ["1"], "requester_id": 42}), true),
            (json!({"ids": ["1"], "requester_id": "42"}), true),
            (json!({"ids": ["1"], "requester_id": true}), true),
            (json!({"ids": ["1"], "requester_id": {}}), true),
            (
                json!({"ids": ["1"], "requester_id": 42, "signed_approval_request": sign(&approval())}),
                true,
            ),
            (json!({"ids": ["1"], "requester_id": 0}), false),
            (json!({"ids": ["1"], "requester_id": ""}), false),
            (json!({"ids": ["1"], "requester_id": null}), false),
            (json!({"ids": ["1"]}), false),
        ] {
            let body = Bytes::from(json!({"data": {"attributes": attributes}}).to_string());
            let answer = ActionRequest::check(
                parse_body(&body).unwrap(),
                &body,
                &ACTION,
                NOTHING_ELSE,
                Purpose::Execution,
            );
            match answer {
                Err(error) => {
                    assert!(refused, "{attributes}: {error}");
                    assert!(matches!(error, RequestError::RequesterInPlainRequest), "{error}");
                }
                Ok(request) => {
                    assert!(!refused, "{attributes}");
                    assert_eq!(request.requester_id(), None);
                }
            }
        }
    }

    #[test]
    fn app_07_without_a_key_a_signed_request_is_refused_for_actions_and_hooks() {
        let body = json!({"data": {"attributes": {"ids": ["1"], "signed_approval_request": sign(&approval())}}});
        let body = Bytes::from(body.to_string());
        for purpose in [Purpose::Execution, Purpose::Hook] {
            let sent = parse_body(&body).unwrap();
            let error = ActionRequest::check(sent, &body, &ACTION, NOTHING_ELSE, purpose).unwrap_err();
            let problem = SignedRequestProblem::NotAccepted;
            assert!(
                matches!(error, RequestError::InvalidSignedRequest(found) if found == problem),
                "{error}"
            );
        }
    }

    #[test]
    fn app_07_validity_has_no_leeway() {
        for (claims, valid) in [
            (json!({"exp": NOW + 1}), true),
            (json!({"exp": NOW as f64 + 0.5}), true),
            (json!({"exp": NOW}), false),
            (json!({"exp": NOW - 1}), false),
            (json!({"exp": -1}), false),
            (json!({"nbf": NOW}), true),
            (json!({"nbf": NOW + 1}), false),
            (json!({"nbf": NOW as f64 + 0.5}), false),
            (json!({"iat": NOW + 100}), true),
            (json!({"exp": NOW + 1, "nbf": NOW - 1}), true),
        ] {
            let mut payload = approval();
            payload
                .as_object_mut()
                .unwrap()
                .extend(claims.as_object().unwrap().clone());
            assert_eq!(keys().open(&sign(&payload), "orders", NOW).is_ok(), valid, "{claims}");
        }
    }
}
