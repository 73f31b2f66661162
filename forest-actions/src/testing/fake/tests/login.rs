//! Logins: the whole round trip, and every way in which one may not work.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde_json::{Value, json};
use url::Url;

use super::super::{FakeForest, FakeUser, Fault, LoginRefusal};
use super::client::{Reply, agent, send};

const CALLBACK: &str = "https://agent.example.com/base/forest/authentication/callback";
const AUTHORIZATION: &str = "/liana/v2/renderings/42/authorization";

async fn start() -> FakeForest {
    let angelica = FakeUser::new(172, "angelica@example.com")
        .name("Angelica", "Bengtsson")
        .role("Manager")
        .permission_level("admin")
        .tag("country", "Canada");
    let builder = FakeForest::builder().user(angelica);
    let builder = builder.user(FakeUser::new(7, "sam@example.com").name("Sam", "<Porter>"));
    builder.start().await.unwrap()
}

fn register(fake: &FakeForest, body: &Value) -> Reply {
    let bearer = format!("Bearer {}", fake.env_secret());
    let headers = [("authorization", bearer.as_str()), ("content-type", "application/json")];
    send(fake, "POST", "/oidc/reg", &headers, &body.to_string())
}

fn client(fake: &FakeForest) -> String {
    let body = json!({"redirect_uris": [CALLBACK], "token_endpoint_auth_method": "none"});
    let reply = register(fake, &body);
    assert_eq!(reply.status, 201);
    assert_eq!(reply.json()["redirect_uris"], json!([CALLBACK]));
    reply.json()["client_id"].as_str().unwrap().to_owned()
}

fn query(pairs: &[(&str, &str)]) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(pairs).finish()
}

