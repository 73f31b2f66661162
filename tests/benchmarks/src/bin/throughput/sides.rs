//! The sides that are compared, and the one request that all of them answer alike.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use actix_web::web::{self, ServiceConfig};
use forest_actions::prelude::*;
use forest_actions::testing::{FakeForest, FakeUser};
use forest_actions::{Environment, Forest, ForestBuilder, LocalUser};
use forest_actions_benchmarks::Outcome;

use crate::database::Database;
use crate::{hand, work};

/// Signs the session tokens of all sides.
const SECRET: &str = "a secret of the benchmark, known to everybody who reads it";

/// The path and query of the request.
pub(crate) const URI: &str = "/forest/actions/charge?timezone=Europe%2FParis";

/// Where the request claims to come from.
pub(crate) const ORIGIN: &str = "https://app.forestadmin.com";

/// A whole body as the browser sends it: with members that no side needs.
pub(crate) const BODY: &str = concat!(
    r#"{"data":{"attributes":{"collection_name":"companies","values":{"amount":42.5,"note":"thank you"},"ids":["1985"],"#,
    r#""parent_collection_name":null,"parent_collection_id":null,"parent_association_name":null,"all_records":false,"#,
    r#""all_records_subset_query":{"fields[companies]":"id,name,status","page[number]":1,"page[size]":15,"sort":"-id","#,
    r#""timezone":"Europe/Paris"},"all_records_ids_excluded":[],"smart_action_id":"companies-charge","#,
    r#""signed_approval_request":null,"action_intent_params":null},"type":"custom-action-requests"}}"#
);

/// The smart action under test, as a user of the framework writes it.
#[smart_action(collection = "companies", name = "Charge", kind = "single")]
async fn charge(id: RecordId<i64>, values: Values) -> ActionResult {
    let amount: f64 = values.required("amount")?;
    let note: Option<String> = values.optional("note")?;
    query().await;
    Ok(success(message(*id, amount, note.as_deref())))
}

/// Whether handlers wait once, as for a database that answers at once.
static WAITS: AtomicBool = AtomicBool::new(false);

/// Makes the handlers of this process wait once in every request.
pub(crate) fn let_handlers_wait() {
    WAITS.store(true, Ordering::Relaxed);
}

/// What stands for a query in every handler.
pub(crate) async fn query() {
    if WAITS.load(Ordering::Relaxed) {
        tokio::task::yield_now().await;
    }
}

/// The business of the action, the same on all sides.
pub(crate) fn message(id: i64, amount: f64, note: Option<&str>) -> String {
    format!("Company {id} charged ${amount:.2}: {}", note.unwrap_or("-"))
}

/// One way to answer the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Side {
    /// The smart action behind the whole pipeline, in local mode.
    Forest,
    /// The same, connected: roles and IP rules come from a Forest server, and stand in the cache.
    Connected,
    /// A handler written by hand for plain actix-web.
    Hand,
    /// The same, in a task of its own like every smart action: what the isolation costs.
    HandSpawned,
    /// A handler that reads the body and answers fixed bytes: what the server costs by itself.
    Floor,
}

impl Side {
    pub(crate) const ALL: [Self; 5] = [
        Self::Hand,
        Self::Forest,
        Self::Connected,
        Self::HandSpawned,
        Self::Floor,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Forest => "forest",
            Self::Connected => "connected",
            Self::Hand => "hand",
            Self::HandSpawned => "hand-spawned",
            Self::Floor => "floor",
        }
    }

    pub(crate) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.name() == name)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Forest => "smart action",
            Self::Connected => "smart action, connected",
            Self::Hand => "by hand",
            Self::HandSpawned => "by hand, own task",
            Self::Floor => "fixed answer",
        })
    }
}

/// What the sides share: the started agents, one of which also makes the token.
#[derive(Clone)]
pub(crate) struct Sides {
    local: Forest,
    connected: Option<(Forest, Arc<FakeForest>)>,
    database: Option<Database>,
}

impl Sides {
    pub(crate) async fn start() -> Outcome<Self> {
        Ok(Self {
            local: local(Forest::builder()).await?,
            connected: None,
            database: None,
        })
    }

    /// Starts the agent again, with the records of a database.
    pub(crate) async fn over(mut self, database: Database) -> Outcome<Self> {
        self.local = local(Forest::builder().records(database.records().await?)).await?;
        self.database = Some(database);
        Ok(self)
    }

    /// Starts the connected agent as well, and the Forest server that it asks.
    pub(crate) async fn connect(mut self) -> Outcome<Self> {
        let fake = FakeForest::builder()
            .auth_secret(SECRET)
            .user(FakeUser::new(172, "ada@example.com").role("Operations"))
            .role("Operations", |role| {
                role.may_trigger("companies", "Charge")
                    .may_trigger("accounts", "Charge account")
                    .may_browse("accounts")
            })
            .start()
            .await?;
        let mut builder = Forest::builder()
            .auth_secret(SECRET)
            .env_secret(fake.env_secret())
            .server_url(fake.url())
            .environment(Environment::Development)
            .schema_file(false);
        if let Some(database) = &self.database {
            builder = builder.records(database.records().await?);
        }
        self.connected = Some((builder.start().await?, Arc::new(fake)));
        Ok(self)
    }

    /// A session token, valid on all sides for an hour.
    pub(crate) fn token(&self) -> Outcome<String> {
        Ok(self.local.local_token(172)?)
    }

    /// Mounts one side.
    pub(crate) fn mount(&self, side: Side, config: &mut ServiceConfig) {
        const PATH: &str = "/forest/actions/charge";
        if let Some(database) = &self.database {
            config.app_data(web::Data::new(database.clone()));
        }
        match side {
            Side::Forest => {
                config.configure(self.local.routes());
            }
            Side::Connected => {
                if let Some((forest, _)) = &self.connected {
                    config.configure(forest.routes());
                }
            }
            Side::Hand => {
                config
                    .app_data(hand::state(SECRET))
                    .route(PATH, web::post().to(hand::charge))
                    .configure(work::by_hand);
            }
            Side::HandSpawned => {
                config
                    .app_data(hand::state(SECRET))
                    .route(PATH, web::post().to(hand::charge_in_a_task));
            }
            Side::Floor => {
                config.route(PATH, web::post().to(hand::fixed));
            }
        }
    }
}

/// An agent in local mode. Its schema file goes to a directory that is removed at once, because it is not read.
async fn local(builder: ForestBuilder) -> Outcome<Forest> {
    let directory = tempfile::tempdir()?;
    Ok(builder
        .auth_secret(SECRET)
        .schema_path(directory.path().join("schema.json"))
        .local_user(
            LocalUser::new(172, "ada@example.com")
                .name("Ada", "Lovelace")
                .tag("country", "UK"),
        )
        .start()
        .await?)
}
