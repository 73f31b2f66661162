//! The doctor, against a Forest server that is healthy, wrong, or away, and beside the requests that it explains.

use std::net::TcpListener;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer};
use forest_actions::doctor::{Diagnosis, Finding, Outcome, Severity, Topic};
use forest_actions::records::{Filter, Operator};
use forest_actions::testing::{FakeForest, FakeForestBuilder, FakeUser, Fault, IpRule};
use forest_actions::{Environment, ForestBuilder, LocalRole, LocalUser};
use serde_json::json;

use super::support::shop::agent_with_role;
use super::support::{Agent, Call, ENV_SECRET, MARK_AS_LIVE, SECRET, claims, companies, mint};

/// An address without a server.
const NOWHERE: &str = "http://127.0.0.1:1";

/// Ada (1) is an administrator, Sam (2) in support, Noel (3) without a role.
fn project() -> FakeForestBuilder {
    FakeForest::builder()
        .env_secret(ENV_SECRET)
        .auth_secret(SECRET)
        .role("Admin", |role| role.may_do_everything())
        .user(FakeUser::new(1, "ada@example.com").role("Admin"))
        .user(FakeUser::new(2, "sam@example.com").role("Support"))
        .user(FakeUser::new(3, "noel@example.com"))
}

/// An agent of this project, after its schema was published.
async fn agent_of(fake: FakeForestBuilder, settings: impl FnOnce(ForestBuilder) -> ForestBuilder) -> Agent {
    let agent = Agent::connected_to(fake.start().await.unwrap(), |builder| {
        settings(builder.actions(companies()).application_url(NOWHERE))
    })
    .await;
    agent.fake().wait_for("POST /forest/apimaps", 1).await.unwrap();
    agent
}

async fn agent() -> Agent {
    agent_of(project(), |builder| builder).await
}

fn find(diagnosis: &Diagnosis, topic: Topic) -> &Finding {
    let mut found = diagnosis.findings().iter().filter(|finding| finding.topic == topic);
    let finding = found
        .next()
        .unwrap_or_else(|| panic!("nothing about {topic}: {diagnosis}"));
    assert!(found.next().is_none(), "more than one line about {topic}: {diagnosis}");
    finding
}

fn about<'d>(diagnosis: &'d Diagnosis, action: &str) -> &'d Finding {
    let mut findings = diagnosis.findings().iter();
    findings
        .find(|finding| finding.subject.as_deref() == Some(action))
        .unwrap_or_else(|| panic!("nothing about {action}: {diagnosis}"))
}

struct Serving(ServerHandle);

impl Drop for Serving {
    fn drop(&mut self) {
        drop(self.0.stop(false));
    }
}

/// The report, with machine-dependent parts replaced.
fn masked(diagnosis: &Diagnosis, replaced: &[(&str, &str)]) -> String {
    let joined = format!("{diagnosis:#}");
    let masked = replaced.iter().fold(joined, |text, (from, to)| text.replace(from, to));
    masked
        .lines()
        .map(|line| match line.split_once(" answers, in ") {
            Some((start, _)) => format!("{start} answers, in TIME\n"),
            None => format!("{line}\n"),
        })
        .collect()
}

#[actix_web::test]
async fn a_healthy_agent_gets_a_report_without_problems() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let agent = agent_of(project(), |builder| {
        let builder = builder.application_url(&url).cors_origins(["https://back.example.com"]);
        // the length of a temporary path decides where lines end
        builder.schema_file(false)
    })
    .await;
    let fake = agent.fake();
    fake.role("Support")
        .may_trigger("companies", "Archive")
        .requires_approval("companies", "Archive");
    fake.role("Admin").may_approve("companies", "Archive");
    let forest = agent.forest.clone();
    let server = HttpServer::new(move || App::new().configure(forest.routes()))
        .workers(1)
        .disable_signals()
        .listen(listener)
        .unwrap()
        .run();
    let serving = Serving(server.handle());
    actix_web::rt::spawn(server);

    let diagnosis = agent.forest.doctor().await;
    drop(serving);

    let ping = agent
        .forest
        .actions()
        .iter()
        .find(|action| action.name == "Ping")
        .unwrap();
    let line = format!("actions.rs:{}", ping.origin.line);
    let port = url.rsplit(':').next().unwrap();
    let fake_port = fake.url().rsplit(':').next().unwrap();
    let screen = masked(
        &diagnosis,
        &[(port, "PORT"), (fake_port, "FAKE"), (&line, "actions.rs:LINE")],
    );
    assert_eq!(screen, SCREEN, "{screen}");
    assert!(diagnosis.is_healthy());
}

