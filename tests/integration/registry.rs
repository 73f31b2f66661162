//! Registration of actions: errors that stop a start, warnings, and lists against linking.

use forest_actions::prelude::*;
use forest_actions::{ActionDescriptor, Forest};
use tracing::Level;

use crate::support::{Agent, Log, actions, companies, refusal};

/// Conflicting actions, which no agent with all linked actions may include.
mod wrong {
    use super::*;

    #[smart_action(collection = "wrong", name = "Twice", kind = "global", endpoint = "/forest/wrong/1")]
    pub(super) async fn first() {}

    #[smart_action(collection = "wrong", name = "Twice", kind = "global", endpoint = "/forest/wrong/2")]
    pub(super) async fn second() {}

    #[smart_action(
        collection = "wrong",
        name = "Third",
        kind = "global",
        endpoint = "/forest//wrong/1/"
    )]
    pub(super) async fn same_path() {}

    #[smart_action(
        collection = "wrong",
        name = "Encoded",
        kind = "global",
        endpoint = "/forest/%77rong/1"
    )]
    pub(super) async fn same_path_encoded() {}

    #[smart_action(
        collection = "wrong",
        name = "Hook",
        kind = "global",
        endpoint = "/forest/wrong/1/hooks/load"
    )]
    pub(super) async fn on_a_hook() {}

    #[smart_action(
        collection = "wrong",
        name = "Health",
        kind = "global",
        endpoint = "/forest/healthcheck"
    )]
    pub(super) async fn health() {}

    #[smart_action(collection = "wrong", name = "Mount", kind = "global", endpoint = "/forest/")]
    pub(super) async fn mount() {}

    pub(super) async fn hook(form: FormState) -> HookResult {
        Ok(form)
    }

    #[derive(ActionForm)]
    pub(super) struct Slip {
        #[allow(dead_code, reason = "only its name matters")]
        amount: f64,
    }

    #[smart_action(collection = "wrong", name = "Slip", kind = "global", form = Slip, change(amuont = hook))]
    pub(super) async fn slip() {}
}

/// Source location of an action, as in refusals.
fn place(action: &ActionDescriptor) -> String {
    format!(
        "{}:{} (crate {})",
        action.origin.file, action.origin.line, action.origin.crate_name
    )
}

#[actix_web::test]
async fn rte_04_a_duplicate_action_stops_the_start_with_both_locations() {
    let [first, second] = actions![wrong::first, wrong::second];
    let text = refusal([first, second]).await;
    assert!(
        text.contains("collection `wrong` has two actions of this name"),
        "{text}"
    );
    assert!(text.contains(&place(first)) && text.contains(&place(second)), "{text}");
    assert!(
        place(first).starts_with("tests/integration/registry.rs:"),
        "{}",
        place(first)
    );
    assert_ne!(first.origin.line, second.origin.line);
}

#[actix_web::test]
async fn rte_04_an_action_listed_twice_is_rejected() {
    let [action] = actions![actions::recount];
    let text = refusal([action, action]).await;
    assert_eq!(text.matches(&place(action)).count() % 2, 0, "{text}");
    assert!(text.contains("two actions of this name"), "{text}");
}

#[actix_web::test]
async fn rte_04_two_spellings_of_one_endpoint_stop_the_start() {
    let [first] = actions![wrong::first];
    for other in actions![wrong::same_path, wrong::same_path_encoded, wrong::on_a_hook] {
        let text = refusal([first, other]).await;
        assert!(text.contains("both are served at `/forest/wrong/1"), "{text}");
        assert!(text.contains(&place(first)) && text.contains(&place(other)), "{text}");
    }
}

