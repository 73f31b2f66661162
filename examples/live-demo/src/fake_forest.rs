//! `--with-fake-forest`: a Forest server on this machine, so that the demo runs connected without an account.
//!
//! Defines the project, its people and the initial permissions of their roles. Changes on the server's own page take
//! effect immediately, by an event. Logins need no password, so the server listens on this machine only.

use std::net::SocketAddr;

use anyhow::{Context as _, bail};
use forest_actions::testing::{CollectionRight, FakeForest, FakeForestBuilder, FakeForestError};
use forest_actions::{Environment, ForestBuilder};

use crate::settings::{PEOPLE, Person, Settings};

/// Next to the demo's own port; another one when it is taken.
const PORT: u16 = 3311;

/// The action about which the roles differ.
pub(crate) const CHARGE: (&str, &str) = ("customers", "Charge credit card");

/// Starts the server for a demo at this address.
///
/// # Errors
/// An environment that names another Forest server; no port can be listened on.
pub(crate) async fn start(settings: &Settings, demo: SocketAddr) -> anyhow::Result<FakeForest> {
    if !settings.is_local {
        bail!("`--with-fake-forest` brings a Forest server and its secrets along: unset FOREST_ENV_SECRET");
    }
    let described = |port| project().port(port).agent_url(url(demo)).push_events(true);
    let started = match described(PORT).start().await {
        Err(FakeForestError::Listen { .. }) => described(0).start().await,
        started => started,
    };
    started.context("cannot start the fake Forest server")
}

/// The people of the demo. Admins may do everything and approve, Operations needs an approval to charge a card, Support
/// may not charge at all, and only changes customers.
pub(crate) fn project() -> FakeForestBuilder {
    let (collection, action) = CHARGE;
    let project = FakeForest::builder().project("Live demo");
    let project = PEOPLE
        .iter()
        .map(Person::of_the_project)
        .fold(project, FakeForestBuilder::user);
    project
        .role("Admin", |role| role.may_do_everything().may_approve(collection, action))
        .role("Operations", |role| {
            role.may_do_everything().requires_approval(collection, action)
        })
        .role("Support", |role| {
            role.may_do_everything()
                .may_not_trigger(collection, action)
                .may_not(CollectionRight::Add, "companies")
                .may_not(CollectionRight::Edit, "companies")
                .may_not(CollectionRight::Delete, "companies")
                .may_not(CollectionRight::Add, "customers")
                .may_not(CollectionRight::Delete, "customers")
        })
}

/// The agent, connected to this server; it hears of changes by events.
pub(crate) fn connected(agent: ForestBuilder, fake: &FakeForest, demo: SocketAddr) -> ForestBuilder {
    agent
        .server_url(fake.url())
        .env_secret(fake.env_secret())
        .auth_secret(fake.auth_secret())
        .application_url(url(demo))
        // also in a release build, which is not a production deployment
        .environment(Environment::Development)
        .events(true)
}

/// Public address of the demo.
pub(crate) fn url(demo: SocketAddr) -> String {
    format!("http://{demo}")
}
