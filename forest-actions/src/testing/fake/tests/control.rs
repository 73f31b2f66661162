//! The control page, its state and its commands.

use serde_json::{Value, json};

use super::super::{ApprovalRequest, ApprovalStatus, FakeForest};
use super::client::{Connection, ENVIRONMENT, Reply, agent, facts, send};

fn command(fake: &FakeForest, name: &str, body: &Value) -> Reply {
    let headers = [("content-type", "application/json")];
    send(fake, "POST", &format!("/control/{name}"), &headers, &body.to_string())
}

#[actix_web::test]
async fn page_is_static_and_never_writes_html() {
    let fake = FakeForest::start().await.unwrap();
    let page = send(&fake, "GET", "/", &[], "");
    assert_eq!(
        (page.status, page.header("content-type")),
        (200, Some("text/html; charset=utf-8"))
    );
    let policy = page.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains("script-src 'self'"),
        "{policy}"
    );
    let script = send(&fake, "GET", "/control/page.js", &[], "");
    assert_eq!(script.header("content-type"), Some("text/javascript; charset=utf-8"));
    for way in [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
    ] {
        assert!(!script.text().contains(way), "{way}");
    }
    assert_eq!(fake.count("**"), 0, "requests of the page are not recorded");
}

#[actix_web::test]
async fn state_has_requests_and_calls_of_approvals_without_the_secrets() {
    let fake = FakeForest::builder()
        .agent_url("http://agent.test/")
        .start()
        .await
        .unwrap();
    let document = json!({
        "meta": {"liana": "l", "liana_version": "1"},
        "data": [{"id": "orders", "relationships": {"actions": {"data": [{"type": "actions", "id": "o.r"}]}}}],
        "included": [{"type": "actions", "id": "o.r", "attributes": {"name": "Refund", "endpoint": "forest/refund"}}],
    });
    assert_eq!(
        agent(&fake, "POST", "/forest/apimaps", &document.to_string()).status,
        202
    );
    let id = fake.file_approval(2, ApprovalRequest::new("orders", "Refund").records(["1"]));
    let state = || send(&fake, "GET", "/control/state", &[], "");
    assert_eq!(state().json()["approvals"][0].get("call"), None);
    let signed = fake.approve(id, 1).unwrap();
    let call = &state().json()["approvals"][0]["call"];
    assert_eq!(call["url"], "http://agent.test/forest/refund?timezone=UTC");
    assert_eq!(call["body"], *signed.body());
    assert_eq!(
        state().json()["requests"],
        json!([{"method": "POST", "path": "/forest/apimaps", "bytes": document.to_string().len(), "status": 202}])
    );
    let text = state().text();
    assert!(!text.contains(&fake.env_secret()) && !text.contains(&fake.auth_secret()));
}

#[actix_web::test]
async fn commands_are_refused_from_other_origins_and_hosts() {
    let fake = FakeForest::start().await.unwrap();
    let own = fake.url().to_owned();
    let host = own.strip_prefix("http://").unwrap();
    for (headers, status) in [
        (vec![("origin", own.as_str())], 200),
        (vec![("host", "localhost"), ("origin", "http://localhost")], 200),
        (vec![("host", "[::1]:80")], 200),
        (vec![("origin", "http://evil.example.com")], 403),
        (vec![("origin", "null")], 403),
        (vec![("host", "evil.example.com")], 403),
        (vec![("host", "127.0.0.1.evil.example.com")], 403),
        (
            vec![("host", "evil.example.com"), ("origin", "http://evil.example.com")],
            403,
        ),
        (vec![("host", host), ("origin", "http://127.0.0.1:1")], 403),
    ] {
        let reply = send(&fake, "POST", "/control/faults/heal", &headers, "");
        assert_eq!(reply.status, status, "{headers:?}");
    }
}

#[actix_web::test]
async fn changed_right_sends_an_event() {
    let fake = FakeForest::start().await.unwrap();
    fake.role("Support").may_not_trigger("orders", "Refund & more");
    let secret = fake.env_secret();
    let path = "/liana/v4/subscribe-to-events";
    let mut stream = Connection::send(&fake, "GET", path, &[("forest-secret-key", &secret)], "");
    stream.read_until("heartbeat");
    let place = json!({
        "role": "Support", "collection": "orders", "action": "Refund & more", "right": "trigger", "allowed": true,
    });
    assert_eq!(command(&fake, "rights", &place).status, 200);
    stream.read_until("refresh-roles");
    let right = &facts(&fake, ENVIRONMENT)["collections"]["orders"]["actions"]["Refund & more"]["triggerEnabled"];
    assert!(
        right["roles"]
            .as_array()
            .unwrap()
            .contains(&json!(fake.role("Support").id()))
    );
}