/// An action at an endpoint that the attribute would not let through.
fn at(endpoint: &'static str) -> &'static ActionDescriptor {
    let [action] = actions![wrong::first];
    let mut action = action.clone();
    action.endpoint = endpoint;
    Box::leak(Box::new(action))
}

#[actix_web::test]
async fn an_endpoint_that_cannot_be_served_stops_the_start() {
    for (endpoint, reason) in [
        ("", "no path"),
        ("//", "no path"),
        ("/forest/a/../b", "`..`"),
        ("/forest/a/%2e%2E/b", "`..`"),
        ("/forest/./b", "`..`"),
        ("/forest/a?b=c", "query"),
        ("/forest/a#b", "fragment"),
        ("https://example.com/forest/a", "URL"),
        ("/forest/a\\b", "backslash"),
        ("/forest/a%0Ab", "control character"),
        ("/forest", "belongs to the agent itself"),
        ("/forest/", "belongs to the agent itself"),
        ("/%66orest", "belongs to the agent itself"),
        ("/forest/healthcheck", "belongs to the agent itself"),
        ("/forest/authentication/callback", "belongs to the agent itself"),
        ("/forest/_internal/capabilities", "belongs to the agent itself"),
    ] {
        let action = at(endpoint);
        let text = refusal([action]).await;
        assert!(
            text.contains(reason) && text.contains(&place(action)),
            "{endpoint:?}: {text}"
        );
    }
}

#[actix_web::test]
async fn a_change_hook_for_an_unknown_field_stops_the_start_with_a_suggestion() {
    let [slip] = actions![wrong::slip];
    let text = refusal([slip]).await;
    assert!(
        text.contains("`amuont`") && text.contains("did you mean `amount`?"),
        "{text}"
    );
    assert!(text.contains(&place(slip)), "{text}");
}

#[actix_web::test]
async fn all_start_errors_are_reported_at_once() {
    let wrong = actions![wrong::first, wrong::second, wrong::mount, wrong::health, wrong::slip];
    let text = refusal(wrong).await;
    assert!(text.starts_with("4 actions cannot be served:"), "{text}");
    assert_eq!(text.lines().count(), 5, "{text}");
    for action in wrong {
        assert!(text.contains(&place(action)), "{text}");
    }
    // independent of the order
    let mut reversed = wrong;
    reversed.reverse();
    assert_eq!(refusal(reversed).await, text);
}

#[actix_web::test]
async fn linked_actions_are_served_without_a_list() {
    let directory = tempfile::tempdir().unwrap();
    let builder = Forest::builder().schema_path(directory.path().join("s.json"));
    let forest = builder
        .clone()
        .only(|action| action.collection == "companies")
        .start()
        .await;
    let names: Vec<_> = forest
        .as_ref()
        .unwrap()
        .actions()
        .iter()
        .map(|action| action.name)
        .collect();
    for action in companies() {
        assert!(names.contains(&action.name), "{} is linked: {names:?}", action.name);
    }
    assert!(names.is_sorted());
    let everything = builder.start().await.unwrap_err().to_string();
    assert!(
        everything.contains("Twice"),
        "without a filter all are served, the wrong ones as well: {everything}"
    );
}

#[actix_web::test]
async fn an_explicit_action_list_is_exact_and_can_be_filtered() {
    let agent = Agent::local(actions![actions::ping, actions::archive]).await;
    let names = |forest: &Forest| forest.actions().iter().map(|action| action.name).collect::<Vec<_>>();
    assert_eq!(names(&agent.forest), ["Archive", "Ping"]);
    let agent = Agent::with(|builder| builder.actions(companies()).only(|action| action.protected)).await;
    assert_eq!(names(&agent.forest), ["Archive", "Mark as Live", "Recount"]);
    let app = agent.serve().await;
    let hidden = crate::support::Call::post("/forest/actions/ping").send(&app).await;
    assert_eq!(hidden.status(), 404);
}

#[actix_web::test]
async fn a_program_without_actions_logs_a_warning() {
    let log = Log::capture();
    let agent = Agent::local([]).await;
    assert!(agent.forest.actions().is_empty());
    let warnings = log.about("no smart action");
    assert!(warnings.len() == 1 && warnings[0].level == Level::WARN);
    assert!(warnings[0].message().contains("forest_actions::link!"));
}

#[actix_web::test]
async fn the_start_logs_every_action_and_marks_unprotected_ones() {
    let log = Log::capture();
    Agent::local(companies()).await;
    let lines: Vec<_> = log
        .lines()
        .into_iter()
        .filter(|line| line.message() == "smart action")
        .collect();
    let names: Vec<_> = lines.iter().map(|line| line.get("action")).collect();
    assert_eq!(names, ["Archive", "Mark as Live", "Ping", "Recount"]);
    assert_eq!(lines[1].get("endpoint"), "POST /forest/actions/mark-as-live");
    assert_eq!(
        (lines[1].get("collection"), lines[1].get("kind")),
        ("companies", "single")
    );
    assert!(lines[1].get("origin").contains("actions.rs:"), "{lines:?}");
    let open = log.about("unprotected");
    assert!(
        open.len() == 1 && open[0].get("action") == "Ping" && open[0].level == Level::WARN,
        "{open:?}"
    );
    assert_eq!(log.about("local mode").len(), 1);
}

#[actix_web::test]
async fn a_misspelled_collection_is_reported() {
    let log = Log::capture();
    let declared = forest_actions::records::CollectionModel::new("company");
    Agent::with(|builder| builder.actions(companies()).collection(declared)).await;
    assert_eq!(log.about("did you mean").len(), 0, "too far apart to be a slip");
    let declared = forest_actions::records::CollectionModel::new("compannies");
    Agent::with(|builder| builder.actions(companies()).collection(declared)).await;
    let said = log.about("did you mean `compannies`");
    assert!(said.len() == 1 && said[0].get("collection") == "companies", "{said:?}");
}
