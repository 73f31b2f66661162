//! Shared test support: an agent on its own schema file, tokens of any kind, requests, answers, logs.

pub(crate) mod actions;
mod call;
pub(crate) mod connected;
pub(crate) mod dataset;
pub(crate) mod forms;
mod log;
pub(crate) mod page;
mod protected;
pub(crate) mod records;
pub(crate) mod shop;
mod socket;
pub(crate) mod statements;
mod token;

pub(crate) use actions::{Runs, companies};
pub(crate) use call::{Answer, Call, MARK_AS_LIVE, OFFICIAL, escaped, query_string};
pub(crate) use log::{Line, Log};
pub(crate) use protected::protected_routes;
pub(crate) use socket::{Socket, listen};
pub(crate) use token::{ENV_SECRET, SECRET, claims, epoch, mint, mint_with, token, token_of, token_of_user};

use std::path::PathBuf;

use actix_http::Request;
use actix_web::body::BoxBody;
use actix_web::dev::{Service, ServiceResponse};
use actix_web::{App, test, web};
use forest_actions::testing::FakeForest;
use forest_actions::{ActionDescriptor, Environment, Forest, ForestBuilder};
use tempfile::TempDir;

/// A started agent, the counter that its handlers share, and the directory of its schema file.
pub(crate) struct Agent {
    pub(crate) forest: Forest,
    pub(crate) runs: web::Data<Runs>,
    /// The Forest server of a connected agent.
    fake: Option<FakeForest>,
    directory: TempDir,
}

impl Agent {
    /// An agent in local mode that serves exactly these actions.
    pub(crate) async fn local(actions: impl IntoIterator<Item = &'static ActionDescriptor>) -> Self {
        Self::with(|builder| builder.actions(actions)).await
    }

    /// An agent connected to its own empty Forest server.
    pub(crate) async fn connected(actions: impl IntoIterator<Item = &'static ActionDescriptor>) -> Self {
        let fake = FakeForest::builder().env_secret(ENV_SECRET).auth_secret(SECRET).start();
        Self::connected_to(fake.await.unwrap(), |builder| builder.actions(actions)).await
    }

    /// An agent that is connected to this Forest server, with further settings.
    pub(crate) async fn connected_to(fake: FakeForest, settings: impl FnOnce(ForestBuilder) -> ForestBuilder) -> Self {
        let connect = |builder: ForestBuilder| {
            let builder = builder.env_secret(fake.env_secret()).auth_secret(fake.auth_secret());
            // so that a test captures their log lines, and may stop the clock
            let builder = builder.server_url(fake.url()).calls_on_this_runtime();
            settings(builder.environment(Environment::Development))
        };
        let mut agent = Self::with(connect).await;
        agent.fake = Some(fake);
        agent
    }

    /// The Forest server of a connected agent.
    pub(crate) fn fake(&self) -> &FakeForest {
        self.fake.as_ref().expect("a connected agent")
    }

    /// An agent with further settings, in local mode unless they say otherwise.
    pub(crate) async fn with(settings: impl FnOnce(ForestBuilder) -> ForestBuilder) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let builder = Forest::builder()
            .auth_secret(SECRET)
            .schema_path(directory.path().join("schema.json"));
        Self {
            forest: settings(builder).start().await.unwrap(),
            runs: web::Data::default(),
            fake: None,
            directory,
        }
    }

    /// A minimal application around the agent.
    pub(crate) async fn serve(&self) -> impl TestService {
        test::init_service(App::new().app_data(self.runs.clone()).configure(self.forest.routes())).await
    }

    pub(crate) fn schema_file(&self) -> String {
        std::fs::read_to_string(self.schema_path()).unwrap()
    }

    pub(crate) fn schema_path(&self) -> PathBuf {
        self.directory.path().join("schema.json")
    }
}

/// An application ready for requests.
pub(crate) trait TestService<B = BoxBody>:
    Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error>
{
}

impl<S, B> TestService<B> for S where S: Service<Request, Response = ServiceResponse<B>, Error = actix_web::Error> {}

/// The error text of a failed start.
pub(crate) async fn refusal(actions: impl IntoIterator<Item = &'static ActionDescriptor>) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("schema.json");
    let started = Forest::builder().schema_path(&path).actions(actions).start().await;
    assert!(!path.exists(), "a refused start wrote a schema");
    match started {
        Ok(_) => panic!("the start was not refused"),
        Err(error) => error.to_string(),
    }
}
