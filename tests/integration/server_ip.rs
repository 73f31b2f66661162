//! The rules about client addresses, through the whole program: whose address counts, and how fresh the rules are
//! (NET-06, NET-07).

use forest_actions::Environment;
use forest_actions::testing::{FakeForest, Fault, IpRule};
use futures_util::future::join_all;
use serde_json::json;
use tracing::Level;

use crate::support::connected::{IP_RULES, SAM, project};
use crate::support::{Agent, Call, Log, TestService, listen};

const PING: &str = "/forest/actions/ping";
const OFFICE: &str = "203.0.113.7";

fn address(text: &str) -> IpRule {
    IpRule::Address(text.to_owned())
}

/// The status for a caller from this peer with this header, and the text.
async fn from(app: &impl TestService, fake: &FakeForest, peer: &str, header: Option<(&str, &str)>) -> (u16, String) {
    let mut call = Call::post(PING).by(fake, SAM).peer(peer);
    if let Some((name, value)) = header {
        call = call.header(name, value);
    }
    let answer = call.send(app).await;
    (answer.status(), answer.text().to_owned())
}

#[actix_web::test]
async fn net_06_forwarded_addresses_are_trusted_only_from_configured_proxies() {
    let fake = project().await;
    fake.set_ip_rules([address(OFFICE), address("2001:db8::7")]);
    let settings = |builder: forest_actions::ForestBuilder| builder.trusted_proxies(["10.0.0.0/8", "fd00::/8"]);
    let agent = Agent::of_with(&fake, settings).await;
    let app = agent.serve().await;
    for (peer, listed, shown) in [
        ("10.0.0.1", OFFICE, None),
        ("10.0.0.1", "198.51.100.9, 203.0.113.7", None),
        ("10.0.0.1", "203.0.113.7, 10.0.0.9", None),
        ("10.0.0.1", "203.0.113.7:4711", None),
        ("10.0.0.1", "[2001:db8::7]:80", None),
        ("10.0.0.1", "2001:db8::7", None),
        ("[fd00::1]", OFFICE, None),
        ("10.0.0.1", "::ffff:203.0.113.7", None),
        ("10.0.0.1", "203.0.113.7, 198.51.100.9", Some("198.51.100.9")),
        ("10.0.0.1", "127.0.0.1", Some("127.0.0.1")),
        ("10.0.0.1", "nonsense", Some("unknown")),
        ("198.51.100.9", OFFICE, Some("198.51.100.9")),
        ("198.51.100.9", "10.0.0.1", Some("198.51.100.9")),
    ] {
        let (status, text) = from(&app, &fake, peer, Some(("x-forwarded-for", listed))).await;
        match shown {
            None => assert_eq!(status, 200, "{peer} {listed}: {text}"),
            Some(ip) => {
                assert_eq!(status, 403, "{peer} {listed}");
                assert!(
                    text.contains(&format!("IP address rejected ({ip})")),
                    "{peer} {listed}: {text}"
                );
            }
        }
    }
    let standard = Some(("forwarded", "for=\"[2001:db8::7]:1234\";proto=https"));
    assert_eq!(from(&app, &fake, "10.0.0.1", standard).await.0, 200);
    assert_eq!(
        from(&app, &fake, OFFICE, None).await.0,
        200,
        "without a proxy the peer counts"
    );
}

#[actix_web::test]
async fn net_06_loopback_addresses_are_not_exempt() {
    let fake = project().await;
    fake.set_ip_rules([address(OFFICE)]);
    for environment in [Environment::Development, Environment::Production] {
        let settings = |builder: forest_actions::ForestBuilder| builder.environment(environment);
        let agent = Agent::of_with(&fake, settings).await;
        let app = agent.serve().await;
        for (peer, header) in [
            ("127.0.0.1", None),
            ("[::1]", None),
            // a proxy on this machine, which forwards all requests
            ("127.0.0.1", Some(("x-forwarded-for", "198.51.100.9"))),
            ("127.0.0.1", Some(("x-forwarded-for", "127.0.0.1"))),
            ("198.51.100.9", Some(("x-forwarded-for", "127.0.0.1"))),
            ("198.51.100.9", Some(("forwarded", "for=127.0.0.1"))),
            ("198.51.100.9", Some(("host", "localhost"))),
        ] {
            let (status, text) = from(&app, &fake, peer, header).await;
            assert_eq!(status, 403, "{peer} {header:?} {text}");
        }
    }
}

#[actix_web::test]
async fn net_06_a_real_socket_is_checked_by_its_peer_address() {
    let fake = project().await;
    fake.set_ip_rules([address(OFFICE)]);
    let settings = |builder: forest_actions::ForestBuilder| builder.environment(Environment::Production);
    let agent = Agent::of_with(&fake, settings).await;
    let server = listen(&agent, "127.0.0.1");
    let ping = |header: Option<&'static str>| {
        let client = awc::Client::default();
        let mut request = client
            .post(format!("http://{}{PING}", server.address))
            .insert_header(("authorization", format!("Bearer {}", fake.user_token(SAM).sign())));
        if let Some(value) = header {
            request = request.insert_header(("x-forwarded-for", value));
        }
        async move {
            let body = json!({"data": {"attributes": {"ids": []}}});
            request.send_json(&body).await.unwrap().status().as_u16()
        }
    };
    assert_eq!(ping(None).await, 403);
    assert_eq!(ping(Some(OFFICE)).await, 403);
    fake.set_ip_rules([address("127.0.0.1")]);
    assert_eq!(ping(None).await, 200, "found by one refresh");
}