fn authorize(fake: &FakeForest, client: &str, more: &[(&str, &str)]) -> Reply {
    let pairs = [
        ("client_id", client),
        ("scope", "openid email profile"),
        ("response_type", "code"),
        ("redirect_uri", CALLBACK),
        ("state", r#"{"renderingId":42}"#),
    ];
    let path = format!("/oidc/auth?{}&{}", query(&pairs), query(more));
    send(fake, "GET", &path, &[], "")
}

/// A parameter of the address that somebody is sent back to.
fn returned(reply: &Reply, name: &str) -> Option<String> {
    assert_eq!(reply.status, 302, "{}", reply.text());
    let location = reply.header("location").unwrap();
    assert!(location.starts_with(CALLBACK), "{location}");
    let location = Url::parse(location).unwrap();
    location
        .query_pairs()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

fn code(fake: &FakeForest, client: &str) -> String {
    returned(&authorize(fake, client, &[("user", "172")]), "code").unwrap()
}

fn exchange(fake: &FakeForest, client: &str, code: &str, more: &[(&str, &str)]) -> Reply {
    let pairs = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("client_id", client),
    ];
    let body = format!("{}&{}", query(&pairs), query(more));
    send(
        fake,
        "POST",
        "/oidc/token",
        &[("content-type", "application/x-www-form-urlencoded")],
        &body,
    )
}

fn access_token(fake: &FakeForest, client: &str) -> String {
    let reply = exchange(fake, client, &code(fake, client), &[("redirect_uri", CALLBACK)]);
    reply.json()["access_token"].as_str().unwrap().to_owned()
}

fn who(fake: &FakeForest, token: &str) -> Reply {
    let secret = fake.env_secret();
    send(
        fake,
        "GET",
        AUTHORIZATION,
        &[("forest-secret-key", &secret), ("forest-token", token)],
        "",
    )
}

/// The claims of an identity token, verified with the keys that are published.
fn identity(fake: &FakeForest, client: &str, token: &str) -> Result<Value, jsonwebtoken::errors::Error> {
    let keys = send(fake, "GET", "/oidc/jwks", &[], "").json();
    let key = &keys["keys"][0];
    let text = |name: &str| key[name].as_str().unwrap();
    assert_eq!(
        (text("kty"), text("alg"), text("use"), text("e")),
        ("RSA", "RS256", "sig", "AQAB")
    );
    let header = jsonwebtoken::decode_header(token)?;
    let mut validation = Validation::new(Algorithm::RS256);
    validation.set_audience(&[client]);
    validation.set_issuer(&[fake.url()]);
    let decoding = DecodingKey::from_rsa_components(text("n"), text("e"))?;
    let claims = jsonwebtoken::decode::<Value>(token, &decoding, &validation)?.claims;
    assert_eq!(header.kid.as_deref(), Some(text("kid")));
    Ok(claims)
}

#[actix_web::test]
async fn login_gives_a_valid_identity_token() {
    let fake = start().await;
    let discovery = send(&fake, "GET", "/oidc/.well-known/openid-configuration", &[], "").json();
    for (name, path) in [
        ("issuer", ""),
        ("authorization_endpoint", "/oidc/auth"),
        ("token_endpoint", "/oidc/token"),
        ("registration_endpoint", "/oidc/reg"),
        ("jwks_uri", "/oidc/jwks"),
        ("userinfo_endpoint", "/oidc/me"),
    ] {
        assert_eq!(discovery[name], format!("{}{path}", fake.url()));
    }
    let client = client(&fake);
    let back = authorize(&fake, &client, &[("user", "172"), ("nonce", "n-1")]);
    assert_eq!(returned(&back, "state").as_deref(), Some(r#"{"renderingId":42}"#));

    let tokens = exchange(
        &fake,
        &client,
        &returned(&back, "code").unwrap(),
        &[("redirect_uri", CALLBACK)],
    );
    assert_eq!(tokens.status, 200);
    let tokens = tokens.json();
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&json!("Bearer"), &json!(3600))
    );
    let claims = identity(&fake, &client, tokens["id_token"].as_str().unwrap()).unwrap();
    assert_eq!((&claims["sub"], &claims["nonce"]), (&json!("172"), &json!("n-1")));
    assert_eq!(claims["exp"].as_u64().unwrap() - claims["iat"].as_u64().unwrap(), 3600);

    let token = tokens["access_token"].as_str().unwrap();
    assert_eq!(
        who(&fake, token).json(),
        json!({"data": {"type": "users", "id": "172", "attributes": {
            "email": "angelica@example.com", "first_name": "Angelica", "last_name": "Bengtsson",
            "teams": ["Operations"], "role": "Manager", "permission_level": "admin",
            "tags": [{"key": "country", "value": "Canada"}],
        }}})
    );
    let bearer = format!("Bearer {token}");
    assert_eq!(
        send(&fake, "GET", "/oidc/me", &[("authorization", &bearer)], "").json()["sub"],
        "172"
    );
}

#[actix_web::test]
async fn identity_token_fails_with_another_key() {
    let (fake, other) = (start().await, start().await);
    let client = client(&fake);
    let reply = exchange(&fake, &client, &code(&fake, &client), &[]);
    let token = reply.json()["id_token"].as_str().unwrap().to_owned();
    assert!(identity(&fake, &client, &token).is_ok());
    assert!(identity(&other, &client, &token).is_err());
    fake.rotate_signing_key();
    assert!(identity(&fake, &client, &token).is_err());
}

#[actix_web::test]
async fn second_use_of_a_code_revokes_its_token() {
    let fake = start().await;
    let client = client(&fake);
    let code = code(&fake, &client);
    let first = exchange(&fake, &client, &code, &[("redirect_uri", CALLBACK)]).json();
    let token = first["access_token"].as_str().unwrap();
    assert_eq!(who(&fake, token).status, 200);
    let second = exchange(&fake, &client, &code, &[("redirect_uri", CALLBACK)]);
    assert_eq!(second.status, 400);
    assert_eq!(
        second.json(),
        json!({"error": "invalid_grant", "error_description": "grant request is invalid"})
    );
    assert_eq!(who(&fake, token).status, 401);
}

#[actix_web::test]
async fn code_is_bound_to_client_address_and_verifier() {
    let fake = start().await;
    let (mine, other) = (client(&fake), client(&fake));
    let status = |client: &str, code: &str, more: &[(&str, &str)]| exchange(&fake, client, code, more).status;
    let one = code(&fake, &mine);
    assert_eq!(status(&other, &one, &[("redirect_uri", CALLBACK)]), 400);
    assert_eq!(
        status(&mine, &one, &[("redirect_uri", "https://agent.example.com/")]),
        400
    );
    assert_eq!(status("nobody", &one, &[("redirect_uri", CALLBACK)]), 401);
    assert_eq!(status(&mine, "no-code", &[("redirect_uri", CALLBACK)]), 400);
    // it is still good, and one registered address need not be repeated
    assert_eq!(status(&mine, &one, &[]), 200);

    let verifier = "a-verifier-that-is-long-enough-for-the-protocol";
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, verifier.as_bytes());
    let challenge = BASE64_URL_SAFE_NO_PAD.encode(hash);
    let asked = [
        ("user", "172"),
        ("code_challenge", challenge.as_str()),
        ("code_challenge_method", "S256"),
    ];
    let code = returned(&authorize(&fake, &mine, &asked), "code").unwrap();
    assert_eq!(status(&mine, &code, &[]), 400);
    assert_eq!(status(&mine, &code, &[("code_verifier", "another")]), 400);
    assert_eq!(status(&mine, &code, &[("code_verifier", verifier)]), 200);
}