const SCREEN: &str = "\
forest-actions doctor: healthy, with 1 warning

  ok       mode         connected, development
  ok       secrets      both are well-formed, and the Forest server knows FOREST_ENV_SECRET
  ok       server       http://127.0.0.1:FAKE answers, in TIME
  ok       clock        agrees with the Forest server's
  ok       address      http://127.0.0.1:PORT/forest/authentication/callback is the login's
                        callback; an agent answers there
  ok       CORS         a pre-flight of https://app.forestadmin.com passes; answered by the agent;
                        further origins: https://back.example.com
  ok       IP rules     off: any address may call
  ok       events       off; permissions are kept for 15 min
  ok       schema       the schema file is switched off
  ok       published    the Forest server has this schema
  ok       permissions  read; 3 users
  ok       records      no record source: nothing can be browsed
  ok       crates       forest-actions-tests (4 actions)

4 actions: 1 warning, 3 ok

  warning  companies: Ping          unprotected: every logged-in user may run it, whatever their
                                    role
                                    -> if that is not meant, remove `unprotected` at
                                       tests/integration/support/actions.rs:LINE
  ok       companies: Archive       roles 10 (1 user), 20 (1 user); approval needed for role 20, by
                                    role 10 (1 user)
  ok       companies: Mark as Live  role 10 (1 user)
  ok       companies: Recount       role 10 (1 user)
";

#[actix_web::test]
async fn a_diagnosis_is_read_only_and_makes_few_requests() {
    let agent = agent().await;
    agent.fake().forget_requests();
    let before = std::fs::read(agent.schema_path()).unwrap();
    agent.forest.doctor().await;
    agent.forest.explain_access(2, "companies", "Archive").await;
    let asked = |route: &str| agent.fake().count(route);
    assert_eq!(asked("GET /liana/v4/permissions/environment"), 2);
    assert_eq!(asked("GET /liana/v4/permissions/users"), 2);
    assert_eq!(asked("POST /forest/apimaps/hashcheck"), 1);
    assert_eq!(asked("POST /forest/apimaps"), 0);
    assert_eq!(std::fs::read(agent.schema_path()).unwrap(), before);
    assert_eq!(agent.fake().schemas().len(), 1);
}

#[actix_web::test]
async fn a_dry_run_writes_and_sends_nothing() {
    let fake = project().start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("schema.json");
    let forest = forest_actions::Forest::builder()
        .actions(companies())
        .schema_path(&path)
        .application_url(NOWHERE)
        .environment(Environment::Development)
        .server_url(fake.url())
        .env_secret(fake.env_secret())
        .auth_secret(fake.auth_secret())
        .events(true)
        .dry_run()
        .await
        .unwrap();
    assert_eq!(fake.requests().len(), 0);
    let diagnosis = forest.doctor().await;
    assert!(!path.exists());
    assert!(fake.schemas().is_empty() && fake.subscribers() == 0);
    assert!(find(&diagnosis, Topic::Mode).text.ends_with("(dry run)"));
    let published = find(&diagnosis, Topic::Publication);
    assert_eq!(published.text, "the Forest server does not have this schema yet");
    // not published
    assert!(!diagnosis.is_healthy());
    assert!(
        about(&diagnosis, "companies: Archive")
            .text
            .starts_with("not known to the permissions")
    );
}

