//! Texts from outside in the log: no control character of a request, a token, a handler's error or the Forest server reaches a
//! line, so that none can begin a line of its own or drive a terminal (CWE-117).

use actix_web::http::header::HeaderValue;
use forest_actions::audit::{Audit, AuditMemory};
use forest_actions::prelude::*;
use forest_actions::records::Writable;
use forest_actions::testing::{ApprovalRequest, FakeForest};
use forest_actions::{FormState, HookResult};
use serde_json::{Value, json};

use crate::support::connected::{ADA, SAM, condition, project};
use crate::support::shop::{Large, filters};
use crate::support::{Agent, Call, Log, MARK_AS_LIVE, TestService, claims, companies, escaped, mint, query_string};

/// Line ends, the escapes of terminals in both their forms, and what else ends a line or turns it around.
const HOSTILE: &str =
    "x\r\n2026-11-29T09:00:00Z  INFO forged\u{1b}[2K\u{9b}31m\u{7}\u{8}\u{85}\u{2028}\u{202e}\u{0}\u{7f}y";

fn is_raw(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202e}')
}

/// The fields with a raw character, of all lines so far.
fn raw_fields(log: &Log) -> Vec<String> {
    let lines = log.lines();
    let raw = lines
        .iter()
        .flat_map(|line| line.fields().map(move |field| (line, field)));
    raw.filter(|(_, (_, value))| value.contains(is_raw))
        .map(|(line, (name, value))| format!("{} {name}={value:?}", line.message()))
        .collect()
}

/// Sends the request, and adds the raw fields of its lines to those found before.
async fn sent(app: &impl TestService, call: Call, found: &mut Vec<String>) {
    let log = Log::capture();
    call.send(app).await;
    assert!(!log.lines().is_empty(), "{call:?}");
    found.extend(raw_fields(&log));
}

#[smart_action(collection = "companies", name = "Fail", kind = "global", load = loads)]
async fn fail(values: Values) -> ActionResult {
    let text = values
        .get("text")
        .and_then(Value::as_str)
        .unwrap_or_default()
        .to_owned();
    match values.get("how").and_then(Value::as_str) {
        Some("panic") => panic!("{text}"),
        Some("internal") => Err(ActionError::internal(std::io::Error::other(text))),
        Some("file") => {
            let broken = futures_util::stream::iter([Err(std::io::Error::other(text.clone()))]);
            Ok(Download::stream(text, broken).into())
        }
        _ => Err(failure(text)),
    }
}

async fn loads(_: FormState) -> HookResult {
    Err(ActionError::internal(std::io::Error::other(HOSTILE)))
}

async fn agent(fake: &FakeForest) -> Agent {
    Agent::of_with(fake, |builder| {
        let builder = builder.actions(actions![fail]).writable("companies", Writable::all());
        builder.audit(Audit::sink(AuditMemory::new()))
    })
    .await
}

