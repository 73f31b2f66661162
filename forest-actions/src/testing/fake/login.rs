//! `GET /oidc/auth`: where a person says who they are. A person clicks on a name; a test names somebody in the query,
//! or has decided beforehand.

use std::fmt::Write as _;
use std::time::Instant;

use url::Url;

use super::answer::Answer;
use super::html::{Escaped, page};
use super::provider::Code;
use super::requests::RecordedRequest;
use super::shared::Shared;
use super::state::State;

/// Answers with a redirect to the agent, or with the page on which somebody is picked.
///
/// What is wrong with the client or the address is told to the person; everything else is told to the agent, since only then
/// is it known that the address is its own.
pub(super) fn authorize(shared: &Shared, request: &RecordedRequest) -> Answer {
    let query = |name: &str| request.query_value(name);
    let mut state = shared.state();
    let client_id = query("client_id").unwrap_or_default();
    let Some(client) = state.provider.client(&client_id) else {
        return refused("invalid_client", "client is invalid");
    };
    let redirect_uri = match (query("redirect_uri"), client.redirect_uris.as_slice()) {
        (Some(uri), uris) if uris.contains(&uri) => uri,
        (None, [uri]) => uri.clone(),
        (None, _) => return refused("invalid_request", "missing required parameter 'redirect_uri'"),
        (Some(_), _) => {
            let text = "redirect_uri did not match any of the client's registered redirect_uris";
            return refused("invalid_redirect_uri", text);
        }
    };
    let Ok(back) = Url::parse(&redirect_uri) else {
        return refused("invalid_redirect_uri", "redirect_uri is no address");
    };
    let sent_state = query("state");
    let error = |error: &str, description: &str| {
        let pairs = [("error", error), ("error_description", description)];
        redirect(back.clone(), &pairs, sent_state.as_deref())
    };

    if query("response_type").as_deref() != Some("code") {
        return error("unsupported_response_type", "unsupported response_type requested");
    }
    if !query("scope").is_some_and(|scope| scope.split(' ').any(|word| word == "openid")) {
        return error("invalid_scope", "openid scope must be requested");
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
    let Some(user) = who(&state, request) else {
        return Answer::html(200, login_page(&state, request));
    };

    let code = uuid::Uuid::new_v4().simple().to_string();
    state.provider.add_code(Code {
        code: code.clone(),
        client_id,
        redirect_uri,
        user,
        nonce: query("nonce"),
        challenge,
        issued: Instant::now(),
        exchanged: None,
    });
    redirect(back, &[("code", &code)], sent_state.as_deref())
}

/// Who logs in: named in the request, or decided by the test.
fn who(state: &State, request: &RecordedRequest) -> Option<u64> {
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

fn refused(error: &str, description: &str) -> Answer {
    let body = format!("<p><code>{}</code>: {}</p>", Escaped(error), Escaped(description));
    Answer::html(400, page("This login cannot go on", &body))
}

/// The page that lists everybody, each a link to this same address with a name added.
fn login_page(state: &State, request: &RecordedRequest) -> String {
    let mut body = format!("<p>Log in to <b>{}</b> as</p><ul>", Escaped(&state.project));
    let link = |name: &str, value: &str| {
        let pair = url::form_urlencoded::Serializer::new(String::new())
            .append_pair(name, value)
            .finish();
        format!("/oidc/auth?{}&{pair}", request.query)
    };
    for user in state.users.values() {
        // writing to a text cannot fail
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
