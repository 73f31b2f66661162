//! The login of programs, and their activity log.

use base64::prelude::{BASE64_URL_SAFE_NO_PAD, Engine as _};
use serde_json::{Value, json};
use url::Url;

use super::super::FakeForest;
use super::client::{Reply, send};

const CALLBACK: &str = "http://localhost:4000/callback";
// of RFC 7636, appendix B
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn register(fake: &FakeForest, body: &Value) -> Reply {
    send(fake, "POST", "/oauth/register", &[], &body.to_string())
}

fn client(fake: &FakeForest) -> String {
    let reply = register(fake, &json!({"redirect_uris": [CALLBACK]}));
    assert_eq!(reply.status, 201);
    reply.json()["client_id"].as_str().unwrap().to_owned()
}

fn code(fake: &FakeForest, client: &str, user: u64) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    let query = query
        .append_pair("client_id", client)
        .append_pair("redirect_uri", CALLBACK)
        .append_pair("response_type", "code")
        .append_pair("code_challenge", CHALLENGE)
        .append_pair("code_challenge_method", "S256")
        .append_pair("state", "s")
        .append_pair("scope", "mcp:read+mcp:action")
        .append_pair("user", &user.to_string())
        .finish();
    let reply = send(fake, "GET", &format!("/oauth/authorize?{query}"), &[], "");
    assert_eq!(reply.status, 302, "{}", reply.text());
    let location = Url::parse(reply.header("location").unwrap()).unwrap();
    assert!(location.as_str().starts_with(CALLBACK));
    let mut pairs = location.query_pairs();
    pairs.find(|(name, _)| name == "code").unwrap().1.into_owned()
}

fn exchange(fake: &FakeForest, body: &Value) -> Reply {
    let secret = fake.env_secret();
    let headers = [
        ("forest-secret-key", secret.as_str()),
        ("content-type", "application/json"),
    ];
    send(fake, "POST", "/oauth/token", &headers, &body.to_string())
}

fn grant(client: &str, code: &str) -> Value {
    json!({"grant_type": "authorization_code", "client_id": client, "code": code, "redirect_uri": CALLBACK,
           "code_verifier": VERIFIER})
}

/// The tokens of a login of this user.
fn tokens(fake: &FakeForest, user: u64) -> Value {
    let client = client(fake);
    let reply = exchange(fake, &grant(&client, &code(fake, &client, user)));
    assert_eq!(reply.status, 200, "{}", reply.text());
    reply.json()
}