#[actix_web::test]
async fn a_wrong_secret_is_one_problem_and_is_not_printed() {
    let agent = agent().await;
    agent.fake().change_env_secret("f".repeat(64));
    let diagnosis = agent.forest.doctor().await;
    assert_eq!(find(&diagnosis, Topic::Server).severity, Severity::Ok);
    let secrets = find(&diagnosis, Topic::Secrets);
    assert_eq!(
        secrets.text,
        "the Forest server knows no environment with this FOREST_ENV_SECRET"
    );
    assert_eq!(diagnosis.count(Severity::Problem), 1, "{diagnosis}");
    for shown in [diagnosis.to_string(), format!("{diagnosis:?}")] {
        assert!(!shown.contains(ENV_SECRET) && !shown.contains(SECRET), "{shown}");
    }
    let explained = agent.forest.explain_access(1, "companies", "Archive").await;
    assert_eq!(explained.outcome(), Outcome::Unknown);
    assert!(explained.to_string().contains("FOREST_ENV_SECRET"), "{explained}");
}

#[actix_web::test]
async fn an_unreachable_hanging_or_invalid_server_is_one_problem() {
    for (fault, cause) in [
        (Fault::Close, "unreachable"),
        (Fault::Hang, "timeout"),
        (Fault::Status(503), "maintenance"),
        (Fault::Status(500), "status 500"),
        (Fault::Redirect("http://127.0.0.1:1/".to_owned()), "status 302"),
        (Fault::Garbage, "malformed"),
        (Fault::HalfBody, "unreachable"),
    ] {
        let timeout = Duration::from_millis(if matches!(fault, Fault::Hang) { 200 } else { 20_000 });
        let agent = agent_of(project(), |builder| builder.request_timeout(timeout)).await;
        agent.fake().fault("**", fault);
        let diagnosis = agent.forest.doctor().await;
        let server = find(&diagnosis, Topic::Server);
        assert_eq!(server.severity, Severity::Problem, "{cause}: {diagnosis}");
        assert!(server.text.contains(cause), "{cause}: {}", server.text);
        assert_eq!(diagnosis.count(Severity::Problem), 1, "{cause}: {diagnosis}");
        let explained = agent.forest.explain_access(1, "companies", "Archive").await;
        assert_eq!(explained.outcome(), Outcome::Unknown, "{cause}");
    }
}

#[actix_web::test]
async fn sel_14_rules_by_the_day_are_reported_without_a_trusted_time_zone() {
    let today = json!({"field": "at", "operator": "today", "value": null});
    for is_trusted in [false, true] {
        let agent = agent_of(project(), |builder| match is_trusted {
            true => builder.trusted_timezone("UTC".parse().unwrap()),
            false => builder,
        })
        .await;
        agent
            .fake()
            .role("Support")
            .requires_approval_if("companies", "Archive", today.clone());
        let diagnosis = agent.forest.doctor().await;
        let warnings = |topic| {
            let found = diagnosis.findings().iter().filter(move |found| found.topic == topic);
            found
                .filter(|found| found.severity == Severity::Warning)
                .collect::<Vec<_>>()
        };
        let found: Vec<&str> = warnings(Topic::Permissions)
            .iter()
            .map(|found| found.text.as_str())
            .collect();
        let expected = "the caller's time zone decides the day in a condition of companies: Archive";
        assert_eq!(found, [expected].get(usize::from(is_trusted)..).unwrap());
    }
    let scope = |operator| Filter::leaf("created_at", operator, "2024-05-15");
    let role = |operator| LocalRole::new("Team").scope("transactions", scope(operator));
    for (operator, is_reported) in [
        (Operator::PreviousXDays, true),
        (Operator::Past, true),
        (Operator::BeforeXHoursAgo, false),
        (Operator::Before, false),
    ] {
        let diagnosis = agent_with_role(role(operator)).await.forest.doctor().await;
        let expected = "the caller's time zone decides the day in the scope of transactions";
        let found = diagnosis.findings().iter().any(|found| found.text == expected);
        assert_eq!(found, is_reported, "{diagnosis}");
    }
}

#[actix_web::test]
async fn an_unexpected_service_at_the_address_is_a_warning() {
    let agent = agent().await;
    let diagnosis = agent.forest.doctor().await;
    let address = find(&diagnosis, Topic::Address);
    assert_eq!(address.severity, Severity::Warning);
    assert!(
        address.text.starts_with("nothing answers at http://127.0.0.1:1/forest"),
        "{}",
        address.text
    );
    assert!(diagnosis.is_healthy(), "{diagnosis}");
}

