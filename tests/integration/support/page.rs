//! The local page of an agent, and the sessions that it gives to its own page.

use actix_web::{App, test};
use forest_actions::Playground;
use serde_json::json;

use super::{Agent, Call, TestService};

pub(crate) const SESSION: &str = "/playground/session";

/// The application of an agent that has its page.
pub(crate) async fn mounted(agent: &Agent, describe: impl FnOnce(Playground) -> Playground) -> impl TestService {
    let page = describe(agent.forest.playground()).routes();
    let app = App::new().app_data(agent.runs.clone());
    test::init_service(app.configure(agent.forest.routes()).configure(page)).await
}

/// Requests a session of this user, like the page.
pub(crate) fn ask(user: u64) -> Call {
    Call::bare("POST", SESSION)
        .header("host", "127.0.0.1:3310")
        .header("origin", "http://127.0.0.1:3310")
        .header("content-type", "application/json")
        .json(&json!({"userId": user}))
}

/// The token of a session of this user.
pub(crate) async fn session(app: &impl TestService, user: u64) -> String {
    let answer = ask(user).send(app).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    answer.json()["token"].as_str().unwrap().to_owned()
}
