//! What the permissions of a large project cost: memory, and the time of the first request.
//!
//! The Forest server runs in this process, the agent in one of its own, so that only the agent's memory is counted. Linux
//! only: the kernel counts it.

use std::process::Command;
use std::time::Instant;

use actix_web::{App, test};
use forest_actions::prelude::*;
use forest_actions::testing::{FakeForest, FakeUser};
use forest_actions::{Environment, Forest};
use forest_actions_benchmarks::{Args, Outcome, Table, memory};
use serde_json::json;

const HELP: &str = "permissions: memory and first request of an agent in a large project

  --actions N     actions with rights of their own, 1 to 10000 (1000)
  --roles N       roles, 1 to 200 (50)
  --users N       users, 1 to 50000 (5000)
  --markdown      a table for a document";

/// Signs the session tokens.
const SECRET: &str = "a secret of the benchmark, known to everybody who reads it";

#[smart_action(collection = "companies", name = "Charge", kind = "global")]
async fn charge() -> ActionResult {
    Ok(success("charged"))
}

#[allow(clippy::print_stdout, reason = "its output is the result")]
fn main() -> Outcome {
    let args = Args::read(
        &["actions", "roles", "users", "agent-of", "secret", "token"],
        &["markdown", "help"],
    )?;
    if args.has("help") {
        println!("{HELP}");
        return Ok(());
    }
    let system = actix_web::rt::System::new();
    if let (Some(url), Some(secret), Some(token)) = (args.text("agent-of"), args.text("secret"), args.text("token")) {
        println!("{}", system.block_on(agent(url, secret, token))?);
        return Ok(());
    }
    let size = Size {
        actions: args.number("actions", 1_000, 1..=10_000)?,
        roles: args.number("roles", 50, 1..=200)?,
        users: args.number("users", 5_000, 1..=50_000)?,
    };
    print!("{}", system.block_on(compare(&size, args.has("markdown")))?);
    Ok(())
}

struct Size {
    actions: u64,
    roles: u64,
    users: u64,
}

async fn compare(size: &Size, markdown: bool) -> Outcome<Table> {
    let headings = [
        "project",
        "at rest, MiB",
        "after the first request, MiB",
        "peak, MiB",
        "first request, ms",
    ];
    let mut table = Table::new(&headings, markdown);
    let small = Size {
        actions: 1,
        roles: 1,
        users: 1,
    };
    let name = format!("{} actions, {} roles, {} users", size.actions, size.roles, size.users);
    for (name, size, has_conditions) in [
        ("nearly nothing".to_owned(), &small, false),
        (name.clone(), size, false),
        (format!("{name}, a condition for each pair"), size, true),
    ] {
        let fake = project(size, has_conditions).await?;
        let token = fake.user_token(1).sign();
        let output = Command::new(std::env::current_exe()?)
            .args([
                "--agent-of",
                fake.url(),
                "--secret",
                &fake.env_secret(),
                "--token",
                &token,
            ])
            .output()?;
        if !output.status.success() {
            return Err(String::from_utf8_lossy(&output.stderr).into_owned().into());
        }
        let text = String::from_utf8(output.stdout)?;
        table.row(std::iter::once(name).chain(text.split_whitespace().map(str::to_owned)));
    }
    Ok(table)
}

/// A Forest server with a project of this size. Every role may run every action.
async fn project(size: &Size, has_conditions: bool) -> Outcome<FakeForest> {
    let mut builder = FakeForest::builder().auth_secret(SECRET);
    for id in 1..=size.users {
        let role = format!("role {}", id % size.roles);
        let user = FakeUser::new(id, format!("user-{id}@example.com"));
        builder = builder.user(
            user.name("Ada", format!("Lovelace {id}"))
                .role(role)
                .tag("country", "UK"),
        );
    }
    let fake = builder.start().await?;
    for number in 0..size.roles {
        let mut role = fake.role(&format!("role {number}")).may_trigger("companies", "Charge");
        for action in 1..size.actions {
            let (collection, name) = (format!("collection-{}", action / 10), format!("Action {action}"));
            role = if has_conditions {
                let condition = json!({"aggregator": "and", "conditions": [
                    {"field": "amount", "operator": "less_than", "value": number * 1_000 + action}]});
                role.may_trigger_if(&collection, &name, condition)
            } else {
                role.may_trigger(&collection, &name)
            };
        }
    }
    Ok(fake)
}

/// An agent of that project: `at-rest after peak milliseconds`.
async fn agent(url: &str, secret: &str, token: &str) -> Outcome<String> {
    let forest = Forest::builder()
        .auth_secret(SECRET)
        .env_secret(secret)
        .server_url(url)
        .environment(Environment::Development)
        .schema_file(false)
        .start()
        .await?;
    let app = test::init_service(App::new().configure(forest.routes())).await;
    let send = || async {
        let request = test::TestRequest::post()
            .uri("/forest/actions/charge")
            .peer_addr(([127, 0, 0, 1], 3310).into())
            .insert_header(("content-type", "application/json"))
            .insert_header(("authorization", format!("Bearer {token}")))
            .set_payload(r#"{"data":{"attributes":{"ids":[]}}}"#);
        test::call_service(&app, request.to_request()).await.status()
    };
    let at_rest = memory("VmRSS")?;
    let began = Instant::now();
    let status = send().await;
    let milliseconds = began.elapsed().as_secs_f64() * 1_000.0;
    if !status.is_success() {
        return Err(format!("the action was answered with {status}").into());
    }
    Ok(format!(
        "{at_rest:.1} {:.1} {:.1} {milliseconds:.1}",
        memory("VmRSS")?,
        memory("VmHWM")?
    ))
}
