//! A program that reads its settings from the environment: which of them count, and where its files are.
//!
//! The environment belongs to the whole process, so each test runs its second half in a process of its own: this binary
//! again, with the one test and the variables that it is about.

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use actix_web::{App, test, web};
use forest_actions::testing::FakeForest;
use forest_actions::{Environment, Forest};
use tracing::Level;

use crate::support::connected::{EVENTS, SAM, UPLOAD, begin_login, come_back, company_records, project, visit};
use crate::support::{Call, ENV_SECRET, Log, MARK_AS_LIVE, Runs, SECRET, companies};

/// Is set in the second process.
const INSIDE: &str = "FOREST_TEST_INSIDE";
const OTHER_ENV_SECRET: &str = "11c0ffee11c0ffee11c0ffee11c0ffee11c0ffee11c0ffee11c0ffee11c0ffee";
const OTHER_AUTH_SECRET: &str = "an-authentication-secret-that-nobody-may-use";
const FILE: &str = ".forestadmin-schema.json";

fn is_inside() -> bool {
    std::env::var_os(INSIDE).is_some()
}

/// Runs the test of this name once more, in this directory and with these variables only.
async fn run(name: &str, directory: &Path, variables: &[(&str, &str)]) {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["--exact", &format!("environment::{name}"), "--nocapture"])
        .current_dir(directory)
        .env_clear()
        .env(INSIDE, "1")
        .envs(variables.iter().copied());
    // the Forest servers of the first process answer meanwhile
    let output = web::block(move || command.output()).await.unwrap().unwrap();
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[actix_web::test]
async fn aut_04_settings_in_code_override_the_environment() {
    const NAME: &str = "aut_04_settings_in_code_override_the_environment";
    if !is_inside() {
        let decoy = FakeForest::builder()
            .env_secret(OTHER_ENV_SECRET)
            .start()
            .await
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let variables = [
            ("FOREST_ENV_SECRET", OTHER_ENV_SECRET),
            ("FOREST_AUTH_SECRET", OTHER_AUTH_SECRET),
            ("FOREST_URL", decoy.url()),
            ("FOREST_SERVER_URL", decoy.url()),
            ("APPLICATION_URL", "https://environment.example.com"),
            ("FOREST_SCHEMA_PATH", "of-the-environment.json"),
            ("FOREST_ENVIRONMENT", "production"),
            ("FOREST_DISABLE_AUTO_SCHEMA_APPLY", "true"),
            ("FOREST_INSTANT_CACHE_REFRESH", "false"),
            // not set in code
            ("FOREST_BODY_LIMIT", "1000"),
        ];
        run(NAME, directory.path(), &variables).await;
        assert!(decoy.requests().is_empty(), "{:?}", decoy.requests());
        let files: Vec<_> = fs::read_dir(directory.path()).unwrap().collect();
        assert!(
            files.len() == 1 && files[0].as_ref().unwrap().file_name() == "of-the-code.json",
            "{files:?}"
        );
        return;
    }
    let fake = project().await;
    fake.login_as(Some(SAM));
    fake.grant("Support", "companies", "Mark as Live");
    let forest = Forest::from_env()
        .unwrap()
        .env_secret(ENV_SECRET)
        .auth_secret(SECRET)
        .server_url(fake.url())
        .application_url("https://code.example.com")
        .schema_path("of-the-code.json")
        .environment(Environment::Development)
        .schema_upload(true)
        .events(true)
        .actions(companies())
        .records(company_records());
    let forest = forest.start().await.unwrap();
    let app = App::new()
        .app_data(web::Data::new(Runs::default()))
        .configure(forest.routes());
    let app = test::init_service(app).await;
    // login, permissions, schema, events
    let address = visit(&begin_login(&app, "").await).await;
    assert!(address.starts_with("https://code.example.com/forest/"), "{address}");
    let answer = come_back(&app, &address).await;
    let token = answer.json()["token"].as_str().unwrap().to_owned();
    for token in [&token, &fake.user_token(SAM).sign()] {
        assert_eq!(Call::post(MARK_AS_LIVE).bearer(token).send(&app).await.status(), 200);
    }
    fake.wait_for(UPLOAD, 1).await.unwrap();
    fake.wait_for(EVENTS, 1).await.unwrap();
    assert!(!format!("{:?}", fake.requests()).contains(OTHER_ENV_SECRET));
    let long = Call::post(MARK_AS_LIVE).bearer(&token).body(vec![b' '; 1_001]);
    assert_eq!(long.send(&app).await.status(), 413, "the environment is read");
}