#[actix_web::test]
async fn commands_change_the_state() {
    let fake = FakeForest::start().await.unwrap();
    let place =
        |right: &str| json!({"role": "Support", "collection": "c", "action": "a", "right": right, "allowed": true});
    let mut conditional = place("approval_required");
    conditional["condition"] = json!({"field": "f"});
    let browse = json!({"role": "Support", "collection": "c", "right": "browse", "allowed": true});
    let user = json!({"id": 9, "email": "n@example.com", "role": "New", "first_name": "N", "last_name": "M"});
    for (name, body) in [
        ("rights", place("approve")),
        ("rights", conditional),
        ("collection-rights", browse),
        ("users", user),
        ("users/remove", json!({"id": 3})),
        (
            "scope",
            json!({"rendering": 4, "collection": "c", "filter": {"field": "f"}}),
        ),
        ("charts", json!({"rendering": 4, "definition": {"type": "Value"}})),
        (
            "ip-rules",
            json!({"enabled": true, "rules": [{"type": 0, "ip": "::1"}]}),
        ),
        ("events", json!({"event": "refresh-roles"})),
        ("events", json!({"close": "cut"})),
        ("events", json!({"silent": true})),
        (
            "faults",
            json!({"route": ENVIRONMENT, "fault": "status", "status": 503, "times": 1}),
        ),
        ("faults", json!({"route": "/x", "fault": "hang"})),
        ("faults/heal", json!({"route": "/x"})),
    ] {
        let reply = command(&fake, name, &body);
        assert_eq!(reply.status, 200, "{name} {body}: {}", reply.text());
    }
    assert_eq!(agent(&fake, "GET", ENVIRONMENT, "").status, 503);
    let state = send(&fake, "GET", "/control/state", &[], "").json();
    assert_eq!(state["environment"], facts(&fake, ENVIRONMENT));
    let action = &state["environment"]["collections"]["c"]["actions"]["a"];
    let support = fake.role("Support").id();
    assert_eq!(action["userApprovalEnabled"]["roles"], json!([support]));
    assert_eq!(
        action["approvalRequiredConditions"],
        json!([{"roleId": support, "filter": {"field": "f"}}])
    );
    assert_eq!(state["users"].as_array().unwrap().len(), 3);
    assert_eq!(
        (&state["users"][2]["fullName"], &state["faults"]),
        (&json!("N M"), &json!([]))
    );
    assert_eq!(
        facts(&fake, "/liana/v4/permissions/renderings/4")["collections"]["c"]["scope"]["field"],
        "f"
    );
    assert_eq!(
        facts(&fake, "/liana/v4/permissions/renderings/4")["stats"],
        json!([{"type": "Value"}])
    );
    assert_eq!(command(&fake, "development", &json!({"on": true})).status, 200);
    assert_eq!(facts(&fake, ENVIRONMENT), json!(true));
}

#[actix_web::test]
async fn approvals_are_decided_by_command() {
    let fake = FakeForest::start().await.unwrap();
    let (one, two) = (
        fake.file_approval(2, ApprovalRequest::new("c", "a")),
        fake.file_approval(2, ApprovalRequest::new("c", "a")),
    );
    let approved = command(&fake, &format!("approvals/{one}/approve"), &json!({"reviewer": 1})).json();
    let kept = fake.approval(one).unwrap();
    assert_eq!(approved["body"], *kept.approved_request().unwrap().body());
    let rejection = json!({"reviewer": 1, "message": "no"});
    assert_eq!(
        command(&fake, &format!("approvals/{two}/reject"), &rejection).status,
        200
    );
    assert_eq!(fake.approval(two).unwrap().status(), ApprovalStatus::Rejected);
}

#[actix_web::test]
async fn invalid_commands_are_refused_with_the_reason() {
    let fake = FakeForest::start().await.unwrap();
    for (name, body, word) in [
        ("unknown", json!({}), "no such command"),
        ("rights", json!([]), "JSON object"),
        ("rights", json!({"collection": "c"}), "role"),
        (
            "rights",
            json!({"collection": "c", "action": "a", "right": "x"}),
            "self_approve",
        ),
        ("development", json!({"on": "perhaps"}), "on: "),
        ("users", json!({"id": -1}), "id: "),
        ("users", json!({"id": 99}), "email"),
        ("users/remove", json!({"id": 99}), "no such user"),
        ("approvals/1/approve", json!({"reviewer": 1}), "no approval request 1"),
        ("approvals/x/approve", json!({"reviewer": 1}), "must be a number"),
        ("events", json!({"event": "a\nb"}), "one line"),
        (
            "faults",
            json!({"route": "/x", "fault": "status", "status": 99}),
            "between 200 and 599",
        ),
        ("faults", json!({"route": "/x", "fault": "explode"}), "half_body"),
        (
            "faults",
            json!({"route": "/x", "fault": "hang", "times": 9_999_999}),
            "1000",
        ),
    ] {
        let reply = command(&fake, name, &body);
        assert_eq!(reply.status, 400, "{name} {body}");
        assert!(reply.text().contains(word), "{name} {body}: {}", reply.text());
    }
}
