//! The schema file at start: writing, reading, and invalid files.

use std::fs;

use forest_actions::Environment;
use forest_actions::prelude::*;
use forest_actions::records::{CollectionModel, FieldModel, ValueType};
use forest_actions::schema::{Schema, read};
use serde_json::{Value, json};
use tracing::Level;

use crate::support::{Agent, Call, ENV_SECRET, Log, MARK_AS_LIVE, SECRET, actions, companies};

#[allow(dead_code, reason = "only their descriptions matter")]
#[derive(ActionForm)]
struct Odd {
    #[field(
        label = "quo\"te \\ back\nline \u{2028} 日本 🌲",
        description = "tab\t, \u{1}, </script>",
        default = "a \"default\" \\ with\nlines"
    )]
    text: String,
    #[field(default = f64::INFINITY)]
    ratio: f64,
}

#[smart_action(
    collection = "odd \"collection\"", name = "Name with \"quotes\" \\ and é", kind = "global", endpoint = "/forest/schema/odd",
    description = "multi\nline <b>html</b>", form = Odd
)]
async fn odd_texts() {}

#[smart_action(collection = "bare", name = "Bare", kind = "global")]
async fn bare() {}

fn connected(environment: Environment) -> forest_actions::ForestBuilder {
    Forest::builder()
        .auth_secret(SECRET)
        .env_secret(ENV_SECRET)
        // the unreachable server does not stop the start (AUT-08)
        .server_url("http://127.0.0.1:9")
        .environment(environment)
        .actions(companies())
}

#[actix_web::test]
async fn sch_01_the_order_of_actions_and_collections_does_not_change_a_byte() {
    let all = || companies().into_iter().chain(actions![odd_texts, bare]);
    let collections = || {
        ["zebras", "Ants", "companies", "été"].map(|name| {
            CollectionModel::new(name)
                .field(FieldModel::new("id", ValueType::Integer))
                .key(["id"])
        })
    };
    let one = Agent::with(|builder| {
        collections()
            .into_iter()
            .fold(builder.actions(all()), |b, c| b.collection(c))
    })
    .await;
    let other = Agent::with(|builder| {
        let mut actions: Vec<_> = all().collect();
        actions.reverse();
        collections()
            .into_iter()
            .rev()
            .fold(builder.actions(actions), |b, c| b.collection(c))
    })
    .await;
    let text = fs::read_to_string(one.schema_path()).unwrap();
    assert_eq!(text, fs::read_to_string(other.schema_path()).unwrap());
    assert!(
        !text.contains(one.schema_path().parent().unwrap().to_str().unwrap()),
        "nothing of this machine"
    );
    assert!(!text.contains("registry.rs") && !text.contains("tests/integration"));
}

#[actix_web::test]
async fn sch_01_an_unchanged_schema_is_not_rewritten() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.json");
    let start = || Forest::builder().schema_path(&path).actions(companies()).start();
    start().await.unwrap();
    let before = fs::metadata(&path).unwrap().modified().unwrap();
    let log = Log::capture();
    start().await.unwrap();
    assert_eq!(fs::metadata(&path).unwrap().modified().unwrap(), before);
    assert_eq!(log.about("was written").len(), 0);
}

#[actix_web::test]
async fn sch_02_unusual_texts_round_trip_as_json() {
    let agent = Agent::local(actions![odd_texts]).await;
    let text = fs::read_to_string(agent.schema_path()).unwrap();
    let json: Value = serde_json::from_str(&text).unwrap();
    let action = &json["collections"][0]["actions"][0];
    assert_eq!(action["name"], "Name with \"quotes\" \\ and é");
    assert_eq!(action["description"], "multi\nline <b>html</b>");
    assert_eq!(action["fields"][0]["field"], "quo\"te \\ back\nline \u{2028} 日本 🌲");
    assert_eq!(action["fields"][0]["defaultValue"], "a \"default\" \\ with\nlines");
    assert_eq!(&read(agent.schema_path()).unwrap(), agent.forest.schema());
}

#[actix_web::test]
async fn sch_03_a_failed_start_keeps_the_old_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.json");
    fs::write(&path, "old").unwrap();
    let [ping] = actions![actions::ping];
    let started = Forest::builder().schema_path(&path).actions([ping, ping]).start().await;
    assert!(started.is_err());
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
    let twice = Forest::builder()
        .schema_path(&path)
        .actions(companies())
        .collection(CollectionModel::new("a"))
        .collection(CollectionModel::new("a"));
    assert!(
        twice
            .start()
            .await
            .unwrap_err()
            .to_string()
            .contains("`a` is declared twice")
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), "old");
}

