//! Local mode: users and roles from code, this machine only, and never when there is an environment secret.

use actix_web::http::Method;
use forest_actions::testing::FakeForest;
use forest_actions::{Environment, Forest, LocalRole, LocalUser};
use serde_json::json;

use crate::support::{Agent, Call, ENV_SECRET, Log, MARK_AS_LIVE, SECRET, Socket, companies, listen, token_of};

#[actix_web::test]
async fn local_mode_is_rejected_in_production() {
    let refused = Forest::builder()
        .schema_file(false)
        .actions(companies())
        .environment(Environment::Production)
        .start()
        .await;
    let text = refused.unwrap_err().to_string();
    assert!(text.contains("FOREST_ENV_SECRET is missing"), "{text}");
}

#[actix_web::test]
async fn proxied_requests_and_other_host_names_are_not_local() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for (name, value) in [
        ("host", "evil.example:3310"),
        ("host", "localhost.evil.example"),
        ("host", "127.0.0.1.evil.example"),
        ("host", "[::2]:3310"),
        ("host", "[::1].evil.example"),
        ("host", "[::1].evil.example:3310"),
        ("host", "[::1]:3310.evil.example"),
        ("host", "[::1"),
        ("host", "localhost:3310.evil.example"),
        ("x-forwarded-for", "203.0.113.9"),
        ("forwarded", "for=203.0.113.9"),
        ("x-real-ip", "203.0.113.9"),
    ] {
        let answer = Call::post(MARK_AS_LIVE).header(name, value).send(&app).await;
        assert_eq!(answer.status(), 403, "{name}: {value}");
    }
    assert_eq!(agent.runs.count(), 0);
    for host in [
        "127.0.0.1:3310",
        "localhost:3310",
        "LOCALHOST",
        "[::1]:3310",
        "127.0.0.2",
    ] {
        let answer = Call::post(MARK_AS_LIVE).header("host", host).send(&app).await;
        assert_eq!(answer.status(), 200, "{host}");
    }
}

#[actix_web::test]
async fn without_an_environment_secret_the_mode_is_local_and_development() {
    let agent = Agent::local(companies()).await;
    assert!(agent.forest.is_local());
    assert_eq!(agent.forest.environment(), Environment::Development);
    assert!(agent.schema_path().exists());
    let users: Vec<_> = agent.forest.local_users().to_vec();
    assert_eq!(
        users,
        [LocalUser::new(1, "admin@localhost").name("Local", "Admin")],
        "somebody to be"
    );
}

#[actix_web::test]
async fn a_local_token_authenticates_its_user() {
    let ada = LocalUser::new(7, "ada@example.com")
        .name("Ada", "Lovelace")
        .role("Support")
        .tag("country", "UK");
    let agent = Agent::with(|builder| {
        builder
            .actions(companies())
            .local_user(ada)
            .local_user(LocalUser::new(8, "bob@example.com"))
            .local_role(LocalRole::new("Support").deny("companies", "Mark as Live"))
    })
    .await;
    let app = agent.serve().await;
    let ada = agent.forest.local_token(7).unwrap();
    let refused = Call::post(MARK_AS_LIVE).bearer(&ada).send(&app).await;
    assert_eq!(refused.name(), "CustomActionTriggerForbiddenError");
    assert_eq!(
        Call::post("/forest/actions/archive")
            .bearer(&ada)
            .send(&app)
            .await
            .status(),
        200
    );
    let bob = agent.forest.local_token(8).unwrap();
    assert_eq!(Call::post(MARK_AS_LIVE).bearer(&bob).send(&app).await.status(), 200);
    let unknown = agent.forest.local_token(9).unwrap_err().to_string();
    assert!(
        unknown.contains("no user 9") && unknown.contains("ada@example.com"),
        "{unknown}"
    );
}

#[actix_web::test]
async fn per_18_a_role_restricts_only_protected_actions() {
    let agent = Agent::with(|builder| {
        builder.actions(companies()).local_role(
            LocalRole::new("Support")
                .deny("companies", "Mark as Live")
                .deny("companies", "Ping"),
        )
    })
    .await;
    let app = agent.serve().await;
    let as_role = |role: &str, path: &str| Call::post(path).bearer(&token_of(role));
    assert_eq!(as_role("Support", MARK_AS_LIVE).send(&app).await.status(), 403);
    assert_eq!(
        as_role("Support", "/forest/actions/ping").send(&app).await.status(),
        200,
        "unprotected"
    );
    assert_eq!(
        as_role("Support", "/forest/actions/archive").send(&app).await.status(),
        200
    );
    for role in ["Admin", "support", "Support ", ""] {
        assert_eq!(
            as_role(role, MARK_AS_LIVE).send(&app).await.status(),
            200,
            "{role:?} is another role"
        );
    }
}