#[actix_web::test]
async fn net_07_every_rule_kind_works_and_invalid_rules_are_skipped() {
    let fake = project().await;
    fake.set_ip_rules([
        address(OFFICE),
        IpRule::Range("198.51.100.10".to_owned(), "198.51.100.20".to_owned()),
        IpRule::CamelCaseRange("2001:db8::10".to_owned(), "2001:db8::20".to_owned()),
        IpRule::Subnet("192.0.2.0/24".to_owned()),
        IpRule::Raw(json!({"type": 9, "ip": "198.51.100.99"})),
        IpRule::Raw(json!("nonsense")),
    ]);
    let log = Log::capture();
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    for (peer, expected) in [
        (OFFICE, 200),
        ("198.51.100.10", 200),
        ("198.51.100.20", 200),
        ("192.0.2.0", 200),
        ("192.0.2.255", 200),
        ("[2001:db8::1f]", 200),
        ("[::ffff:203.0.113.7]", 200),
        ("198.51.100.21", 403),
        ("198.51.100.99", 403),
        ("[2001:db8::21]", 403),
    ] {
        assert_eq!(from(&app, &fake, peer, None).await.0, expected, "{peer}");
    }
    assert!(log.about("ignoring an invalid rule").len() >= 2);
}

#[actix_web::test]
async fn net_07_a_blocked_address_triggers_one_refresh_and_failure_keeps_the_rules() {
    let fake = project().await;
    fake.set_ip_rules([address(OFFICE)]);
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    assert_eq!(from(&app, &fake, OFFICE, None).await.0, 200);
    assert_eq!(fake.count(IP_RULES), 1);
    // let in a moment ago
    fake.set_ip_rules([address(OFFICE), address("192.0.2.8")]);
    assert_eq!(from(&app, &fake, "192.0.2.8", None).await.0, 200);
    assert_eq!(fake.count(IP_RULES), 2);
    fake.fault(IP_RULES, Fault::Status(500));
    let log = Log::capture();
    assert_eq!(from(&app, &fake, "192.0.2.9", None).await.0, 403);
    assert_eq!(fake.count(IP_RULES), 3);
    let lines = log.about("An error occured while retrieving your IP whitelist");
    assert!(
        lines.len() == 1 && lines[0].level == Level::ERROR && lines[0].get("kept") == "true",
        "{lines:?}"
    );
    assert_eq!(
        from(&app, &fake, "192.0.2.8", None).await.0,
        200,
        "the rules are still there"
    );
}

#[actix_web::test]
async fn net_07_a_new_rule_is_effective_immediately_after_refusals() {
    let fake = project().await;
    fake.set_ip_rules([address(OFFICE)]);
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    for _ in 0..12 {
        assert_eq!(from(&app, &fake, "192.0.2.9", None).await.0, 403);
    }
    fake.set_ip_rules([address(OFFICE), address("192.0.2.9")]);
    assert_eq!(from(&app, &fake, "192.0.2.9", None).await.0, 200);
    // refused callers cannot cause unlimited requests: concurrent ones share one refetch
    let before = fake.count(IP_RULES);
    let refused = join_all((0..50).map(|_| from(&app, &fake, "192.0.2.10", None))).await;
    assert!(refused.iter().all(|(status, _)| *status == 403));
    assert!(
        (1..=3).contains(&(fake.count(IP_RULES) - before)),
        "{}",
        fake.count(IP_RULES)
    );
}

#[actix_web::test]
async fn net_07_without_rules_all_addresses_are_blocked_until_recovery() {
    let fake = project().await;
    fake.fault(IP_RULES, Fault::Status(503));
    let agent = Agent::of(&fake).await;
    let app = agent.serve().await;
    let (status, text) = from(&app, &fake, OFFICE, None).await;
    assert_eq!(status, 403);
    assert!(text.contains("IP whitelist not retrieved"), "{text}");
    assert_eq!(agent.runs.count(), 0);
    // callers without a session get less detail
    assert_eq!(Call::post(PING).without("authorization").send(&app).await.status(), 401);
    fake.heal_all();
    assert_eq!(
        from(&app, &fake, OFFICE, None).await.0,
        200,
        "rules that are not in use let everybody in"
    );
    // disabled rules allow every address; enabled rules without entries block all
    fake.set_ip_rules([]);
    let strict = Agent::of(&fake).await;
    assert_eq!(from(&strict.serve().await, &fake, OFFICE, None).await.0, 403);
}