#[actix_web::test]
async fn registration_needs_the_secret_and_fails_on_demand() {
    let fake = FakeForest::builder()
        .agent_url("https://agent.example.com/base/")
        .client_id("fixed");
    let fake = fake.start().await.unwrap();
    let reply = register(&fake, &json!({"token_endpoint_auth_method": "none"}));
    assert_eq!(
        (reply.status, &reply.json()["redirect_uris"]),
        (201, &json!([CALLBACK]))
    );
    for body in [
        json!([]),
        json!({"redirect_uris": "x"}),
        json!({"redirect_uris": ["no address"]}),
    ] {
        assert_eq!(register(&fake, &body).status, 400, "{body}");
    }
    let refused = send(&fake, "POST", "/oidc/reg", &[("authorization", "Bearer wrong")], "{}");
    assert_eq!(
        (refused.status, &refused.json()["error"]),
        (401, &json!("invalid_token"))
    );

    fake.fault_next("POST /oidc/reg", [Fault::json(500, &json!({"error": "server_error"}))]);
    assert_eq!(register(&fake, &json!({})).status, 500);
    assert_eq!(fake.clients().len(), 2, "a failed registration registers nobody");
    assert_eq!(register(&fake, &json!({})).status, 201);
    assert_eq!(fake.count("POST /oidc/reg"), 7);
    // the one that was there beforehand
    assert_eq!(fake.clients()[0].id(), "fixed");
    assert_eq!(authorize(&fake, "fixed", &[("user", "1")]).status, 302);
}

#[actix_web::test]
async fn new_environment_secret_invalidates_clients_and_tokens() {
    let fake = start().await;
    let client = client(&fake);
    let (token, code) = (access_token(&fake, &client), code(&fake, &client));
    let old = fake.env_secret();
    fake.change_env_secret("f".repeat(64));
    assert_eq!(exchange(&fake, &client, &code, &[]).json()["error"], "invalid_client");
    assert_eq!(authorize(&fake, &client, &[]).status, 400);
    assert_eq!(who(&fake, &token).status, 401);
    for (secret, expected) in [(old.as_str(), 404), (fake.env_secret().as_str(), 200)] {
        let path = "/oidc/.well-known/openid-configuration";
        assert_eq!(
            send(&fake, "GET", path, &[("forest-secret-key", secret)], "").status,
            expected
        );
    }
}

