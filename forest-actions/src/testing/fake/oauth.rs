//! The login of programs, such as the vendor's MCP server: OAuth with tokens of the Forest server itself. The page on which a
//! user is picked is that of `login`.

use serde_json::{Value, json};

use super::answer::Answer;
use super::login::client_metadata;
use super::provider::{Exchange, TOKEN_LIFETIME};
use super::requests::RecordedRequest;
use super::state::Shared;
use super::token::{TestToken, now};

const REFRESH_LIFETIME: u64 = 8 * 24 * 60 * 60;

/// `GET /liana/environment`.
pub(super) fn environment(shared: &Shared) -> Answer {
    let state = shared.state();
    let attributes = json!({"name": state.project, "api_endpoint": state.agent_url});
    Answer::json(
        200,
        &json!({"data": {"type": "environments", "id": "1", "attributes": attributes}}),
    )
}

/// `GET /oauth/register/:client`.
pub(super) fn client(shared: &Shared, id: &str) -> Answer {
    match shared.state().provider.client(id) {
        Some(client) => Answer::json(200, &client_metadata(client)),
        None => Answer::oauth_error(404, "invalid_client", "client not found"),
    }
}

/// `POST /oauth/token`, for the environment whose secret the request has. Refresh tokens are valid once.
pub(super) fn exchange(shared: &Shared, request: &RecordedRequest) -> Answer {
    let Some(Value::Object(body)) = request.json() else {
        return Answer::oauth_error(400, "invalid_request", "the body must be a JSON object");
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut state = shared.state();
    let provider = &mut state.provider;
    let client_id = text("client_id").unwrap_or_default();
    if provider.client(&client_id).is_none() {
        return Answer::oauth_error(401, "invalid_client", "client authentication failed");
    }
    let (user, scope, code) = match text("grant_type").as_deref() {
        Some("authorization_code") => {
            let exchange = Exchange {
                client_id: client_id.clone(),
                code: text("code").unwrap_or_default(),
                redirect_uri: text("redirect_uri"),
                verifier: text("code_verifier"),
            };
            match provider.redeem(&exchange) {
                Some(code) => (code.user, code.scope.clone(), Some(code.code.clone())),
                None => return Answer::bad_grant(),
            }
        }
        Some("refresh_token") => {
            let token = text("refresh_token").unwrap_or_default();
            match provider.take_refresh_token(&client_id, &token) {
                Some((user, scope)) => (user, scope, None),
                None => return Answer::bad_grant(),
            }
        }
        _ => return Answer::oauth_error(400, "unsupported_grant_type", "unsupported grant_type requested"),
    };
    let lifetime = TOKEN_LIFETIME.as_secs();
    let access = token(user, lifetime, scope.as_deref());
    let refresh = token(user, REFRESH_LIFETIME, scope.as_deref());
    provider.keep_token(user, access.clone(), code.as_deref());
    provider.keep_refresh_token(client_id, user, scope.clone(), refresh.clone());
    let mut tokens = json!({
        "access_token": access,
        "refresh_token": refresh,
        "token_type": "Bearer",
        "expires_in": lifetime,
    });
    if let Some(scope) = scope {
        tokens["scope"] = json!(scope);
    }
    Answer::json(200, &tokens).header("cache-control", "no-store")
}

/// A token whose claims the program reads. It cannot verify the signature, so the secret is any.
fn token(user: u64, lifetime: u64, scope: Option<&str>) -> String {
    let unique = || uuid::Uuid::new_v4().simple().to_string();
    let claims = serde_json::Map::from_iter([
        ("sub".to_owned(), json!(user.to_string())),
        ("jti".to_owned(), json!(unique())),
        ("meta".to_owned(), json!({"renderingId": 1})),
        ("iat".to_owned(), json!(now())),
        ("exp".to_owned(), json!(now() + lifetime)),
    ]);
    let token = TestToken::new(claims, &unique());
    match scope {
        Some(scope) => token.claim("scope", scope).sign(),
        None => token.sign(),
    }
}
