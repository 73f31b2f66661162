//! The OpenID Connect routes: discovery, registration, the login page, token exchange, keys and user info (protocol:
//! authentication). As strict as the protocol: a code is valid once, for its own client and address.

use std::fmt::{self, Write as _};
use std::time::Instant;

use serde_json::{Value, json};
use url::Url;

use super::answer::Answer;
use super::provider::{Code, Exchange, Provider, RegisteredClient, TOKEN_LIFETIME};
use super::requests::RecordedRequest;
use super::state::{Shared, State};
use super::token::now;

const SCOPES: &str = "openid email profile";

/// `GET /oidc/.well-known/openid-configuration`. The secret is optional, but must not be wrong.
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
    // without addresses, that of the environment
    let default = vec![state.callback()];
    registered(&mut state.provider, request, Some(default))
}

/// `POST /oauth/register`: programs register by themselves.
pub(super) fn register_program(shared: &Shared, request: &RecordedRequest) -> Answer {
    registered(&mut shared.state().provider, request, None)
}

fn registered(provider: &mut Provider, request: &RecordedRequest, default: Option<Vec<String>>) -> Answer {
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
        None | Some(Value::Null) => default,
        Some(Value::Array(uris)) => uris.iter().map(redirect_uri).collect(),
        Some(_) => None,
    };
    let Some(redirect_uris) = wanted.filter(|uris| !uris.is_empty()) else {
        let text = "redirect_uris must be a list of web addresses";
        return Answer::oauth_error(400, "invalid_redirect_uri", text);
    };
    let id = format!("client-{}", uuid::Uuid::new_v4().simple());
    let client = RegisteredClient { id, redirect_uris };
    let answer = Answer::json(201, &client_metadata(&client));
    provider.register(client.id, client.redirect_uris);
    answer
}

pub(super) fn client_metadata(client: &RegisteredClient) -> Value {
    json!({
        "client_id": client.id(),
        "redirect_uris": client.redirect_uris(),
        "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
    })
}

fn redirect_uri(value: &Value) -> Option<String> {
    let uri = url::Url::parse(value.as_str()?).ok()?;
    let is_web = matches!(uri.scheme(), "http" | "https") && uri.fragment().is_none();
    is_web.then(|| value.as_str().map(str::to_owned))?
}

/// `GET /oidc/auth`, for agents, and `GET /oauth/authorize`, for programs: redirects to the client, or shows the page on which
/// a user is picked.
///
/// Errors of the client or the address are shown to the person. All others go to the client, whose address is then verified.
pub(super) fn authorize(shared: &Shared, request: &RecordedRequest, required_scope: Option<&str>) -> Answer {
    let query = |name: &str| request.query_value(name);
    let mut state = shared.state();
    let client_id = query("client_id").unwrap_or_default();
    let Some(client) = state.provider.client(&client_id) else {
        return rejected("invalid_client", "client is invalid");
    };
    let redirect_uri = match (query("redirect_uri"), client.redirect_uris.as_slice()) {
        (Some(uri), uris) if uris.contains(&uri) => uri,
        (None, [uri]) => uri.clone(),
        (None, _) => return rejected("invalid_request", "missing required parameter 'redirect_uri'"),
        (Some(_), _) => {
            let text = "redirect_uri did not match any of the client's registered redirect_uris";
            return rejected("invalid_redirect_uri", text);
        }
    };
    let Ok(back) = Url::parse(&redirect_uri) else {
        return rejected("invalid_redirect_uri", "redirect_uri is not an address");
    };
    let sent_state = query("state");
    let error = |error: &str, description: &str| {
        let pairs = [("error", error), ("error_description", description)];
        redirect(back.clone(), &pairs, sent_state.as_deref())
    };

    if query("response_type").as_deref() != Some("code") {
        return error("unsupported_response_type", "unsupported response_type requested");
    }
    // the vendor's MCP server joins them by a plus sign
    let scope = query("scope").map(|scope| scope.replace('+', " "));
    let has_scope = |required: &str| {
        scope
            .as_ref()
            .is_some_and(|scope| scope.split(' ').any(|word| word == required))
    };
    if let Some(required) = required_scope.filter(|required| !has_scope(required)) {
        return error("invalid_scope", &format!("{required} scope must be requested"));
    }
    let challenge = query("code_challenge");
    if challenge.is_some() && query("code_challenge_method").as_deref() != Some("S256") {
        return error("invalid_request", "not supported value of code_challenge_method");
    }
    if let Some((name, description)) = &state.provider.login_error {
        return error(name, description);
    }
    if let Some(name) = query("error") {
        return error(&name, &query("error_description").unwrap_or_default());
    }
    let Some(user) = picked_user(&state, request) else {
        return Answer::html(200, login_page(&state, request));
    };

    let code = uuid::Uuid::new_v4().simple().to_string();
    state.provider.add_code(Code {
        code: code.clone(),
        client_id,
        redirect_uri,
        user,
        nonce: query("nonce"),
        scope,
        challenge,
        issued: Instant::now(),
        exchanged: None,
    });
    redirect(back, &[("code", &code)], sent_state.as_deref())
}

