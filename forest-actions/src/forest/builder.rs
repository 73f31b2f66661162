//! The settings of an agent before its start.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use secrecy::SecretString;

use super::Forest;
use super::plan::{Catalogue, Declarations, Plan, Source};
use super::start::{Own, start};
use crate::audit::Audit;
use crate::clock::Clock;
use crate::config::{Environment, Settings, slips};
use crate::declare::{ActionDescriptor, ChartDescriptor};
use crate::error::Error;
use crate::local::{LocalMode, LocalRole, LocalUser, session_token};
use crate::records::{CollectionModel, RecordSource, Writable};
use crate::response::{Texts, Words};
use crate::runs::Runs;
use crate::schema::{Meta, Schema, Stack, WriteOutcome, write};

/// The settings of an agent, from [`Forest::from_env`] or [`Forest::builder`]. Settings in code win over the environment.
#[derive(Debug, Clone)]
#[must_use]
pub struct ForestBuilder {
    pub(super) settings: Settings,
    declarations: Declarations,
    local: LocalMode,
    clock: Clock,
    texts: Words,
    /// Runs calls to the Forest server on the runtime of the start, for tests, instead of on a thread of their own.
    pub(super) calls_here: bool,
}

impl Default for ForestBuilder {
    fn default() -> Self {
        Self {
            settings: Settings::default(),
            declarations: Declarations {
                actions: None,
                only: None,
                only_charts: None,
                collections: Vec::new(),
                sources: Vec::new(),
                audit: None,
                runs: None,
                writable: Vec::new(),
                meta: Meta {
                    liana: "forest-actions".to_owned(),
                    liana_version: env!("CARGO_PKG_VERSION").to_owned(),
                    stack: Some(Stack::new().engine("rust")),
                },
            },
            local: LocalMode::default(),
            clock: Clock::default(),
            texts: Words::default(),
            calls_here: false,
        }
    }
}

impl ForestBuilder {
    pub(super) fn from_env() -> Result<Self, Error> {
        let mut settings = Settings::from_env(|name| std::env::var(name).ok())?;
        settings.slips = slips(std::env::vars_os().filter_map(|(name, _)| name.into_string().ok()));
        Ok(Self {
            settings,
            ..Self::default()
        })
    }

    /// The secret that signs session tokens. Environment: `FOREST_AUTH_SECRET`. Required when connected;
    /// in local mode a random one is made, which ends the sessions with the process.
    pub fn auth_secret(mut self, secret: impl Into<String>) -> Self {
        self.settings.auth_secret = Some(SecretString::from(secret.into()));
        self
    }

    /// The secret of the Forest Admin environment, 64 characters from 0-9 and a-f; others are a warning. Environment:
    /// `FOREST_ENV_SECRET`. Without it the agent runs in local mode.
    pub fn env_secret(mut self, secret: impl Into<String>) -> Self {
        self.settings.env_secret = Some(SecretString::from(secret.into()));
        self
    }

    /// The Forest server. Environment: `FOREST_URL`, then `FOREST_SERVER_URL`. Default:
    /// `https://api.forestadmin.com`.
    pub fn server_url(mut self, url: impl Into<String>) -> Self {
        self.settings.server_url = Some(url.into());
        self
    }

    /// The public URL of this agent, with any prefix in front of `/forest`: the login redirects browsers to
    /// `<this>/forest/authentication/callback`. Environment: `APPLICATION_URL`. Default: `http://localhost:3310`.
    pub fn application_url(mut self, url: impl Into<String>) -> Self {
        self.settings.application_url = Some(url.into());
        self
    }

    /// The id of a login client that is registered in advance. Environment: `FOREST_CLIENT_ID`. Without it each instance
    /// registers its own, which also works behind a load balancer.
    pub fn client_id(mut self, id: impl Into<String>) -> Self {
        self.settings.client_id = Some(id.into());
        self
    }

    /// Lifetime of cached permissions that no event invalidates, from one minute to one year; other values are clamped with a
    /// warning. Environment: `FOREST_PERMISSIONS_EXPIRATION_IN_SECONDS`. Default: 15 minutes.
    pub fn permissions_lifetime(mut self, lifetime: Duration) -> Self {
        self.settings.server.permissions_lifetime = Some(i64::try_from(lifetime.as_secs()).unwrap_or(i64::MAX));
        self
    }

    /// Maximum number of records in an approval request: a "select all" of more cannot be filed for approval. From 1 to
    /// 100,000; use the limit of your Forest server. Default: 500. Actions that need no approval have no limit.
    pub fn approval_cap(mut self, records: usize) -> Self {
        self.settings.server.approval_cap = Some(records);
        self
    }