#[actix_web::test]
async fn net_07_ip_rules_that_block_every_address_are_a_problem() {
    // before the start, which retrieves them
    let fake = project().start().await.unwrap();
    fake.set_ip_rules(Vec::<IpRule>::new());
    let agent = Agent::connected_to(fake, |builder| builder.actions(companies()).application_url(NOWHERE)).await;
    let diagnosis = agent.forest.doctor().await;
    assert!(
        find(&diagnosis, Topic::IpRules)
            .text
            .contains("every caller is refused"),
        "{diagnosis}"
    );
}

#[actix_web::test]
async fn actions_are_listed_with_their_permissions() {
    let agent = agent().await;
    agent.fake().forget_action("companies", "Archive");
    agent.fake().deny("Admin", "companies", "Recount");
    let diagnosis = agent.forest.doctor().await;
    let told = |action: &str| {
        let finding = about(&diagnosis, action);
        (finding.severity, finding.text.clone())
    };
    let known = |severity, text: &str| (severity, text.to_owned());
    assert_eq!(
        told("companies: Archive"),
        known(
            Severity::Problem,
            "not known to the permissions, so it is refused to everybody"
        )
    );
    assert_eq!(
        told("companies: Recount"),
        known(Severity::Warning, "no role may run it")
    );
    assert_eq!(told("companies: Mark as Live"), known(Severity::Ok, "role 10 (1 user)"));
    assert_eq!(told("companies: Ping").0, Severity::Warning);
    // the worst first
    let screen = diagnosis.to_string();
    assert!(
        screen.find("companies: Archive") < screen.find("companies: Mark as Live"),
        "{screen}"
    );
}

#[actix_web::test]
async fn sch_06_production_is_checked_against_the_committed_file() {
    let fake = project().start().await.unwrap();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("committed.json");
    let [mark_as_live, archive, ..] = companies();
    let start = |actions: Vec<_>, environment| {
        forest_actions::Forest::builder()
            .actions(actions)
            .schema_path(&path)
            .application_url(NOWHERE)
            .environment(environment)
            .server_url(fake.url())
            .env_secret(fake.env_secret())
            .auth_secret(fake.auth_secret())
            .start()
    };
    start(vec![mark_as_live], Environment::Development).await.unwrap();
    let forest = start(vec![archive], Environment::Production).await.unwrap();
    let diagnosis = forest.doctor().await;
    assert!(
        about(&diagnosis, "companies: Archive")
            .text
            .starts_with("in the code and not")
    );
    assert!(
        about(&diagnosis, "companies: Mark as Live")
            .text
            .starts_with("in the schema file and not")
    );
    std::fs::remove_file(&path).unwrap();
    let diagnosis = forest.doctor().await;
    assert!(
        find(&diagnosis, Topic::SchemaFile).text.contains("does not exist"),
        "{diagnosis}"
    );
}

/// Status of this user's request.
async fn run(agent: &Agent, user: u64) -> (u16, String) {
    let app = agent.serve().await;
    let mut claims = claims();
    claims["id"] = user.to_string().into();
    let answer = Call::post(MARK_AS_LIVE).bearer(&mint(&claims)).send(&app).await;
    let name = answer.json()["errors"][0]["name"].as_str().map(str::to_owned);
    (answer.status(), name.unwrap_or_default())
}

