//! What a careful person would write by hand on plain actix-web for the same action: the token verified with the same checks,
//! the body into typed structs with serde, the same JSON and CORS headers out.
//!
//! It leaves out what the framework does besides: the time zone, older body shapes, tokens of other agents, rights,
//! hooks, logging. So the comparison is against less work, never against more.

use std::panic::AssertUnwindSafe;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::FutureExt as _;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::{Deserialize, Serialize};

use crate::sides::{message, query};

/// The verification key and its rules, made once.
pub(crate) struct State {
    key: DecodingKey,
    rules: Validation,
}

/// The state of one worker's application.
pub(crate) fn state(secret: &str) -> web::Data<State> {
    let mut rules = Validation::new(Algorithm::HS256);
    rules.leeway = 0;
    rules.validate_nbf = true;
    rules.validate_aud = false;
    web::Data::new(State {
        key: DecodingKey::from_secret(secret.as_bytes()),
        rules,
    })
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "a caller has all of these, and this action needs none")]
struct Tag {
    key: String,
    value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
#[expect(dead_code, reason = "a caller has all of these, and this action needs none")]
struct Claims {
    id: String,
    email: String,
    first_name: String,
    last_name: String,
    team: String,
    role: String,
    permission_level: String,
    rendering_id: u64,
    tags: Vec<Tag>,
    #[serde(rename = "type")]
    kind: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Body {
    pub(crate) data: Data,
}

#[derive(Deserialize)]
pub(crate) struct Data {
    pub(crate) attributes: Attributes,
}

#[derive(Deserialize)]
pub(crate) struct Attributes {
    pub(crate) collection_name: String,
    pub(crate) ids: Vec<String>,
    pub(crate) values: Form,
    #[serde(default)]
    all_records: bool,
    requester_id: Option<u64>,
    signed_approval_request: Option<String>,
}

#[derive(Deserialize)]
pub(crate) struct Form {
    pub(crate) amount: f64,
    pub(crate) note: Option<String>,
}

#[derive(Serialize)]
pub(crate) struct Success {
    pub(crate) success: String,
}

#[derive(Serialize)]
struct Failure {
    error: &'static str,
}

/// The handler.
pub(crate) async fn charge(request: HttpRequest, state: web::Data<State>, body: web::Json<Body>) -> HttpResponse {
    respond(&request, answer(&request, &state, body.into_inner()).await)
}

/// The answer as JSON, with its CORS headers.
pub(crate) fn respond(request: &HttpRequest, outcome: Result<impl Serialize, Refusal>) -> HttpResponse {
    let mut response = match outcome {
        Ok(success) => HttpResponse::Ok().json(success),
        Err((status, error)) => HttpResponse::build(status).json(Failure { error }),
    };
    cors(request.headers(), response.headers_mut());
    response
}

/// The same handler in a task of its own, so that a panic or a lost connection cannot cut it short.
pub(crate) async fn charge_in_a_task(
    request: HttpRequest,
    state: web::Data<State>,
    body: web::Json<Body>,
) -> HttpResponse {
    let task = AssertUnwindSafe(charge(request, state, body)).catch_unwind();
    match actix_web::rt::spawn(task).await {
        Ok(Ok(response)) => response,
        Ok(Err(_)) | Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

/// Reads the body and answers bytes of the usual length.
pub(crate) async fn fixed(request: HttpRequest, _: web::Bytes) -> HttpResponse {
    let mut response = HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(r#"{"success":"Company 1985 charged $42.50: thank you"}"#);
    cors(request.headers(), response.headers_mut());
    response
}

async fn answer(request: &HttpRequest, state: &State, body: Body) -> Result<Success, Refusal> {
    admit(request, state)?;
    let (id, values) = checked(body, "companies")?;
    query().await;
    let success = message(id, values.amount, values.note.as_deref());
    Ok(Success { success })
}

pub(crate) type Refusal = (StatusCode, &'static str);

/// Verifies the token.
pub(crate) fn admit(request: &HttpRequest, state: &State) -> Result<(), Refusal> {
    // a real handler would use it for its audit log
    let _ = std::hint::black_box(caller(request, state).ok_or((StatusCode::UNAUTHORIZED, "not logged in"))?);
    Ok(())
}

/// The one selected record and the values.
pub(crate) fn checked(body: Body, collection: &str) -> Result<(i64, Form), Refusal> {
    let refused = |text| (StatusCode::BAD_REQUEST, text);
    let sent = body.data.attributes;
    if sent.collection_name != collection {
        return Err(refused("another collection"));
    }
    if sent.all_records || sent.requester_id.is_some() || sent.signed_approval_request.is_some() {
        return Err(refused("not supported"));
    }
    let [id] = sent.ids.as_slice() else {
        return Err(refused("exactly one record is needed"));
    };
    let id: i64 = id.parse().map_err(|_| refused("not a valid id"))?;
    Ok((id, sent.values))
}

fn caller(request: &HttpRequest, state: &State) -> Option<Claims> {
    let authorization = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?;
    let token = authorization.strip_prefix("Bearer ")?;
    let claims = jsonwebtoken::decode::<Claims>(token, &state.key, &state.rules)
        .ok()?
        .claims;
    claims.kind.is_none().then_some(claims)
}

/// The end of the text is enough by hand.
fn cors(asked: &HeaderMap, answer: &mut HeaderMap) {
    const TRUE: HeaderValue = HeaderValue::from_static("true");
    const EXPOSED: HeaderValue = HeaderValue::from_static("Content-Disposition");
    answer.insert(header::VARY, HeaderValue::from_static("Origin"));
    let Some(origin) = asked.get(header::ORIGIN) else {
        return;
    };
    if origin.as_bytes().ends_with(b".forestadmin.com") {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
    }
    answer.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, TRUE);
    answer.insert(header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
}
