//! The files of `deploy`: they are those of the book, and their commands run.
#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use forest_actions::testing::{FakeForest, FakeUser};
use saphyr::{LoadableYamlNode as _, Yaml};
use sqlx::ConnectOptions as _;

const LENDER: &str = env!("CARGO_BIN_EXE_lender");
const SCHEMA: &str = ".forestadmin-schema.json";

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn text(path: &str) -> String {
    fs::read_to_string(repository().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// A file of `deploy`.
fn deployed(name: &str) -> String {
    text(&format!("examples/lender/deploy/{name}"))
}

fn yaml(text: &str) -> Yaml<'_> {
    Yaml::load_from_str(text).unwrap().pop().unwrap()
}

#[test]
fn the_book_shows_the_files_as_they_are() {
    let page = text("docs/deploying.md");
    for (language, name) in [
        ("dockerfile", "Dockerfile"),
        ("yaml", "compose.yaml"),
        ("yaml", "ci.yaml"),
    ] {
        let block = format!("```{language}\n{}```\n", deployed(name));
        assert!(page.contains(&block), "docs/deploying.md shows another {name}");
    }
}

/// The instructions of the Dockerfile, with continued lines joined.
fn instructions() -> Vec<String> {
    let lines = deployed("Dockerfile").replace("\\\n", "");
    let lines = lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_stages_and_sources_of_the_dockerfile_exist() {
    let instructions = instructions();
    let known = [
        "FROM",
        "WORKDIR",
        "COPY",
        "RUN",
        "USER",
        "ENV",
        "EXPOSE",
        "HEALTHCHECK",
        "ENTRYPOINT",
    ];
    for instruction in &instructions {
        assert!(known.contains(&instruction.split(' ').next().unwrap()), "{instruction}");
    }
    let stages: Vec<&str> = instructions
        .iter()
        .filter_map(|line| line.split_once(" AS "))
        .map(|(_, name)| name)
        .collect();
    assert_eq!(
        (
            stages.as_slice(),
            instructions.iter().filter(|line| line.starts_with("FROM ")).count()
        ),
        (&["build"][..], 2)
    );
    for copy in instructions.iter().filter_map(|line| line.strip_prefix("COPY ")) {
        match copy.strip_prefix("--from=") {
            Some(other) => assert!(stages.contains(&other.split(' ').next().unwrap()), "{copy}"),
            None => assert!(repository().join(copy.split(' ').next().unwrap()).exists(), "{copy}"),
        }
    }
    // what is copied is not ignored, and the compiler is the one that the workspace pins
    let ignored = deployed("Dockerfile.dockerignore");
    assert!(!ignored.contains("examples") && !ignored.contains(SCHEMA), "{ignored}");
    let toolchain = text("rust-toolchain.toml");
    let pinned = toolchain
        .split("channel = \"")
        .nth(1)
        .unwrap()
        .split('"')
        .next()
        .unwrap();
    assert!(
        instructions[0].starts_with(&format!("FROM rust:{pinned}-")),
        "{}",
        instructions[0]
    );
}

#[test]
fn the_compose_file_fits_the_image_and_the_program() {
    let text = deployed("compose.yaml");
    let compose = yaml(&text);
    let lender = &compose["services"]["lender"];
    let context = Path::new("examples/lender/deploy").join(lender["build"]["context"].as_str().unwrap());
    assert!(
        repository()
            .join(context)
            .join(lender["build"]["dockerfile"].as_str().unwrap())
            .exists()
    );
    for (service, _) in lender["depends_on"].as_mapping().unwrap() {
        assert!(!compose["services"][service.as_str().unwrap()]["healthcheck"].is_badvalue());
    }
    let volumes = compose["volumes"].as_mapping().unwrap();
    for volume in compose["services"]["database"]["volumes"].as_vec().unwrap() {
        let name = volume.as_str().unwrap().split(':').next().unwrap();
        assert!(volumes.keys().any(|key| key.as_str() == Some(name)), "{name}");
    }
    // each setting is one that the program reads
    let read = [
        crate::text("docs/configuration.md"),
        crate::text("examples/lender/src/main.rs"),
    ]
    .concat();
    for (name, value) in lender["environment"].as_mapping().unwrap() {
        assert!(read.contains(name.as_str().unwrap()), "{name:?} = {value:?}");
    }
    let published = lender["ports"][0].as_str().unwrap().rsplit(':').next().unwrap();
    assert!(instructions().contains(&format!("EXPOSE {published}")));
    assert!(instructions().contains(&format!("ENV ADDRESS=0.0.0.0:{published}")));
    // the platform waits longer than the program
    let grace: u64 = lender["stop_grace_period"]
        .as_str()
        .unwrap()
        .trim_end_matches('s')
        .parse()
        .unwrap();
    let main = crate::text("examples/lender/src/main.rs");
    let waits = main
        .split("Duration::from_secs(")
        .nth(1)
        .unwrap()
        .split(')')
        .next()
        .unwrap();
    assert!(grace > waits.parse().unwrap());
}

/// A directory in which shell commands of the recipes run, with a `cargo` that does not build: it writes down its
/// arguments, and runs the program that was built for this test.
struct Shell(tempfile::TempDir);

impl Shell {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let cargo = directory.path().join("bin/cargo");
        fs::create_dir_all(cargo.parent().unwrap()).unwrap();
        let script = format!(
            "#!/bin/sh\necho \"$*\" >> \"{root}/calls\"\ncommand=$1\nwhile [ $# -gt 0 ] && [ \"$1\" != -- ]; do shift; done\n\
             case $command in\n  run) shift; exec \"{LENDER}\" \"$@\" ;;\n  build) mkdir -p target/release && echo program > target/release/lender ;;\nesac\n",
            root = directory.path().display()
        );
        fs::write(&cargo, script).unwrap();
        fs::set_permissions(&cargo, fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(directory.path().join("work")).unwrap();
        let shell = Self(directory);
        assert!(shell.run("git init --quiet", &[]).status.success());
        shell
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join("work").join(name)
    }

    /// Puts a file under version control.
    fn commit(&self, name: &str, content: &str) {
        fs::create_dir_all(self.path(name).parent().unwrap()).unwrap();
        fs::write(self.path(name), content).unwrap();
        assert!(self.run(&format!("git add {name}"), &[]).status.success());
    }

    fn run(&self, commands: &str, environment: &[(&str, &str)]) -> Output {
        let path = format!(
            "{}:{}",
            self.0.path().join("bin").display(),
            std::env::var("PATH").unwrap()
        );
        Command::new("sh")
            .args(["-euc", commands])
            .current_dir(self.0.path().join("work"))
            .env_clear()
            .envs([
                ("PATH", path.as_str()),
                ("GIT_CONFIG_GLOBAL", "/dev/null"),
                ("GIT_CONFIG_NOSYSTEM", "1"),
            ])
            .envs(environment.iter().copied())
            .output()
            .unwrap()
    }

    fn calls(&self) -> String {
        fs::read_to_string(self.0.path().join("calls")).unwrap_or_default()
    }
}

/// The URLs of a database of each kind that there is.
struct Databases {
    urls: Vec<String>,
    _files: tempfile::TempDir,
    _postgres: Option<forest_test_postgres::Database>,
}

async fn databases() -> Databases {
    let files = tempfile::tempdir().unwrap();
    let mut urls = vec![format!("sqlite://{}/lender.sqlite?mode=rwc", files.path().display())];
    let postgres = forest_test_postgres::database().await;
    urls.extend(
        postgres
            .as_ref()
            .map(|database| database.connect_options().to_url_lossy().to_string()),
    );
    Databases {
        urls,
        _files: files,
        _postgres: postgres,
    }
}

#[actix_web::test]
async fn the_steps_of_ci_run_and_find_an_old_schema() {
    let text = deployed("ci.yaml");
    let ci = yaml(&text);
    let job = &ci["jobs"]["lender"];
    let folder = job["env"]["FOREST_SCHEMA_DIR"].as_str().unwrap();
    let file = format!("{folder}/{SCHEMA}");
    let steps = job["steps"].as_vec().unwrap();
    let steps: Vec<&str> = steps
        .iter()
        .filter_map(|step| step.as_mapping_get("run")?.as_str())
        .collect();
    let (cargo, image): (Vec<&str>, Vec<&str>) = steps.iter().partition(|step| !step.starts_with("docker "));
    assert_eq!((cargo.len(), image.len()), (3, 1));
    let dockerfile = image[0].split(' ').find(|word| word.ends_with("/Dockerfile")).unwrap();
    assert!(repository().join(dockerfile).exists());

    let databases = databases().await;
    for url in &databases.urls {
        let environment = [("DATABASE_URL", url.as_str()), ("FOREST_SCHEMA_DIR", folder)];
        let current = crate::text(&file);
        for (committed, succeeds) in [
            (current.clone(), true),
            (current.replace("Write off", "Write it off"), false),
        ] {
            let shell = Shell::new();
            shell.commit(&file, &committed);
            let outputs: Vec<Output> = cargo.iter().map(|step| shell.run(step, &environment)).collect();
            let all_succeed = outputs.iter().all(|output| output.status.success());
            assert_eq!(all_succeed, succeeds, "{url}: {outputs:#?}");
            assert_eq!(fs::read_to_string(shell.path(&file)).unwrap(), current);
            let calls = shell.calls();
            assert!(
                calls.lines().all(|call| call.contains("--locked --package lender")),
                "{calls}"
            );
        }
    }
}

#[test]
fn the_check_of_the_schema_in_the_book_finds_an_old_file() {
    let page = text("docs/schema.md");
    let section = page.split("## Checking the committed file").nth(1).unwrap();
    let recipe = section.split("```sh\n").nth(1).unwrap().split("```").next().unwrap();
    let files = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/lender.sqlite?mode=rwc", files.path().display());
    let current = deployed(SCHEMA);
    for (committed, succeeds) in [
        (current.clone(), true),
        (current.replace("Write off", "Write it off"), false),
    ] {
        let shell = Shell::new();
        shell.commit(SCHEMA, &committed);
        let output = shell.run(recipe, &[("DATABASE_URL", &url)]);
        assert_eq!(output.status.success(), succeeds, "{output:?}");
        let difference = String::from_utf8(output.stdout).unwrap();
        assert_eq!(difference.contains("Write it off"), !succeeds, "{difference}");
    }
}

#[test]
fn the_build_step_of_the_dockerfile_runs() {
    let instructions = instructions();
    let build = instructions.iter().find(|line| line.contains("cargo build")).unwrap();
    let commands: Vec<&str> = build
        .split_whitespace()
        .skip(1)
        .filter(|word| !word.starts_with("--mount="))
        .collect();
    let shell = Shell::new();
    // the image's own folder of programs is one of this test
    let commands = commands.join(" ").replace("/usr/local/bin/", "installed-");
    let output = shell.run(&commands, &[]);
    assert!(output.status.success(), "{commands}: {output:?}");
    assert_eq!(shell.calls(), "build --release --locked --package lender\n");
    assert!(shell.path("installed-lender").exists());
}

/// The program as the image starts it.
struct Running {
    child: Child,
    log: Receiver<String>,
    address: SocketAddr,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _ended = self.child.wait();
    }
}

impl Running {
    fn start(directory: &Path, fake: &FakeForest, database: &str) -> (Self, Vec<String>) {
        let mut child = Command::new(LENDER)
            .current_dir(directory)
            .env_clear()
            .env("NO_COLOR", "1")
            .env("ADDRESS", "127.0.0.1:0")
            .env("APPLICATION_URL", "http://localhost:3310")
            .env("DATABASE_URL", database)
            .env("FOREST_AUTH_SECRET", fake.auth_secret())
            .env("FOREST_ENV_SECRET", fake.env_secret())
            .env("FOREST_URL", fake.url())
            // as in a build with optimisations
            .env("FOREST_ENVIRONMENT", "production")
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stderr.take().unwrap())
            .lines()
            .map_while(Result::ok);
        let (sender, log) = channel();
        std::thread::spawn(move || lines.for_each(|line| drop(sender.send(line))));
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        let mut running = Self { child, log, address };
        let mut start = Vec::new();
        loop {
            let line = running.log.recv_timeout(Duration::from_secs(60));
            let line = line.unwrap_or_else(|error| panic!("{error}: {start:#?}"));
            let address = line
                .split_once("addresses=[")
                .map(|(_, rest)| rest.trim_end_matches(']').parse().unwrap());
            start.push(line);
            if let Some(address) = address {
                running.address = address;
                return (running, start);
            }
        }
    }

    /// The answer to a request, whose body is sent after `before_the_body` has run.
    fn request(&self, head: &str, body: &str, before_the_body: impl FnOnce()) -> String {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let length = body.len();
        write!(
            stream,
            "{head}\r\nhost: localhost\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\nexpect: 100-continue\r\n\r\n"
        )
        .unwrap();
        let expected = b"HTTP/1.1 100 Continue\r\n\r\n";
        let mut proceed = vec![0; expected.len()];
        stream.read_exact(&mut proceed).unwrap();
        assert_eq!(proceed, expected);
        // the program has the request, and waits for its body
        before_the_body();
        stream.write_all(body.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }
}

#[actix_web::test]
async fn the_image_serves_in_production_and_ends_gracefully() {
    let databases = databases().await;
    for url in &databases.urls {
        let fake = FakeForest::builder()
            .user(FakeUser::new(1, "ada@example.com").role("Admin"))
            .role("Admin", |role| role.may_do_everything());
        let fake = fake.start().await.unwrap();
        let image = tempfile::tempdir().unwrap();
        fs::write(image.path().join(SCHEMA), deployed(SCHEMA)).unwrap();
        let (mut program, start) = Running::start(image.path(), &fake, url);
        let is_quiet = |line: &&String| line.contains(" ERROR ") || line.contains(" WARN ");
        let reported: Vec<&String> = start.iter().filter(is_quiet).collect();
        // the fake server is reached by plain HTTP
        assert!(reported.iter().all(|line| line.contains("FOREST_URL")), "{reported:#?}");
        fake.wait_for("POST /forest/apimaps", 1).await.unwrap();

        let health = instructions()
            .into_iter()
            .find(|line| line.starts_with("HEALTHCHECK "))
            .unwrap();
        let (_, probe) = health.split_once(":3310").unwrap();
        let probe = probe.split('"').next().unwrap();
        let ready = program.request(&format!("GET {probe} HTTP/1.1"), "", || {});
        assert!(ready.starts_with("HTTP/1.1 200 "), "{ready}");

        let token = fake.user_token(1).sign();
        let head = format!("POST /forest/actions/impersonate HTTP/1.1\r\nauthorization: Bearer {token}");
        let body = r#"{"data":{"attributes":{"collection_name":"customers","ids":["1"],"values":{}}}}"#;
        let id = program.child.id().to_string();
        let answer = program.request(&head, body, || {
            assert!(
                Command::new("kill")
                    .args(["-s", "TERM", &id])
                    .status()
                    .unwrap()
                    .success()
            );
        });
        assert!(
            answer.starts_with("HTTP/1.1 200 ") && answer.contains("Signing in"),
            "{answer}"
        );
        assert_eq!(program.child.wait().unwrap().code(), Some(0));
    }
}