fn claims(token: &Value) -> Value {
    let payload = token.as_str().unwrap().split('.').nth(1).unwrap();
    serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[actix_web::test]
async fn a_program_logs_in_with_tokens_that_it_can_read() {
    let fake = FakeForest::start().await.unwrap();
    let tokens = tokens(&fake, 2);
    assert_eq!(tokens["scope"], "mcp:read mcp:action");
    let access = claims(&tokens["access_token"]);
    assert_eq!(access["meta"]["renderingId"], 1);
    assert_eq!(access["scope"], "mcp:read mcp:action");
    assert!(claims(&tokens["refresh_token"])["exp"].as_u64() > access["exp"].as_u64());
    let secret = fake.env_secret();
    let user = |token: &Value| {
        let headers = [
            ("forest-secret-key", secret.as_str()),
            ("forest-token", token.as_str().unwrap()),
        ];
        send(&fake, "GET", "/liana/v2/renderings/1/authorization", &headers, "")
    };
    assert_eq!(user(&tokens["access_token"]).json()["data"]["id"], "2");
    assert_eq!(
        user(&tokens["refresh_token"]).status,
        401,
        "a refresh token opens nothing"
    );
}

#[actix_web::test]
async fn codes_and_refresh_tokens_are_valid_once_for_their_client() {
    let fake = FakeForest::start().await.unwrap();
    let (client, other) = (client(&fake), client(&fake));
    let refresh = |client: &str, token: &Value| {
        exchange(
            &fake,
            &json!({"grant_type": "refresh_token", "client_id": client, "refresh_token": token}),
        )
    };
    let code = code(&fake, &client, 1);
    let mut guessed = grant(&client, &code);
    guessed["code_verifier"] = json!("guessed");
    for refused in [&guessed, &grant(&other, &code), &grant(&client, "nope")] {
        assert_eq!(exchange(&fake, refused).json()["error"], "invalid_grant", "{refused}");
    }
    assert_eq!(exchange(&fake, &grant("nobody", &code)).status, 401);
    let first = exchange(&fake, &grant(&client, &code)).json();
    assert_eq!(exchange(&fake, &grant(&client, &code)).status, 400, "a code is used up");
    assert_eq!(refresh(&other, &first["refresh_token"]).status, 400);
    let second = refresh(&client, &first["refresh_token"]);
    assert_eq!(second.json()["scope"], "mcp:read mcp:action");
    assert_eq!(
        refresh(&client, &first["refresh_token"]).status,
        400,
        "and so is a refresh token"
    );
    let unknown = exchange(&fake, &json!({"grant_type": "password", "client_id": client}));
    assert_eq!(unknown.json()["error"], "unsupported_grant_type");
    let stranger = send(&fake, "POST", "/oauth/token", &[], &grant(&client, &code).to_string());
    assert_eq!(stranger.status, 404, "without the secret of the environment");
}

#[actix_web::test]
async fn clients_register_by_themselves_with_an_address() {
    let fake = FakeForest::start().await.unwrap();
    let id = client(&fake);
    let found = send(&fake, "GET", &format!("/oauth/register/{id}"), &[], "");
    assert_eq!(found.json()["redirect_uris"], json!([CALLBACK]));
    assert_eq!(send(&fake, "GET", "/oauth/register/nope", &[], "").status, 404);
    for body in [
        json!({}),
        json!({"redirect_uris": []}),
        json!({"redirect_uris": ["javascript:alert(1)"]}),
        json!([]),
    ] {
        assert_eq!(register(&fake, &body).status, 400, "{body}");
    }
}

#[actix_web::test]
async fn an_environment_has_the_agents_address_and_the_schema_as_it_was_sent() {
    let fake = FakeForest::builder()
        .agent_url("http://localhost:3310/")
        .start()
        .await
        .unwrap();
    let secret = fake.env_secret();
    let headers = [("forest-secret-key", secret.as_str())];
    let get = |path: &str| send(&fake, "GET", path, &headers, "");
    let attributes = get("/liana/environment").json()["data"]["attributes"].clone();
    assert_eq!(attributes["api_endpoint"], "http://localhost:3310");
    assert_eq!(get("/liana/forest-schema").status, 404);
    let document = json!({"meta": {"liana": "l", "liana_version": "1"}, "data": [{"id": "a", "type": "collections"}]});
    let sent = send(&fake, "POST", "/forest/apimaps", &headers, &document.to_string());
    assert_eq!(sent.status, 202);
    assert_eq!(get("/liana/forest-schema").json(), document);
    assert_eq!(send(&fake, "GET", "/liana/forest-schema", &[], "").status, 404);
}

#[actix_web::test]
async fn operations_are_announced_and_reported() {
    let fake = FakeForest::start().await.unwrap();
    let bearer = |user| format!("Bearer {}", fake.access_token(user));
    let call = |method: &str, path: &str, user: u64, body: &Value| {
        send(
            &fake,
            method,
            path,
            &[("authorization", &bearer(user))],
            &body.to_string(),
        )
    };
    let flat = json!({"type": "write", "action": "action", "label": "Refund", "status": "pending", "records": ["1"],
                      "renderingId": "1", "collectionModelName": "orders"});
    let document = json!({"data": {"type": "activity-logs-requests",
        "attributes": {"type": "read", "action": "index", "status": "pending", "records": []},
        "relationships": {"collection": {"data": {"id": "orders", "type": "collections"}}}}});
    let created = call("POST", "/api/activity-logs-requests/mcp", 1, &flat);
    assert_eq!(created.status, 201);
    let data = created.json()["data"].clone();
    let (id, index) = (
        data["id"].as_str().unwrap(),
        data["attributes"]["index"].as_str().unwrap(),
    );
    assert_eq!(call("POST", "/api/activity-logs-requests", 2, &document).status, 201);
    let [first, second] = &fake.activity_logs()[..] else {
        panic!("two entries")
    };
    assert_eq!(
        (first.user(), first.action(), first.label()),
        (1, "action", Some("Refund"))
    );
    assert_eq!(
        (first.collection(), first.records()),
        (Some("orders"), &["1".to_owned()][..])
    );
    assert_eq!(
        (second.user(), second.collection(), second.status()),
        (2, Some("orders"), "pending")
    );

    let path = format!("/api/activity-logs-requests/{index}/{id}/status");
    assert_eq!(
        call("PATCH", &path, 2, &json!({"status": "failed"})).status,
        404,
        "another user's"
    );
    assert_eq!(call("PATCH", &path, 1, &json!({"status": "done"})).status, 400);
    assert_eq!(call("PATCH", &path, 1, &json!({"status": "completed"})).status, 200);
    assert_eq!(fake.activity_logs()[0].status(), "completed");
    let unauthorized = send(&fake, "POST", "/api/activity-logs-requests/mcp", &[], &flat.to_string());
    assert_eq!(unauthorized.status, 401);
    assert_eq!(
        call("POST", "/api/activity-logs-requests", 1, &json!({"data": {}})).status,
        400
    );
}
