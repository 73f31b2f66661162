//! The OpenID Connect routes that programs call: discovery, registration, token exchange, keys, user info (protocol:
//! authentication). As strict as the protocol is: a code is good once, for its own client and address.

use aws_lc_rs::digest::{SHA256, digest};
use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};

use super::answer::Answer;
use super::provider::TOKEN_LIFETIME;
use super::requests::RecordedRequest;
use super::shared::Shared;
use super::token::now;

pub(super) const SCOPES: &str = "openid email profile";

/// `GET /oidc/.well-known/openid-configuration`. The secret may be left out, but not be wrong.
pub(super) fn discovery(shared: &Shared, request: &RecordedRequest) -> Answer {
    let secret = request.header("forest-secret-key");
    if secret.is_some_and(|secret| secret != shared.state().env_secret) {
        return Answer::unknown_environment();
    }
    let base = shared.base_url();
    let at = |path: &str| format!("{base}/oidc/{path}");
    let document = json!({
        "issuer": base,
        "authorization_endpoint": at("auth"),
        "token_endpoint": at("token"),
        "registration_endpoint": at("reg"),
        "jwks_uri": at("jwks"),
        "userinfo_endpoint": at("me"),
        "response_types_supported": ["code"],
        "grant_types_supported": ["authorization_code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": ["S256"],
        "scopes_supported": ["openid", "email", "profile"],
    });
    Answer::json(200, &document)
}

/// `POST /oidc/reg`.
pub(super) fn register(shared: &Shared, request: &RecordedRequest) -> Answer {
    let mut state = shared.state();
    if request.bearer() != Some(state.env_secret.as_str()) {
        return Answer::oauth_error(401, "invalid_token", "no access token provided");
    }
    let Some(Value::Object(body)) = request.json() else {
        return Answer::oauth_error(400, "invalid_request", "the body must be a JSON object");
    };
    if body
        .get("token_endpoint_auth_method")
        .is_some_and(|method| method != "none")
    {
        let text = "token_endpoint_auth_method must be 'none'";
        return Answer::oauth_error(400, "invalid_client_metadata", text);
    }
    let wanted = match body.get("redirect_uris") {
        None | Some(Value::Null) => None,
        Some(Value::Array(uris)) => Some(uris.iter().map(redirect_uri).collect::<Option<Vec<_>>>()),
        Some(_) => Some(None),
    };
    let uris = match wanted {
        Some(Some(uris)) if !uris.is_empty() => uris,
        // the environment's own address
        None => vec![state.callback()],
        Some(_) => {
            let text = "redirect_uris must be a list of web addresses";
            return Answer::oauth_error(400, "invalid_redirect_uri", text);
        }
    };
    let id = format!("client-{}", uuid::Uuid::new_v4().simple());
    state.provider.register(id.clone(), uris.clone());
    let client = json!({
        "client_id": id,
        "redirect_uris": uris,
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code"],
        "response_types": ["code"],
    });
    Answer::json(201, &client)
}

fn redirect_uri(value: &Value) -> Option<String> {
    let uri = url::Url::parse(value.as_str()?).ok()?;
    let is_web = matches!(uri.scheme(), "http" | "https") && uri.fragment().is_none();
    is_web.then(|| value.as_str().map(str::to_owned))?
}

/// `POST /oidc/token`.
pub(super) fn exchange(shared: &Shared, request: &RecordedRequest) -> Answer {
    let bad_grant = || Answer::oauth_error(400, "invalid_grant", "grant request is invalid");
    if !request.is_form() {
        let text = "the body must be application/x-www-form-urlencoded";
        return Answer::oauth_error(400, "invalid_request", text);
    }
    let client_id = request.form_value("client_id").unwrap_or_default();
    let mut state = shared.state();
    let provider = &mut state.provider;
    let Some(client) = provider.client(&client_id) else {
        return Answer::oauth_error(401, "invalid_client", "client authentication failed");
    };
    if request.form_value("grant_type").as_deref() != Some("authorization_code") {
        return Answer::oauth_error(400, "unsupported_grant_type", "unsupported grant_type requested");
    }
    // some agents leave it out, which is clear enough when there is one
    let has_one_uri = client.redirect_uris.len() == 1;
    let code = request.form_value("code").unwrap_or_default();
    let Some(code) = provider.codes.iter_mut().find(|entry| entry.code == code) else {
        return bad_grant();
    };
    let is_its_uri = match request.form_value("redirect_uri") {
        Some(uri) => uri == code.redirect_uri,
        None => has_one_uri,
    };
    let is_its_verifier = match &code.challenge {
        Some(challenge) => {
            let verifier = request.form_value("code_verifier").unwrap_or_default();
            BASE64_URL_SAFE_NO_PAD.encode(digest(&SHA256, verifier.as_bytes())) == *challenge
        }
        None => true,
    };
    if code.client_id != client_id || !is_its_uri || !is_its_verifier || code.is_expired() {
        return bad_grant();
    }
    if let Some(token) = code.exchanged.clone() {
        // a code that is used twice was stolen: what it was exchanged for is worth nothing any more
        provider.revoke(&token);
        return bad_grant();
    }
    let (user, nonce, code) = (code.user, code.nonce.clone(), code.code.clone());
    let token = provider.issue_token(user);
    for entry in provider.codes.iter_mut().filter(|entry| entry.code == code) {
        entry.exchanged = Some(token.clone());
    }
    let mut claims = state.user_or_stranger(user).profile();
    // making a key takes its time
    drop(state);
    for (name, value) in [
        ("iss", json!(shared.base_url())),
        ("aud", json!(client_id)),
        ("iat", json!(now())),
        ("exp", json!(now() + TOKEN_LIFETIME.as_secs())),
    ] {
        claims.insert(name.to_owned(), value);
    }
    if let Some(nonce) = nonce {
        claims.insert("nonce".to_owned(), json!(nonce));
    }
    let Some(id_token) = shared.signing_key().and_then(|key| key.sign(&Value::Object(claims))) else {
        return Answer::oauth_error(500, "server_error", "the identity token cannot be signed");
    };
    let tokens = json!({
        "access_token": token,
        "token_type": "Bearer",
        "expires_in": TOKEN_LIFETIME.as_secs(),
        "scope": SCOPES,
        "id_token": id_token,
    });
    Answer::json(200, &tokens).header("cache-control", "no-store")
}

/// `GET /oidc/jwks`.
pub(super) fn keys(shared: &Shared) -> Answer {
    match shared.signing_key() {
        Some(key) => Answer::json(200, &json!({"keys": [key.public()]})),
        None => Answer::oauth_error(500, "server_error", "there is no signing key"),
    }
}

/// `GET /oidc/me`.
pub(super) fn user_info(shared: &Shared, request: &RecordedRequest) -> Answer {
    let state = shared.state();
    let user = request.bearer().and_then(|token| state.provider.user_of(token));
    match user {
        Some(user) => Answer::json(200, &Value::Object(state.user_or_stranger(user).profile())),
        None => Answer::oauth_error(401, "invalid_token", "invalid token provided"),
    }
}
