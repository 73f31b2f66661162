//! How a test's agent starts: connected to a fake Forest server, its schema published, its events on.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::{App, Error};

use super::project::TestForest;
use super::received::Application;
use crate::forest::{Forest, ForestBuilder};
use crate::testing::{FakeForest, FakeForestError};

/// Why a test's agent did not start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TestForestError {
    /// The fake Forest server did not start.
    #[error("the fake Forest server did not start")]
    Fake(#[from] FakeForestError),
    /// The agent refused to start.
    #[error("the agent did not start")]
    Agent(#[from] crate::error::Error),
}

/// The start.
impl TestForest {
    /// Starts an agent that is connected to a [`FakeForest`] of its own, inside of the test's own application.
    ///
    /// `agent` is described as in the program: its actions, its records. The secrets, the address of the Forest server and the
    /// environment are set here, and no schema file is touched. `app` builds the application as the program does, around
    /// [`Forest::routes`]: its data, its middleware, its scopes. It is called in this thread without a port, so that a test can
    /// share what is not `Send` with its handlers, and a paused clock stays paused.
    ///
    /// An application that mounts the agent below a path prefix says so by
    /// [`application_url`](ForestBuilder::application_url), as in production.
    ///
    /// # Errors
    /// The agent refuses its settings or an action; the fake server finds no port.
    pub async fn start<T, B>(agent: ForestBuilder, app: impl FnOnce(&Forest) -> App<T>) -> Result<Self, TestForestError>
    where
        T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
            + 'static,
        T::Service: 'static,
        B: MessageBody + 'static,
    {
        Self::connect(FakeForest::start().await?, agent, app).await
    }

    /// Starts an agent that is connected to this fake server, as [`start`](Self::start) does: for a project that is described
    /// beforehand, or one with two agents.
    ///
    /// # Errors
    /// The agent refuses its settings or an action.
    pub async fn connect<T, B>(
        fake: FakeForest,
        agent: ForestBuilder,
        app: impl FnOnce(&Forest) -> App<T>,
    ) -> Result<Self, TestForestError>
    where
        T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
            + 'static,
        T::Service: 'static,
        B: MessageBody + 'static,
    {
        let subscribers = fake.subscribers();
        let agent = agent.for_a_test(fake.url(), fake.env_secret(), fake.auth_secret());
        let forest = agent.start().await?;
        let app = Application::new(app(&forest)).await;
        let started = Self::new(fake, forest, app);
        started.settle(subscribers).await;
        Ok(started)
    }
}