#[actix_web::test]
async fn user_is_picked_on_the_page_or_named_in_the_query() {
    let fake = start().await;
    let client = client(&fake);
    let page = authorize(&fake, &client, &[]);
    assert_eq!(page.status, 200);
    let page = page.text();
    assert!(
        page.contains("Angelica Bengtsson") && page.contains("Sam &lt;Porter&gt;"),
        "{page}"
    );
    let link = page.split("href=\"").nth(1).unwrap().split('"').next().unwrap();
    let clicked = send(&fake, "GET", &link.replace("&amp;", "&"), &[], "");
    assert!(returned(&clicked, "code").is_some());
    let refuse = page.split("href=\"").last().unwrap().split('"').next().unwrap();
    let refused = send(&fake, "GET", &refuse.replace("&amp;", "&"), &[], "");
    assert_eq!(returned(&refused, "error").as_deref(), Some("access_denied"));

    for pair in [("login_hint", "sam@example.com"), ("user", "7")] {
        let code = returned(&authorize(&fake, &client, &[pair]), "code").unwrap();
        let token = exchange(&fake, &client, &code, &[]).json();
        assert_eq!(
            who(&fake, token["access_token"].as_str().unwrap()).json()["data"]["id"],
            "7"
        );
    }
    fake.login_as(Some(7));
    assert_eq!(authorize(&fake, &client, &[]).status, 302);
}

#[actix_web::test]
async fn unregistered_redirect_address_is_refused() {
    let fake = start().await;
    let client = client(&fake);
    for pairs in [
        query(&[("client_id", "nobody"), ("redirect_uri", CALLBACK)]),
        query(&[("client_id", &client), ("redirect_uri", "https://evil.example.com/")]),
    ] {
        let reply = send(&fake, "GET", &format!("/oidc/auth?{pairs}"), &[], "");
        assert_eq!((reply.status, reply.header("location")), (400, None));
    }
    let pairs = query(&[
        ("client_id", &client),
        ("redirect_uri", CALLBACK),
        ("response_type", "token"),
    ]);
    let reply = send(&fake, "GET", &format!("/oidc/auth?{pairs}"), &[], "");
    assert_eq!(returned(&reply, "error").as_deref(), Some("unsupported_response_type"));
}

#[actix_web::test]
async fn logins_fail_on_demand() {
    let fake = start().await;
    let client = client(&fake);
    let trial = [
        ("error", "TrialBlockedError"),
        ("error_description", "Your free trial has ended"),
    ];
    for (name, value) in trial {
        assert_eq!(
            returned(&authorize(&fake, &client, &trial), name).as_deref(),
            Some(value)
        );
    }
    fake.fail_logins("access_denied", "no");
    let reply = authorize(&fake, &client, &[("user", "172")]);
    assert_eq!(returned(&reply, "error").as_deref(), Some("access_denied"));
    assert_eq!(returned(&reply, "state").as_deref(), Some(r#"{"renderingId":42}"#));
    fake.accept_logins();

    let token = access_token(&fake, &client);
    for (refusal, status, name) in [
        (LoginRefusal::NoAccess, 403, "ForbiddenError"),
        (
            LoginRefusal::TwoFactorRequired,
            403,
            "TwoFactorAuthenticationRequiredForbiddenError",
        ),
        (LoginRefusal::UnknownProject, 404, "NotFoundError"),
        (LoginRefusal::InconsistentRendering, 422, "UnprocessableEntityError"),
    ] {
        fake.refuse_login(172, refusal);
        let reply = who(&fake, &token);
        assert_eq!(
            (reply.status, &reply.json()["errors"][0]["name"]),
            (status, &json!(name))
        );
    }
    fake.accept_logins();
    assert_eq!(who(&fake, &token).status, 200);
    assert_eq!(agent(&fake, "GET", AUTHORIZATION, "").status, 401, "no access token");
    fake.revoke_access_tokens();
    assert_eq!(who(&fake, &token).status, 401);
}