#[actix_web::test]
async fn sch_03_concurrent_starts_write_one_complete_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.json");
    let starts = (0..16).map(|index| {
        let actions: Vec<_> = if index % 2 == 0 {
            companies().to_vec()
        } else {
            actions![odd_texts].to_vec()
        };
        Forest::builder().schema_path(&path).actions(actions).start()
    });
    for started in futures_util::future::join_all(starts).await {
        started.unwrap();
    }
    assert!(read(&path).is_ok());
    assert_eq!(
        fs::read_dir(directory.path()).unwrap().count(),
        1,
        "no half-written file is left"
    );
}

#[actix_web::test]
async fn sch_06_production_reads_the_committed_file_and_reports_differences() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.json");
    connected(Environment::Development)
        .schema_path(&path)
        .start()
        .await
        .unwrap();
    let committed = fs::read_to_string(&path).unwrap();
    let log = Log::capture();
    let forest = connected(Environment::Production)
        .schema_path(&path)
        .start()
        .await
        .unwrap();
    assert_eq!(forest.environment(), Environment::Production);
    assert_eq!(log.about("committed schema file was read").len(), 1, "it says so");
    assert_eq!(log.about("differs from the code").len(), 0);

    let log = Log::capture();
    let changed = connected(Environment::Production)
        .schema_path(&path)
        .actions(actions![bare]);
    changed.only(|action| action.name != "Archive").start().await.unwrap();
    let differences: Vec<_> = log.about("differs from the code");
    assert!(differences.iter().all(|line| line.level == Level::WARN));
    let named = |name: &str| differences.iter().any(|line| line.get("difference").contains(name));
    assert!(
        named("Bare") && named("Archive") && !named("Mark as Live"),
        "{differences:?}"
    );
    assert_eq!(fs::read_to_string(&path).unwrap(), committed, "production never writes");
}

#[actix_web::test]
async fn sch_06_the_schema_names_the_running_version() {
    let agent = Agent::with(|builder| builder.actions(companies()).agent("forest-express-sequelize", "9.1.2")).await;
    let json: Value = serde_json::from_str(&fs::read_to_string(agent.schema_path()).unwrap()).unwrap();
    assert_eq!(json["meta"]["liana"], "forest-express-sequelize");
    assert_eq!(json["meta"]["liana_version"], "9.1.2");
    let agent = Agent::local(companies()).await;
    let json: Value = serde_json::from_str(&fs::read_to_string(agent.schema_path()).unwrap()).unwrap();
    assert_eq!(json["meta"]["liana_version"], env!("CARGO_PKG_VERSION"));
}

#[actix_web::test]
async fn sch_07_a_missing_file_in_production_is_reported_and_the_host_runs() {
    let log = Log::capture();
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("nowhere").join("s.json");
    let forest = connected(Environment::Production)
        .schema_path(&path)
        .start()
        .await
        .unwrap();
    let said = log.about("schema file could not be used");
    assert!(said.len() == 1 && said[0].level == Level::ERROR);
    assert!(said[0].get("error").contains(path.to_str().unwrap()), "{said:?}");
    assert!(said[0].get("error").contains("export the schema"), "{said:?}");
    assert!(!path.exists());
    assert_eq!(forest.actions().len(), 4);
}

#[actix_web::test]
async fn sch_07_an_invalid_file_does_not_stop_the_host() {
    let directory = tempfile::tempdir().unwrap();
    let broken = directory.path().join("broken.json");
    for (content, said) in [
        ("", "is empty"),
        ("{\"collections\":[", "line 1"),
        ("[]", "not a schema"),
        ("\0", "not JSON"),
    ] {
        fs::write(&broken, content).unwrap();
        let log = Log::capture();
        connected(Environment::Production)
            .schema_path(&broken)
            .start()
            .await
            .unwrap();
        let lines = log.about("schema file could not be used");
        assert!(
            lines.len() == 1 && lines[0].get("error").contains(said),
            "{content:?}: {lines:?}"
        );
        assert_eq!(fs::read_to_string(&broken).unwrap(), content);
    }
    let log = Log::capture();
    let agent = Agent::with(|builder| {
        builder
            .actions(companies())
            .schema_path("/proc/no/such/directory/s.json")
    })
    .await;
    assert_eq!(log.about("schema file could not be used").len(), 1);
    assert_eq!(Call::post(MARK_AS_LIVE).send(&agent.serve().await).await.status(), 200);
}