#[actix_web::test]
async fn invalid_roles_and_users_stop_the_start() {
    let builder = || Forest::builder().actions(companies());
    for (started, said) in [
        (
            builder()
                .local_role(LocalRole::new("Support").deny("companies", "Mark as live"))
                .start()
                .await,
            "`Mark as live` of `companies`, which does not exist (did you mean `Mark as Live`?)",
        ),
        (
            builder()
                .local_role(
                    LocalRole::new("Support")
                        .deny("companies", "Archiv")
                        .deny_browsing("invoice"),
                )
                .start()
                .await,
            "denies the action `Archiv` of `companies`, which does not exist (did you mean `Archive`?), and limits the \
             records of `invoice`, and the record source has no such collection",
        ),
        (
            builder()
                .local_role(LocalRole::new("Support").deny("company", "Mark as Live"))
                .start()
                .await,
            "does not exist",
        ),
        (
            builder()
                .local_user(LocalUser::new(1, "a@b.c"))
                .local_user(LocalUser::new(1, "d@e.f"))
                .start()
                .await,
            "two local users have the id 1",
        ),
    ] {
        let text = started.unwrap_err().to_string();
        assert!(text.contains(said), "{text}");
    }
}

#[actix_web::test]
async fn local_mode_serves_only_this_machine() {
    let log = Log::capture();
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for peer in ["127.0.0.1", "127.9.9.9", "[::1]", "[::ffff:127.0.0.1]"] {
        assert_eq!(
            Call::post(MARK_AS_LIVE).peer(peer).send(&app).await.status(),
            200,
            "{peer}"
        );
    }
    let ran = agent.runs.count();
    for peer in [
        "203.0.113.9",
        "10.0.0.1",
        "192.168.1.2",
        "[2001:db8::1]",
        "[::ffff:203.0.113.9]",
        "[::]",
    ] {
        let call = Call::post(MARK_AS_LIVE).peer(peer);
        assert!(call.send(&app).await.detail(403).contains("local mode"), "{peer}");
        // headers do not identify the peer
        for header in ["x-forwarded-for", "forwarded", "x-real-ip", "x-client-ip"] {
            let value = if header == "forwarded" {
                "for=127.0.0.1"
            } else {
                "127.0.0.1"
            };
            assert_eq!(
                call.clone().header(header, value).send(&app).await.status(),
                403,
                "{peer} {header}"
            );
        }
        for public in ["/forest", "/forest/healthcheck"] {
            assert_eq!(
                Call::bare("GET", public).peer(peer).send(&app).await.status(),
                403,
                "{peer} {public}"
            );
        }
        let hook = Call::post(format!("{MARK_AS_LIVE}/hooks/load")).peer(peer);
        assert_eq!(hook.send(&app).await.status(), 403, "{peer}");
    }
    assert_eq!(agent.runs.count(), ran);
    let line = log.about("smart action refused").remove(0);
    assert_eq!((line.get("route"), line.get("status")), (MARK_AS_LIVE, "403"));
    assert!(line.get("error").contains("FOREST_ENV_SECRET"), "{line:?}");
}

#[actix_web::test]
async fn local_mode_rejects_a_public_listen_address() {
    let agent = Agent::local(companies()).await;
    let everywhere = listen(&agent, "0.0.0.0");
    let answer = Socket::connect(everywhere.address).await.mark_as_live().await;
    assert!(
        answer.starts_with("HTTP/1.1 403 ") && answer.contains("local mode"),
        "{answer}"
    );
    assert_eq!(agent.runs.count(), 0);
    let here = listen(&agent, "127.0.0.1");
    let answer = Socket::connect(here.address).await.mark_as_live().await;
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.contains("Company 7"),
        "{answer}"
    );
}

#[actix_web::test]
async fn an_environment_secret_switches_local_mode_off() {
    let log = Log::capture();
    let fake = FakeForest::builder().env_secret(ENV_SECRET).auth_secret(SECRET).start();
    let agent = Agent::connected_to(fake.await.unwrap(), |builder| {
        builder
            .actions(companies())
            .local_user(LocalUser::new(1, "a@b.c"))
            .local_role(LocalRole::new("Admin"))
    })
    .await;
    assert!(!agent.forest.is_local());
    assert!(agent.forest.local_users().is_empty());
    let refused = agent.forest.local_token(1).unwrap_err().to_string();
    assert!(refused.contains("connected"), "{refused}");
    let app = agent.serve().await;
    assert_eq!(
        Call::post(MARK_AS_LIVE).send(&app).await.status(),
        403,
        "the role in code allows nothing"
    );
    let remote = Call::post("/forest/actions/ping").peer("203.0.113.9").send(&app).await;
    assert_eq!(remote.status(), 200, "a connected agent serves everybody");
    assert_eq!(log.about("runs connected").len(), 1);
    assert!(!log.text().contains(ENV_SECRET) && !log.text().contains(SECRET));
}

#[actix_web::test]
async fn without_a_secret_sessions_do_not_survive_a_restart() {
    let directory = tempfile::tempdir().unwrap();
    let start = || {
        Forest::builder()
            .schema_path(directory.path().join("s.json"))
            .actions(companies())
            .start()
    };
    let (one, other) = (start().await.unwrap(), start().await.unwrap());
    let app = actix_web::test::init_service(
        actix_web::App::new()
            .app_data(actix_web::web::Data::new(crate::support::Runs::default()))
            .configure(other.routes()),
    )
    .await;
    let call = |token: &str| Call::post(MARK_AS_LIVE).bearer(token);
    assert_eq!(
        call(&one.local_token(1).unwrap()).send(&app).await.detail(401),
        "invalid signature"
    );
    assert_eq!(call(&other.local_token(1).unwrap()).send(&app).await.status(), 200);
    assert_eq!(
        Call::bare(Method::GET.as_str(), "/forest").send(&app).await.json()["error"],
        json!(null)
    );
}