#[actix_web::test]
async fn sch_07_the_schema_file_is_found_from_another_directory_or_its_path_is_reported() {
    const NAME: &str = "sch_07_the_schema_file_is_found_from_another_directory_or_its_path_is_reported";
    const FOUND: &str = "FOREST_TEST_FOUND";
    if !is_inside() {
        let (project, elsewhere) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let file = project.path().join(FILE);
        let schema = Forest::builder().actions(companies()).schema().unwrap();
        fs::write(&file, schema.to_file_text()).unwrap();
        let common = [
            ("FOREST_ENV_SECRET", ENV_SECRET),
            ("FOREST_AUTH_SECRET", SECRET),
            // the unreachable server does not stop the start
            ("FOREST_SERVER_URL", "http://127.0.0.1:9"),
            ("FOREST_ENVIRONMENT", "production"),
        ];
        for (place, option) in [
            (project.path(), None),
            (elsewhere.path(), Some(("FOREST_SCHEMA_PATH", file.to_str().unwrap()))),
            (
                elsewhere.path(),
                Some(("FOREST_SCHEMA_DIR", project.path().to_str().unwrap())),
            ),
        ] {
            let found = [(FOUND, "1")].into_iter().chain(option);
            let variables: Vec<_> = common.into_iter().chain(found).collect();
            run(NAME, place, &variables).await;
        }
        run(NAME, elsewhere.path(), &common).await;
        assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 0);
        return;
    }
    let log = Log::capture();
    let forest = Forest::from_env().unwrap().actions(companies()).events(false);
    let forest = forest.start().await.unwrap();
    assert_eq!(forest.actions().len(), 4, "the host runs");
    let read = log.about("committed schema file was read").len();
    let refused = log.about("schema file could not be used");
    if std::env::var_os(FOUND).is_some() {
        assert_eq!((read, refused.len()), (1, 0), "{}", log.text());
        return;
    }
    assert!(
        read == 0 && refused.len() == 1 && refused[0].level == Level::ERROR,
        "{}",
        log.text()
    );
    let looked = std::env::current_dir().unwrap().join(FILE);
    let said = refused[0].get("error");
    assert!(
        said.contains(looked.to_str().unwrap()) && said.contains("export the schema"),
        "{said}"
    );
}

#[actix_web::test]
async fn sch_10_an_export_of_a_connected_program_sends_and_writes_nothing() {
    const NAME: &str = "sch_10_an_export_of_a_connected_program_sends_and_writes_nothing";
    if !is_inside() {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let directory = tempfile::tempdir().unwrap();
        let variables = [
            ("FOREST_ENV_SECRET", ENV_SECRET),
            ("FOREST_AUTH_SECRET", SECRET),
            ("FOREST_SERVER_URL", &url),
        ];
        run(NAME, directory.path(), &variables).await;
        // a connection waits here until it is accepted
        assert!(listener.accept().is_err(), "somebody has called");
        assert_eq!(fs::read_dir(directory.path()).unwrap().count(), 0);
        return;
    }
    let program = Forest::from_env()
        .unwrap()
        .actions(companies())
        .records(company_records());
    let exported = program.clone().schema().unwrap();
    assert!(exported.find_action("companies", "Mark as Live").is_some());
    let refused = program.local_token(1).unwrap_err().to_string();
    assert!(refused.contains("connected"), "{refused}");
}