#[test]
fn sch_10_the_schema_is_exported_without_a_server_a_secret_or_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("s.json");
    // outside any runtime, so that network calls are impossible
    let schema = Forest::builder()
        .schema_path(&path)
        .actions(companies())
        .schema()
        .unwrap();
    assert!(!path.exists());
    assert_eq!(
        schema.find_action("companies", "Mark as Live").unwrap().endpoint(),
        MARK_AS_LIVE
    );
    let [ping] = actions![actions::ping];
    assert!(
        Forest::builder().actions([ping, ping]).schema().is_err(),
        "a mistake is an error here as well"
    );
}

#[actix_web::test]
async fn sch_10_the_export_matches_the_file_written_at_start() {
    let agent = Agent::local(companies()).await;
    let exported = Forest::builder().actions(companies()).schema().unwrap();
    assert_eq!(
        exported.to_file_text(),
        fs::read_to_string(agent.schema_path()).unwrap()
    );
    assert_eq!(&exported, agent.forest.schema());
}

#[actix_web::test]
async fn sch_11_every_protocol_key_is_present_with_a_default() {
    let agent = Agent::local(actions![bare, odd_texts]).await;
    let json: Value = serde_json::from_str(&fs::read_to_string(agent.schema_path()).unwrap()).unwrap();
    let bare = &json["collections"][0]["actions"][0];
    for (key, value) in [
        ("name", json!("Bare")),
        ("type", json!("global")),
        ("baseUrl", json!(null)),
        ("endpoint", json!("/forest/actions/bare")),
        ("httpMethod", json!("POST")),
        ("redirect", json!(null)),
        ("download", json!(false)),
        ("fields", json!([])),
        ("hooks", json!({"load": false, "change": []})),
    ] {
        assert_eq!(bare.get(key), Some(&value), "{key}: {bare}");
    }
    let ratio = &json["collections"][1]["actions"][0]["fields"][1];
    assert_eq!(ratio.get("defaultValue"), Some(&Value::Null), "JSON has no infinity");
}

#[actix_web::test]
async fn sch_12_an_unusual_environment_secret_is_a_warning_and_is_not_printed() {
    let capital = format!("G{}", &ENV_SECRET[1..].to_uppercase());
    for (secret, warnings) in [(capital.as_str(), 1), (ENV_SECRET, 0)] {
        let log = Log::capture();
        let builder = Forest::builder()
            .auth_secret(SECRET)
            .env_secret(secret)
            .server_url("http://127.0.0.1:9")
            .schema_file(false)
            .schema_upload(false)
            .actions(companies());
        assert!(builder.start().await.is_ok());
        assert_eq!(log.about("characters other than 0-9 and a-f").len(), warnings);
        assert!(!log.text().contains(secret));
    }
}

#[actix_web::test]
async fn sch_12_a_malformed_environment_secret_stops_the_start_and_is_not_printed() {
    let spaced = format!("{} {}", &ENV_SECRET[..32], &ENV_SECRET[33..]);
    let longer = format!("{ENV_SECRET}0");
    for secret in [
        spaced.as_str(),
        &longer,
        "too-short-to-be-a-secret",
        "not hexadecimal at all, and of another length",
    ] {
        let log = Log::capture();
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("s.json");
        let builder = Forest::builder()
            .auth_secret(SECRET)
            .env_secret(secret)
            .actions(companies());
        assert!(!format!("{builder:?}").contains(secret));
        let error = builder.schema_path(&path).start().await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(
            text.contains("FOREST_ENV_SECRET") && text.contains("64 characters from 0-9 and a-f"),
            "{text}"
        );
        assert!(!text.contains(secret) && !log.text().contains(secret), "{text}");
        assert!(!path.exists());
    }
    let missing = Forest::builder()
        .env_secret(ENV_SECRET)
        .actions(companies())
        .start()
        .await
        .unwrap_err();
    assert!(missing.to_string().contains("FOREST_AUTH_SECRET is missing"));
}

#[actix_web::test]
async fn debug_output_contains_no_secret() {
    let agent = Agent::connected(companies()).await;
    let text = format!("{:?}", agent.forest);
    assert!(!text.contains(SECRET) && !text.contains(ENV_SECRET), "{text}");
    let _: &Schema = agent.forest.schema();
}