#[actix_web::test]
async fn res_07_paths_and_queries_are_escaped_in_the_log() {
    let mut found = Vec::new();
    let fake = project().await;
    let agent = agent(&fake).await;
    let app = agent.serve().await;
    let hostile = escaped(HOSTILE);
    for path in [
        hostile.clone(),
        format!("{hostile}/1"),
        format!("{hostile}.csv"),
        format!("{hostile}/count"),
        format!("companies/{hostile}"),
        format!("companies/1/relationships/{hostile}"),
        format!("companies/{hostile}/relationships/{hostile}/count"),
        format!("actions/{hostile}"),
        format!("actions/mark-as-live/{hostile}"),
        format!("actions/mark-as-live/hooks/{hostile}"),
        format!("_charts/{hostile}"),
        format!("stats/{hostile}"),
        format!("_audit-trail/companies/{hostile}"),
        format!("_audit-trail/{hostile}/{hostile}"),
        format!("_audit-trail/correlation/{hostile}?collection={hostile}&recordId={hostile}"),
        format!("authentication/{hostile}"),
        format!("authentication/callback?state={hostile}&code={hostile}"),
        format!("authentication/callback?error={hostile}&error_description={hostile}"),
        format!("scope-cache-invalidation?{hostile}"),
        format!("actions/mark-as-live?timezone={hostile}"),
    ] {
        for method in ["GET", "POST", "PUT", "DELETE", "OPTIONS"] {
            let call = Call::read(format!("/forest/{path}")).by(&fake, ADA).method(method);
            sent(&app, call.clone(), &mut found).await;
            sent(&app, call.without("authorization"), &mut found).await;
        }
    }
    let queries = [
        "search",
        "segment",
        "segmentQuery",
        "connectionName",
        "sort",
        "timezone",
        "filename",
        "header",
        "page[size]",
        "filters",
        "fields[companies]",
        "searchExtended",
    ];
    let queries = queries.map(|name| query_string(&[(name, HOSTILE)]));
    let filters = [
        filters(HOSTILE, "equal", json!(1)),
        filters("name", HOSTILE, json!(1)),
        filters("id", "equal", json!(HOSTILE)),
        filters("name", "in", json!({HOSTILE: 1})),
    ];
    for query in queries.into_iter().chain(filters) {
        for path in [
            "companies",
            "companies/count",
            "companies.csv",
            "_audit-trail/companies/1",
        ] {
            sent(
                &app,
                Call::read(format!("/forest/{path}?{query}")).by(&fake, ADA),
                &mut found,
            )
            .await;
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[actix_web::test]
async fn res_07_headers_and_tokens_are_escaped_in_the_log() {
    let mut found = Vec::new();
    let fake = project().await;
    let agent = agent(&fake).await;
    let app = agent.serve().await;
    // what a header can hold: tabs, and bytes above ASCII
    let bytes = HeaderValue::from_bytes(b"x\ty\x9b31m\xc2\x9b31m\xe2\x80\xae").unwrap();
    for name in [
        "content-type",
        "content-encoding",
        "content-length",
        "origin",
        "host",
        "referer",
        "user-agent",
        "x-request-id",
        "x-forest-correlation-id",
        "x-forwarded-for",
        "forwarded",
        "accept",
        "cookie",
        "authorization",
        "forest-context-url",
        "access-control-request-method",
        "access-control-request-headers",
        "idempotency-key",
    ] {
        for call in [
            Call::post(MARK_AS_LIVE).by(&fake, ADA),
            Call::read("/forest/companies").by(&fake, ADA),
            Call::bare("OPTIONS", MARK_AS_LIVE),
            Call::bare("POST", "/forest/authentication"),
        ] {
            sent(&app, call.without(name).header(name, bytes.as_bytes()), &mut found).await;
        }
    }
    let local = Agent::local(companies()).await;
    let app = local.serve().await;
    for claim in [
        "id",
        "email",
        "firstName",
        "team",
        "role",
        "renderingId",
        "permissionLevel",
        "type",
    ] {
        let mut claims = claims();
        claims[claim] = json!(HOSTILE);
        sent(&app, Call::post(MARK_AS_LIVE).bearer(&mint(&claims)), &mut found).await;
        let connected = fake.user_token(ADA).claim(claim, HOSTILE).sign();
        let app = agent.serve().await;
        sent(&app, Call::post(MARK_AS_LIVE).bearer(&connected), &mut found).await;
        sent(&app, Call::read("/forest/companies").bearer(&connected), &mut found).await;
        sent(&app, Call::invalidation(&fake, HOSTILE).bearer(&connected), &mut found).await;
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[actix_web::test]
async fn res_07_bodies_are_escaped_in_the_log() {
    let mut found = Vec::new();
    let fake = project().await;
    let agent = agent(&fake).await;
    let app = agent.serve().await;
    for name in [
        "ids",
        "collection_name",
        "parent_collection_name",
        "parent_collection_id",
        "parent_association_name",
        "all_records",
        "all_records_subset_query",
        "all_records_ids_excluded",
        "smart_action_id",
        "requester_id",
        "values",
        "signed_approval_request",
        "preview_token",
    ] {
        for value in [json!(HOSTILE), json!({HOSTILE: HOSTILE})] {
            for path in ["archive", "fail", "mark-as-live/hooks/load"] {
                let mut attributes = json!({"ids": ["1"], "values": {}});
                attributes[name] = value.clone();
                let call = Call::post(format!("/forest/actions/{path}")).attributes(attributes);
                sent(&app, call.by(&fake, ADA), &mut found).await;
            }
        }
        let request = ApprovalRequest::new("companies", "Archive").records(["1"]);
        let signed = fake.approval_token(SAM, &request).attribute(name, HOSTILE).sign();
        let call = Call::post("/forest/actions/archive").attributes(json!({"signed_approval_request": signed}));
        sent(&app, call.by(&fake, ADA), &mut found).await;
    }
    let text = json!({HOSTILE: HOSTILE}).to_string();
    for (path, body) in [
        ("actions/mark-as-live", HOSTILE.to_owned()),
        ("actions/mark-as-live/hooks/change", text.clone()),
        (
            "actions/mark-as-live/hooks/change",
            json!({"data": {"attributes": {"changed_field": HOSTILE, "fields": []}}}).to_string(),
        ),
        ("companies", text.clone()),
        (
            "companies",
            json!({"data": {"type": HOSTILE, "attributes": {HOSTILE: HOSTILE, "id": HOSTILE}}}).to_string(),
        ),
        (
            "companies/1",
            json!({"data": {"type": "companies", "attributes": {"amount": HOSTILE}}}).to_string(),
        ),
        (
            "stats/companies",
            json!({"type": HOSTILE, "sourceCollectionName": HOSTILE}).to_string(),
        ),
        (
            "stats/companies",
            json!({"type": "Value", "sourceCollectionName": "companies", "aggregator": HOSTILE}).to_string(),
        ),
        (
            "_internal/capabilities",
            json!({"collectionNames": [HOSTILE]}).to_string(),
        ),
        ("scope-cache-invalidation", json!({"renderingId": HOSTILE}).to_string()),
        ("authentication", json!({"renderingId": HOSTILE}).to_string()),
        (
            "_audit-trail/correlations",
            json!({"correlationKeys": [HOSTILE], "collection": HOSTILE, "recordId": HOSTILE}).to_string(),
        ),
    ] {
        for method in ["POST", "PUT"] {
            let call = Call::post(format!("/forest/{path}")).method(method).body(body.clone());
            sent(&app, call.by(&fake, ADA), &mut found).await;
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[actix_web::test]
async fn res_07_the_errors_of_handlers_and_of_sources_are_escaped_in_the_log() {
    let mut found = Vec::new();
    let fake = project().await;
    let agent = agent(&fake).await;
    let app = agent.serve().await;
    for how in ["error", "panic", "internal", "file"] {
        let call = Call::post("/forest/actions/fail").values(json!({"how": how, "text": HOSTILE}));
        sent(&app, call.by(&fake, ADA), &mut found).await;
    }
    sent(
        &app,
        Call::post("/forest/actions/fail/hooks/load").by(&fake, ADA),
        &mut found,
    )
    .await;
    let source = Large::new(1, Some(HOSTILE));
    let agent = source.agent().await;
    let app = agent.serve().await;
    for path in ["rows", "rows/1", "rows.csv"] {
        sent(&app, Call::read(format!("/forest/{path}")), &mut found).await;
    }
    assert!(found.is_empty(), "{found:#?}");
}

#[actix_web::test]
async fn res_07_the_facts_of_the_forest_server_are_escaped_in_the_log() {
    let mut found = Vec::new();
    for scope in [
        condition(HOSTILE, "equal", 1),
        condition("id", HOSTILE, 1),
        condition("id", "equal", HOSTILE),
        condition("name", "equal", format!("{{{{currentUser.{HOSTILE}}}}}")),
        json!(HOSTILE),
    ] {
        let fake = project().await;
        fake.role("Support")
            .requires_approval_if("companies", "Mark as Live", scope.clone());
        let agent = Agent::of(&fake).await;
        let app = agent.serve().await;
        sent(&app, Call::post(MARK_AS_LIVE).by(&fake, SAM), &mut found).await;
        let agent = Agent::of(&crate::server_scopes::scoped(scope).await).await;
        let app = agent.serve().await;
        sent(&app, Call::read("/forest/companies").by(agent.fake(), SAM), &mut found).await;
        let log = Log::capture();
        let _diagnosis = agent.forest.doctor().await;
        found.extend(raw_fields(&log));
    }
    assert!(found.is_empty(), "{found:#?}");
}