    /// Refuses an approval whose `smart_action_id` has none of the known forms of the back office, so that an approval of a
    /// renamed action never runs another one. Default: `false`, which accepts it with a warning. An approval without the id, or with
    /// that of another action, is always refused.
    pub fn strict_approvals(mut self, enabled: bool) -> Self {
        self.settings.strict_approvals = enabled;
        self
    }

    /// The time zone in which the dates of scopes and of the conditions of roles are read, such as "today". Default: the zone of the
    /// request, as in the vendor's agents, so that a caller can shift the day by choosing a zone. Lists stay in the zone of the
    /// request.
    ///
    /// ```
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let forest = forest_actions::Forest::builder().trusted_timezone("Europe/Paris".parse()?);
    /// # let _ = forest;
    /// # Ok(())
    /// # }
    /// ```
    pub fn trusted_timezone(mut self, timezone: Tz) -> Self {
        self.settings.trusted_timezone = Some(timezone);
        self
    }

    /// Starts CSV exports with a byte order mark, by which Excel reads them as UTF-8. Default: `false`, as programs read the mark
    /// as a part of the first heading.
    pub fn csv_byte_order_mark(mut self, enabled: bool) -> Self {
        self.settings.csv_byte_order_mark = enabled;
        self
    }

    /// Timeout of a call to the Forest server, from 1 ms to 2 minutes. Environment: `FOREST_REQUEST_TIMEOUT`,
    /// in milliseconds. Default: 10 seconds.
    pub fn request_timeout(mut self, timeout: Duration) -> Self {
        self.settings.server.request_timeout = Some(timeout);
        self
    }

    /// Timeout of the publication of the schema. Default: 30 seconds, or the
    /// [request timeout](Self::request_timeout) when that is longer.
    pub fn schema_timeout(mut self, timeout: Duration) -> Self {
        self.settings.server.schema_timeout = Some(timeout);
        self
    }

    /// `false` starts without publishing the schema. Environment: `FOREST_DISABLE_AUTO_SCHEMA_APPLY`, where `true`, `1` or
    /// `yes` means `false`.
    pub fn schema_upload(mut self, enabled: bool) -> Self {
        self.settings.server.schema_upload = Some(enabled);
        self
    }

    /// `true` subscribes to the Forest server's events, so that changed permissions take effect at once. Environment:
    /// `FOREST_INSTANT_CACHE_REFRESH`. Default: off, because every proxy on the way must pass an endless response on.
    pub fn events(mut self, enabled: bool) -> Self {
        self.settings.server.events = Some(enabled);
        self
    }

    /// The proxies in front of the program, as addresses and subnets. The forwarding headers of other hosts are ignored. Needed
    /// for the project's IP rules. Environment: `FOREST_TRUSTED_PROXIES`, comma separated.
    pub fn trusted_proxies<I>(mut self, proxies: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.settings.server.trusted_proxies = Some(proxies.into_iter().map(Into::into).collect());
        self
    }

    /// Development writes the schema file at start, production reads the committed one. Environment:
    /// `FOREST_ENVIRONMENT` (`development`, `production`). Default: production for a program built with
    /// optimisations, development otherwise; local mode is development, and production
    /// without an environment secret is refused.
    pub fn environment(mut self, environment: Environment) -> Self {
        self.settings.environment = Some(environment);
        self
    }