#[actix_web::test]
async fn per_19_an_explanation_matches_the_outcome_of_a_request() {
    const FORBIDDEN: (u16, &str) = (403, "CustomActionTriggerForbiddenError");
    const APPROVAL: (u16, &str) = (403, "CustomActionRequiresApprovalError");
    let name = ("companies", "Mark as Live");
    let agent = agent().await;
    let fake = agent.fake();
    let expect = async |user: u64, outcome: Outcome, cause: &str, answer: (u16, &str)| {
        let explained = agent.forest.explain_access(user, name.0, name.1).await;
        assert_eq!(explained.outcome(), outcome, "{explained}");
        assert!(explained.cause().contains(cause), "{cause}: {explained}");
        assert_eq!(explained.advice().is_none(), outcome == Outcome::Allowed, "{explained}");
        assert_eq!(run(&agent, user).await, (answer.0, answer.1.to_owned()), "{explained}");
    };
    expect(1, Outcome::Allowed, "role 10 has the right", (200, "")).await;
    expect(2, Outcome::Refused, "role 20 does not have the right", FORBIDDEN).await;
    expect(3, Outcome::Refused, "has no role", FORBIDDEN).await;
    expect(9, Outcome::Refused, "not among the users", FORBIDDEN).await;

    fake.role("Support")
        .may_trigger(name.0, name.1)
        .requires_approval(name.0, name.1);
    fake.role("Admin").may_approve(name.0, name.1);
    expect(2, Outcome::NeedsApproval, "in any case", APPROVAL).await;
    let explained = agent.forest.explain_access(2, name.0, name.1).await;
    assert_eq!(
        explained.to_string(),
        "user 2 (sam@example.com) needs an approval to run companies: Mark as Live\n  an approval is needed in any case\n  \
         -> role 10 may approve it; who needs an approval is changed in the project settings, Roles\n"
    );

    fake.forget_action(name.0, name.1);
    expect(4, Outcome::Refused, "no action of this name", FORBIDDEN).await;
    fake.forget_collection(name.0);
    expect(4, Outcome::Refused, "do not know the collection", FORBIDDEN).await;
    fake.set_development(true);
    expect(4, Outcome::Allowed, "environment for development", (200, "")).await;
}

#[actix_web::test]
async fn per_07_a_condition_is_shown_with_its_role() {
    let agent = agent().await;
    let filter = json!({"field": "size", "operator": "greater_than", "value": 5});
    agent
        .fake()
        .role("Support")
        .may_trigger_if("companies", "Archive", filter.clone());
    let explained = agent.forest.explain_access(2, "companies", "Archive").await;
    assert_eq!(explained.outcome(), Outcome::DependsOnRecords);
    assert_eq!(
        explained.cause(),
        format!("role 20 has the right for records that all match {filter}")
    );
}

#[actix_web::test]
async fn unknown_and_unprotected_actions_are_explained_without_a_server() {
    let agent = agent().await;
    agent.fake().fault("**", Fault::Status(500));
    let explained = agent.forest.explain_access(1, "companies", "mark as live").await;
    assert_eq!(explained.outcome(), Outcome::NoSuchAction);
    assert!(
        explained.advice().unwrap().contains("`companies: Mark as Live`"),
        "{explained}"
    );
    let explained = agent.forest.explain_access(1, "orders\u{1b}[31m", "Refund").await;
    assert_eq!(explained.outcome(), Outcome::NoSuchAction);
    assert!(!explained.to_string().contains('\u{1b}'), "{explained}");
    let explained = agent.forest.explain_access(9, "companies", "Ping").await;
    assert_eq!(explained.outcome(), Outcome::Allowed);
    assert!(explained.cause().contains("unprotected"), "{explained}");
}

#[actix_web::test]
async fn local_mode_is_explained_from_its_own_roles() {
    let agent = Agent::with(|builder| {
        builder
            .actions(companies())
            .local_user(LocalUser::new(1, "ada@example.com"))
            .local_user(LocalUser::new(2, "sam@example.com").role("Support"))
            .local_role(LocalRole::new("Support").deny("companies", "Archive"))
    })
    .await;
    let diagnosis = agent.forest.doctor().await;
    assert!(diagnosis.is_healthy(), "{diagnosis}");
    assert_eq!(about(&diagnosis, "companies: Archive").text, "every role but Support");
    assert!(
        !diagnosis
            .findings()
            .iter()
            .any(|finding| finding.topic == Topic::Server)
    );
    for (user, outcome, cause) in [
        (1, Outcome::Allowed, "the role `Admin`"),
        (2, Outcome::Refused, "code denies this action"),
        (3, Outcome::Refused, "no local user"),
    ] {
        let explained = agent.forest.explain_access(user, "companies", "Archive").await;
        assert_eq!(explained.outcome(), outcome);
        assert!(explained.cause().contains(cause), "{explained}");
    }
}

#[actix_web::test]
async fn a_diagnosis_can_run_on_any_thread() {
    fn sendable<T: Send>(_: &T) {}
    let agent = Agent::local(companies()).await;
    sendable(&agent.forest.doctor());
    sendable(&agent.forest.explain_access(1, "companies", "Archive"));
}