/// The user that logs in: named in the request, or set by the test.
fn picked_user(state: &State, request: &RecordedRequest) -> Option<u64> {
    let named = request
        .query_value("user")
        .or_else(|| request.query_value("login_hint"));
    let user = named.and_then(|name| {
        let mut users = state.users.values();
        users.find(|user| user.id().to_string() == name || user.email() == name)
    });
    user.map(|user| user.id()).or(state.provider.login_as)
}

fn redirect(mut back: Url, pairs: &[(&str, &str)], state: Option<&str>) -> Answer {
    let state = state.map(|state| ("state", state));
    back.query_pairs_mut().extend_pairs(pairs.iter().copied().chain(state));
    Answer::redirect(302, back.as_str())
}

fn rejected(error: &str, description: &str) -> Answer {
    let body = format!("<p><code>{}</code>: {}</p>", Escaped(error), Escaped(description));
    Answer::html(400, page("This login cannot go on", &body))
}

/// The page that lists the users, each as a link to this address with the user added.
fn login_page(state: &State, request: &RecordedRequest) -> String {
    let mut body = format!("<p>Log in to <b>{}</b> as</p><ul>", Escaped(&state.project));
    let link = |name: &str, value: &str| {
        let pair = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(name, value)
            .finish();
        format!("{}?{}&{pair}", request.path, request.query)
    };
    for user in state.users.values() {
        // writing into a String cannot fail
        let _ = write!(
            body,
            "<li><a href=\"{}\">{}</a> ({}, {})</li>",
            Escaped(link("user", &user.id().to_string())),
            Escaped(user.full_name()),
            Escaped(user.email()),
            Escaped(user.role_name().unwrap_or("no role")),
        );
    }
    let refuse = link("error", "access_denied") + "&error_description=The+person+refused";
    let _ = write!(body, "</ul><p><a href=\"{}\">Refuse</a></p>", Escaped(refuse));
    page("Log in", &body)
}

/// `POST /oidc/token`.
pub(super) fn exchange(shared: &Shared, request: &RecordedRequest) -> Answer {
    if !request.is_form() {
        let text = "the body must be application/x-www-form-urlencoded";
        return Answer::oauth_error(400, "invalid_request", text);
    }
    let client_id = request.form_value("client_id").unwrap_or_default();
    let mut state = shared.state();
    let provider = &mut state.provider;
    if provider.client(&client_id).is_none() {
        return Answer::oauth_error(401, "invalid_client", "client authentication failed");
    }
    if request.form_value("grant_type").as_deref() != Some("authorization_code") {
        return Answer::oauth_error(400, "unsupported_grant_type", "unsupported grant_type requested");
    }
    let exchange = Exchange {
        client_id: client_id.clone(),
        code: request.form_value("code").unwrap_or_default(),
        redirect_uri: request.form_value("redirect_uri"),
        verifier: request.form_value("code_verifier"),
    };
    let Some(code) = provider.redeem(&exchange) else {
        return Answer::bad_grant();
    };
    let (user, nonce) = (code.user, code.nonce.clone());
    let token = provider.issue_token(user, Some(&exchange.code));
    let mut claims = state.user_or_stranger(user).profile();
    // making a key is slow
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

/// Displays a value escaped for HTML text and quoted attributes.
struct Escaped<T>(T);

impl<T: fmt::Display> fmt::Display for Escaped<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Escaping<'a, 'b>(&'a mut fmt::Formatter<'b>);
        impl fmt::Write for Escaping<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                text.chars().try_for_each(|c| match c {
                    '&' => self.0.write_str("&amp;"),
                    '<' => self.0.write_str("&lt;"),
                    '>' => self.0.write_str("&gt;"),
                    '"' => self.0.write_str("&quot;"),
                    '\'' => self.0.write_str("&#39;"),
                    c => self.0.write_char(c),
                })
            }
        }
        write!(Escaping(f), "{}", self.0)
    }
}

/// A page without scripts; `body` is HTML.
fn page(title: &str, body: &str) -> String {
    const STYLE: &str = "body{font:15px/1.5 sans-serif;margin:2rem auto;max-width:75rem;padding:0 1rem}\
        code{font:13px monospace}";
    let title = Escaped(title);
    format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title><style>{STYLE}</style>\
         </head><body><h1>{title}</h1>{body}</body></html>"
    )
}

#[cfg(test)]
mod tests {
    use super::Escaped;

    #[test]
    fn text_is_escaped() {
        let text = Escaped("<b class=\"x\" id='y'>&amp;</b>").to_string();
        assert_eq!(text, "&lt;b class=&quot;x&quot; id=&#39;y&#39;&gt;&amp;amp;&lt;/b&gt;");
    }
}