    /// The schema file. Environment: `FOREST_SCHEMA_PATH`, or the directory in `FOREST_SCHEMA_DIR`. Default:
    /// `.forestadmin-schema.json` in the working directory.
    pub fn schema_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.settings.schema_path = Some(path.into());
        self
    }

    /// `false` starts without touching the schema file, for tests and for programs that export it by a command.
    pub fn schema_file(mut self, used: bool) -> Self {
        self.settings.schema_file = Some(used);
        self
    }

    /// Origins that may call the agent besides the vendor's own: `https://admin.example.com`, or
    /// `localhost:4200` for any scheme. Environment: `CORS_ORIGINS`, comma separated.
    pub fn cors_origins<I>(mut self, origins: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        self.settings.cors_origins = origins.into_iter().map(Into::into).collect();
        self
    }

    /// `false` leaves CORS to the host application. Environment: `FOREST_CORS_DEACTIVATED`, any
    /// value but `false`, `0`, `no`.
    pub fn cors(mut self, enabled: bool) -> Self {
        self.settings.cors = Some(enabled);
        self
    }

    /// Maximum size of the body of an action or hook, in bytes, with the files in it. Environment:
    /// `FOREST_BODY_LIMIT`. Default: 50 MiB.
    pub fn body_limit(mut self, bytes: usize) -> Self {
        self.settings.body_limit = Some(bytes);
        self
    }

    /// The name and version of the agent in the schema, which calls an agent a "liana". Default: `forest-actions` and this
    /// crate's version.
    #[doc(alias = "liana")]
    pub fn agent(mut self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.declarations.meta.liana = name.into();
        self.declarations.meta.liana_version = version.into();
        self
    }

    /// An alias of [`agent`](Self::agent), after the name of the key in the schema.
    pub fn liana(self, name: impl Into<String>, version: impl Into<String>) -> Self {
        self.agent(name, version)
    }

    /// The stack of the program, for the schema. Default: the engine `rust`.
    pub fn stack(mut self, stack: Stack) -> Self {
        self.declarations.meta.stack = Some(stack);
        self
    }

    /// Describes a collection whose records the program serves itself or nowhere: its fields, relations and segments come into the
    /// schema. Its relations may lead to collections that are not described.
    pub fn collection(mut self, collection: CollectionModel) -> Self {
        self.declarations.collections.push(collection);
        self
    }

    /// The records of the back office: their collections are added to the schema, selections are resolved and checked, and
    /// the agent serves lists of them. An agent has one source.
    pub fn records(mut self, source: impl RecordSource) -> Self {
        self.declarations.sources.push(Source(Arc::new(source)));
        self
    }

    /// Lets the back office create, change and delete the records of a collection. Default: no collection is writable, the
    /// schema says so, and its routes answer 405.
    ///
    /// Every request needs the right of the caller's role, and reaches only records within its scope, before and after the
    /// change. The start is refused for a collection that the record source does not have, or that it cannot write.
    ///
    /// ```
    /// # use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType};
    /// # let companies = CollectionModel::new("companies").field(FieldModel::new("id", ValueType::Integer));
    /// # let companies = companies.field(FieldModel::new("name", ValueType::Text)).key(["id"]);
    /// # let records = MemoryRecords::new().collection(companies, Vec::new());
    /// use forest_actions::Forest;
    /// use forest_actions::records::Writable;
    ///
    /// let forest = Forest::builder()
    ///     .records(records)
    ///     .writable("companies", Writable::all().fields(["name"]).delete(false));
    /// # forest.actions([]).schema().unwrap();
    /// ```
    pub fn writable(mut self, collection: impl Into<String>, writable: Writable) -> Self {
        self.declarations.writable.push((collection.into(), writable));
        self
    }

    /// The words in which [`Results`](crate::Results) are reported. Default: [`English`](crate::English).
    pub fn texts(mut self, texts: impl Texts) -> Self {
        self.texts = Words::of(texts);
        self
    }

    /// Records every run of an action, with its values and outcome for each record. Default: nothing is recorded.
    ///
    /// ```
    /// use forest_actions::Forest;
    /// use forest_actions::audit::{Audit, AuditMemory};
    ///
    /// let trail = AuditMemory::new();
    /// let forest = Forest::builder().audit(Audit::sink(trail.clone()).strict().redact("customers", ["IBAN"]));
    /// # let _ = forest;
    /// ```
    pub fn audit(mut self, audit: Audit) -> Self {
        self.declarations.audit = Some(audit);
        self
    }

    /// Keeps the runs of actions that are declared `background`. Required for such actions; workers carry them out, see
    /// [`Forest::workers`].
    ///
    /// ```no_run
    /// # #[cfg(feature = "sqlite")]
    /// # async fn start(pool: sqlx::SqlitePool) -> Result<(), Box<dyn std::error::Error>> {
    /// use forest_actions::Forest;
    /// use forest_actions::runs::Runs;
    ///
    /// let forest = Forest::builder().runs(Runs::sqlite(pool).browsable().await?).start().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn runs(mut self, runs: Runs) -> Self {
        self.declarations.runs = Some(runs);
        self
    }

    /// The number of workers that [`Forest::workers`] starts in this process, at most 64. Environment: `FOREST_WORKERS`. Default: 1.
    pub fn worker_count(mut self, count: usize) -> Self {
        self.settings.workers = Some(count);
        self
    }

    /// The clock of date filters such as "today", for tests. Session tokens use the system clock.
    pub fn clock(mut self, now: impl Fn() -> DateTime<Utc> + Send + Sync + 'static) -> Self {
        self.clock = Clock::of(now);
        self
    }

    /// Calls the Forest server on the runtime of the start, for tests that pause its clock or collect the log of their own
    /// thread. Otherwise calls run on a thread that no handler can block. Feature `testing`.
    #[cfg(all(feature = "server", feature = "testing"))]
    #[doc(hidden)]
    pub fn calls_on_this_runtime(mut self) -> Self {
        self.calls_here = true;
        self
    }

    /// Serves exactly these actions, named by [`actions!`](crate::actions), instead of all that are linked.
    pub fn actions(mut self, actions: impl IntoIterator<Item = &'static ActionDescriptor>) -> Self {
        self.declarations.actions.get_or_insert_default().extend(actions);
        self
    }

    /// Serves only the actions for which `filter` holds.
    pub fn only(mut self, filter: fn(&ActionDescriptor) -> bool) -> Self {
        self.declarations.only = Some(filter);
        self
    }

    /// Serves only the [charts in code](macro@crate::smart_chart) for which `filter` holds. Default: all that are linked.
    pub fn only_charts(mut self, filter: fn(&ChartDescriptor) -> bool) -> Self {
        self.declarations.only_charts = Some(filter);
        self
    }

    /// Adds a user of local mode. Default: id 1, `admin@localhost`, role `Admin`.
    pub fn local_user(mut self, user: LocalUser) -> Self {
        self.local.users.push(user);
        self
    }

    /// Limits a role of local mode.
    pub fn local_role(mut self, role: LocalRole) -> Self {
        self.local.roles.push(role);
        self
    }

    /// The schema of the code, without a server, a secret or a file: for `schema` commands and CI.
    ///
    /// # Errors
    /// [`Error::Actions`] with every action that cannot be served.
    pub fn schema(&self) -> Result<Schema, Error> {
        Catalogue::new(&self.declarations).map(|catalogue| catalogue.schema)
    }

    /// Writes the schema file, as a start in development does: whole, and only if it differs. For a `schema` command, whose output
    /// would be mixed with log lines, and for the check in CI that the committed file is that of the code.
    ///
    /// ```no_run
    /// # fn main() -> Result<(), forest_actions::Error> {
    /// # let agent = forest_actions::Forest::builder();
    /// agent.write_schema()?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// As [`schema`](Self::schema), and [`Error::SchemaFile`] for a file that cannot be written.
    pub fn write_schema(&self) -> Result<WriteOutcome, Error> {
        let text = self.schema()?.to_file_text();
        Ok(write(self.settings.schema_path(), &text)?)
    }

    /// A session token of local mode without a start, for a `token` command. Only a server with the same authentication secret
    /// accepts it, so one must be set.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting, [`Error::LocalSession`] when the agent would be connected, has no
    /// authentication secret, or the user does not exist.
    pub fn local_token(&self, user_id: u64) -> Result<String, Error> {
        if self.settings.auth_secret.is_none() {
            return Err(Error::LocalSession("set an authentication secret first".to_owned()));
        }
        let config = self.settings.clone().check()?;
        session_token(&config, &self.local.clone().with_default_user().users, user_id)
    }

    /// Checks everything, writes or reads the schema file, and logs the actions that are served.
    ///
    /// Only mistakes in the code or in the configuration stop a start; a schema file that cannot be written or read is
    /// logged as an error.
    ///
    /// # Errors
    /// [`Error::Setting`] for a setting, [`Error::Actions`] with every action that cannot be served.
    pub async fn start(self) -> Result<Forest, Error> {
        self.begin(true).await
    }

    /// Like [`start`](Self::start), without its effects: it does not write the schema file, publish, subscribe to events or
    /// log the start-up report. For commands that inspect an agent, such as [`doctor`](Forest::doctor), while the agent itself
    /// may run elsewhere.
    ///
    /// # Errors
    /// As [`start`](Self::start).
    pub async fn dry_run(self) -> Result<Forest, Error> {
        self.begin(false).await
    }

    async fn begin(self, effects: bool) -> Result<Forest, Error> {
        let plan = Plan::new(self.settings, &self.declarations, self.local)?;
        let audit = match self.declarations.audit {
            Some(audit) => Some(audit.open().await.map_err(|error| Error::Audit(Box::new(error)))?),
            None => None,
        };
        let runs = match self.declarations.runs {
            Some(runs) => Some(runs.open().await.map_err(|error| Error::Runs(Box::new(error)))?),
            None => None,
        };
        let own = Own {
            clock: self.clock,
            texts: self.texts,
            audit,
            runs,
        };
        start(plan, own, self.calls_here, effects).await
    }
}
