//! A demo for one test: the program itself, its database, and a browser.

use std::path::PathBuf;
use std::process::Command;

use forest_test_browser::{Browser, Page, Watched};
use sqlx::{Connection as _, Row as _, SqliteConnection};
use tempfile::TempDir;

/// A running demo.
pub(crate) struct Demo {
    pub(crate) url: String,
    pub(crate) browser: Browser,
    program: Option<Watched>,
    folder: TempDir,
}

impl Demo {
    /// A fresh demo and a browser; prints a note and returns `None` without a browser.
    pub(crate) fn start(test: &str) -> Option<Self> {
        let browser = Browser::start(test)?;
        let folder = tempfile::tempdir().unwrap();
        let mut demo = Self {
            url: String::new(),
            browser,
            program: None,
            folder,
        };
        demo.run("0");
        Some(demo)
    }

    fn run(&mut self, port: &str) {
        let folder = self.folder.path();
        let mut program = Command::new(env!("CARGO_BIN_EXE_live-demo"));
        for (name, _) in std::env::vars() {
            if name.starts_with("FOREST_")
                || ["HOST", "APPLICATION_URL", "CORS_ORIGINS", "RUST_LOG"].contains(&name.as_str())
            {
                program.env_remove(name);
            }
        }
        program.env("PORT", port);
        program.env("DATABASE_URL", format!("sqlite://{}", self.database().display()));
        let mut program = Watched::start(&program, folder, &folder.join("log"), None);
        self.url = program.said(|line| {
            let address = line.trim().strip_prefix("Open ")?;
            Some(address.split_whitespace().next()?.to_owned())
        });
        self.program = Some(program);
    }

    fn database(&self) -> PathBuf {
        self.folder.path().join("demo.sqlite")
    }

    /// A file to upload.
    pub(crate) fn file(&self, name: &str, content: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// The page, as this person.
    pub(crate) fn page(&self, person: u64) -> Page<'_> {
        Page::enter(&self.browser, &self.url, person)
    }

    /// Adds companies until there are so many.
    pub(crate) fn grow(&self, companies: u32) {
        let mut seed = Command::new(env!("CARGO_BIN_EXE_live-demo"));
        seed.args(["seed", "--rows", &companies.to_string()]);
        seed.env("DATABASE_URL", format!("sqlite://{}", self.database().display()));
        let done = seed.output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }

    /// Ends the program.
    pub(crate) fn stop(&mut self) {
        self.program = None;
    }

    /// Starts it again, where it was.
    pub(crate) fn start_again(&mut self) {
        let port = self.url.rsplit(':').next().unwrap().to_owned();
        self.run(&port);
    }

    /// The log of the program.
    pub(crate) fn log(&self) -> String {
        self.program.as_ref().unwrap().errors()
    }

    /// The first column of a result, as texts.
    pub(crate) fn sql(&self, statement: &'static str) -> Vec<String> {
        let url = format!("sqlite://{}", self.database().display());
        actix_web::rt::System::new().block_on(async move {
            let mut connection = SqliteConnection::connect(&url).await.unwrap();
            let rows = sqlx::query(statement).fetch_all(&mut connection).await.unwrap();
            rows.iter().map(|row| row.get_unchecked::<String, _>(0)).collect()
        })
    }

    /// The one text that a statement gives.
    pub(crate) fn value(&self, statement: &'static str) -> String {
        let [value] = <[String; 1]>::try_from(self.sql(statement)).unwrap();
        value
    }
}
