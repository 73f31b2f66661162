//! A program whose action touches accounts in chunks, and whose test decides when each chunk may go on.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use forest_actions::prelude::*;
use forest_actions::records::SqlRecords;
use forest_actions::runs::Runs;
use forest_actions::testing::TestForest;
use forest_actions::{ForestBuilder, Run};
use futures_util::TryStreamExt as _;
use serde_json::Value;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions as _, PgPool, SqlitePool};
use tokio::sync::Semaphore;

const FILE: &str = "accounts.sqlite";
/// A lease that ends soon, also while a test looks on.
pub(super) const LEASE: Duration = Duration::from_millis(200);
/// The number of accounts of a chunk.
pub(super) const CHUNK: usize = 10;

/// What handlers and the test share.
#[derive(Default)]
pub(super) struct Bench {
    /// The accounts that handlers have got, in order.
    seen: Mutex<Vec<i64>>,
    /// The account at which the handler panics, or ends with an error, as often as it says.
    pub(super) faults: Mutex<Vec<(i64, Fault)>>,
    /// Closed: chunks go on at once.
    gate: Option<Semaphore>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    Panics,
    Fails,
}

impl Bench {
    /// Chunks wait until the test lets them go on.
    pub(super) fn gated() -> Self {
        Self {
            gate: Some(Semaphore::new(0)),
            ..Self::default()
        }
    }

    pub(super) fn seen(&self) -> Vec<i64> {
        self.seen.lock().unwrap().clone()
    }

    /// Lets chunks go on.
    pub(super) fn allow(&self, chunks: usize) {
        self.gate.as_ref().unwrap().add_permits(chunks);
    }

    async fn wait(&self) {
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
    }

    /// The fault at an account, which is taken out.
    fn fault(&self, id: i64) -> Option<Fault> {
        let mut faults = self.faults.lock().unwrap();
        let place = faults.iter().position(|(at, _)| *at == id)?;
        Some(faults.remove(place).1)
    }

    fn see(&self, ids: &[i64]) -> ActionResult<()> {
        for id in ids {
            self.seen.lock().unwrap().push(*id);
            match self.fault(*id) {
                Some(Fault::Panics) => panic!("account {id}"),
                Some(Fault::Fails) => return Err(std::io::Error::other("no connection").into()),
                None => {}
            }
        }
        Ok(())
    }
}

/// Waits in each chunk once its accounts are seen.
#[smart_action(collection = "accounts", name = "Close", background, wait = "0ms", attempts = 3)]
pub(super) async fn close(selection: Selection, bench: web::Data<Bench>, run: Run) -> ActionResult {
    let mut chunks = selection.chunks::<i64>(CHUNK);
    while let Some(ids) = chunks.try_next().await? {
        bench.see(&ids)?;
        run.progress(format!("at {}", ids[0])).await;
        bench.wait().await;
    }
    Ok(success(if run.is_cancelled() { "stopped" } else { "closed" }))
}

/// Refuses accounts whose number ends in 3, and fails at those in 7.
#[smart_action(collection = "accounts", name = "Check", background, wait = "8s")]
async fn check(selection: Selection, bench: web::Data<Bench>) -> ActionResult<Results> {
    checked(selection, &bench).await
}

/// The same in the request.
#[smart_action(collection = "accounts", name = "Check at once")]
async fn check_at_once(selection: Selection, bench: web::Data<Bench>) -> ActionResult<Results> {
    checked(selection, &bench).await
}

async fn checked(selection: Selection, bench: &Bench) -> ActionResult<Results> {
    let mut results = Results::new();
    let mut chunks = selection.chunks::<i64>(CHUNK);
    while let Some(ids) = chunks.try_next().await? {
        bench.see(&ids)?;
        for id in ids {
            results.record(
                id,
                match id % 10 {
                    3 => refuse("not due"),
                    7 => Err(failure("the bank does not answer").into()),
                    _ => Ok(()),
                },
            );
        }
    }
    Ok(results.message(|results| format!("{} accounts checked", results.done_count())))
}

#[smart_action(
    collection = "accounts",
    name = "Close alone",
    background,
    wait = "0ms",
    one_at_a_time
)]
async fn close_alone(selection: Selection, bench: web::Data<Bench>) -> ActionResult {
    let mut chunks = selection.chunks::<i64>(CHUNK);
    while let Some(ids) = chunks.try_next().await? {
        bench.see(&ids)?;
        bench.wait().await;
    }
    Ok(success("closed"))
}

#[smart_action(collection = "accounts", name = "Close many", background(over = 20), wait = "0ms")]
async fn close_many(selection: Selection, bench: web::Data<Bench>, run: Run) -> ActionResult {
    let mut chunks = selection.chunks::<i64>(CHUNK);
    while let Some(ids) = chunks.try_next().await? {
        bench.see(&ids)?;
    }
    Ok(success(format!("closed, {}", run.is_background())))
}

/// Counts touches of each account; with `exactly`, in one transaction with the checkpoint.
#[derive(ActionForm)]
struct Touch {
    exactly: bool,
    chunk: u32,
}

#[smart_action(collection = "accounts", name = "Touch", background, wait = "0ms")]
async fn touch(
    selection: Selection,
    form: Form<Touch>,
    run: Run,
    bench: web::Data<Bench>,
    sqlite: web::Data<Option<SqlitePool>>,
    postgres: web::Data<Option<PgPool>>,
) -> ActionResult {
    let mut chunks = selection.chunks::<i64>(form.chunk as usize);
    while let Some(ids) = chunks.try_next().await? {
        let list = ids.iter().map(i64::to_string).collect::<Vec<_>>().join(",");
        let update = format!("UPDATE accounts SET touched = touched + 1 WHERE id IN ({list})");
        macro_rules! touch {
            ($pool:expr) => {{
                let mut transaction = $pool.begin().await?;
                sqlx::query(AssertSqlSafe(update))
                    .execute(&mut *transaction)
                    .await?;
                if form.exactly {
                    run.checkpoint_in(&mut transaction).await?;
                }
                transaction.commit().await?;
            }};
        }
        match (&**sqlite, &**postgres) {
            (Some(pool), _) => touch!(pool),
            (_, Some(pool)) => touch!(pool),
            (None, None) => {}
        }
        bench.see(&ids)?;
        bench.wait().await;
    }
    Ok(success("touched"))
}

#[derive(ActionForm)]
struct Upload {
    file: FormFile,
}

#[derive(ImportRow)]
struct NewAccount {
    id: i64,
}

/// Waits in each row, and refuses ids that end in 3.
#[smart_action(collection = "accounts", name = "Import", kind = "global", background, wait = "8s")]
async fn import(form: Form<Upload>, bench: web::Data<Bench>) -> ActionResult<ImportReport> {
    let rows = form.file.import::<NewAccount>();
    rows.each(async |account| {
        bench.see(&[account.id])?;
        bench.wait().await;
        match account.id % 10 {
            3 => refuse("already there"),
            _ => Ok(()),
        }
    })
    .await
}

/// The same, without a wait for its end.
#[smart_action(
    collection = "accounts",
    name = "Import later",
    kind = "global",
    background,
    wait = "0ms"
)]
async fn import_later(form: Form<Upload>, bench: web::Data<Bench>) -> ActionResult<ImportReport> {
    import(form, bench).await
}

/// Holds the row of its run for longer than between two heartbeats.
#[smart_action(collection = "accounts", name = "Hold", background, wait = "0ms")]
async fn hold(
    selection: Selection,
    run: Run,
    sqlite: web::Data<Option<SqlitePool>>,
    postgres: web::Data<Option<PgPool>>,
) -> ActionResult {
    let mut chunks = selection.chunks::<i64>(CHUNK);
    while chunks.try_next().await?.is_some() {
        macro_rules! hold {
            ($pool:expr) => {{
                let mut transaction = $pool.begin().await?;
                run.checkpoint_in(&mut transaction).await?;
                run.progress("holding").await;
                tokio::time::sleep(LEASE).await;
                transaction.commit().await?;
            }};
        }
        match (&**sqlite, &**postgres) {
            (Some(pool), _) => hold!(pool),
            (_, Some(pool)) => hold!(pool),
            (None, None) => {}
        }
    }
    Ok(success("held"))
}

#[smart_action(collection = "accounts", name = "Forget", background, wait = "8s")]
async fn forget(_selection: Selection) -> ActionResult {
    Ok(success("nothing read"))
}

#[smart_action(collection = "accounts", name = "Read twice", background, wait = "8s", attempts = 1)]
async fn read_twice(selection: Selection) -> ActionResult {
    let _: Vec<i64> = selection.stream::<i64>().try_collect().await?;
    let _: Vec<i64> = selection.stream::<i64>().try_collect().await?;
    Ok(success("read"))
}

/// What is removed with the pool; `None` in another process.
type Owned<T> = Option<T>;

/// The databases of a test.
pub(super) enum Pools {
    Sqlite(
        SqlitePool,
        #[allow(dead_code, reason = "dropped")] Owned<tempfile::TempDir>,
    ),
    Postgres(
        PgPool,
        #[allow(dead_code, reason = "dropped")] Owned<forest_test_postgres::Database>,
    ),
}

impl Pools {
    /// Each database that is there, with `accounts` accounts.
    pub(super) async fn each(accounts: i64) -> Vec<Self> {
        let directory = tempfile::tempdir().unwrap();
        let sqlite = Self::sqlite(&directory.path().join(FILE)).await;
        let mut all = vec![Self::Sqlite(sqlite, Some(directory))];
        if let Some(database) = forest_test_postgres::database().await {
            all.push(Self::Postgres(PgPool::clone(&database), Some(database)));
        }
        for pools in &all {
            pools
                .execute("CREATE TABLE accounts (id BIGINT PRIMARY KEY, touched BIGINT NOT NULL DEFAULT 0)")
                .await;
            let rows: Vec<String> = (1..=accounts).map(|id| format!("({id})")).collect();
            pools
                .execute(&format!("INSERT INTO accounts (id) VALUES {}", rows.join(",")))
                .await;
        }
        all
    }

    async fn sqlite(file: &Path) -> SqlitePool {
        let options = SqliteConnectOptions::new()
            .filename(file)
            .create_if_missing(true)
            .foreign_keys(true)
            .journal_mode(SqliteJournalMode::Wal)
            // like the PostgreSQL of the tests: a slow disk must not decide
            .synchronous(SqliteSynchronous::Off);
        let pool = SqlitePoolOptions::new().max_connections(4);
        pool.connect_with(options).await.unwrap()
    }

    /// Where [`opened`](Self::opened) finds the database.
    pub(super) fn place(&self) -> String {
        match self {
            Self::Sqlite(pool, _) => pool.connect_options().get_filename().to_str().unwrap().to_owned(),
            Self::Postgres(pool, _) => pool.connect_options().to_url_lossy().to_string(),
        }
    }

    /// The database of another process.
    pub(super) async fn opened(place: &str) -> Self {
        match place.starts_with("postgres") {
            true => Self::Postgres(PgPool::connect(place).await.unwrap(), None),
            false => Self::Sqlite(Self::sqlite(Path::new(place)).await, None),
        }
    }

    pub(super) async fn execute(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(pool, _) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
            Self::Postgres(pool, _) => drop(sqlx::query(sql).execute(pool).await.unwrap()),
        }
    }

    pub(super) async fn numbers(&self, sql: &str) -> Vec<i64> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(pool, _) => sqlx::query_scalar(sql).fetch_all(pool).await.unwrap(),
            Self::Postgres(pool, _) => sqlx::query_scalar(sql).fetch_all(pool).await.unwrap(),
        }
    }

    pub(super) async fn texts(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match self {
            Self::Sqlite(pool, _) => sqlx::query_scalar(sql).fetch_all(pool).await.unwrap(),
            Self::Postgres(pool, _) => sqlx::query_scalar(sql).fetch_all(pool).await.unwrap(),
        }
    }

    pub(super) fn runs(&self) -> Runs {
        match self {
            Self::Sqlite(pool, _) => Runs::sqlite(pool.clone()),
            Self::Postgres(pool, _) => Runs::postgres(pool.clone()),
        }
    }

    pub(super) async fn records(&self) -> SqlRecords {
        match self {
            Self::Sqlite(pool, _) => SqlRecords::sqlite(pool.clone()).await.unwrap(),
            Self::Postgres(pool, _) => SqlRecords::postgres(pool.clone()).await.unwrap(),
        }
    }

    pub(super) async fn builder(&self, runs: Runs) -> ForestBuilder {
        Forest::builder()
            .actions(actions![
                close,
                check,
                check_at_once,
                close_alone,
                close_many,
                touch,
                forget,
                hold,
                import,
                import_later,
                read_twice
            ])
            .records(self.records().await)
            .schema_file(false)
            .runs(runs)
    }

    /// The application around an agent.
    pub(super) fn app(
        &self,
        forest: &Forest,
        bench: &web::Data<Bench>,
    ) -> App<
        impl actix_web::dev::ServiceFactory<
            actix_web::dev::ServiceRequest,
            Config = (),
            Response = actix_web::dev::ServiceResponse,
            Error = actix_web::Error,
            InitError = (),
        > + use<>,
    > {
        let (sqlite, postgres) = match self {
            Self::Sqlite(pool, _) => (Some(pool.clone()), None),
            Self::Postgres(pool, _) => (None, Some(pool.clone())),
        };
        App::new()
            .app_data(bench.clone())
            .app_data(web::Data::new(sqlite))
            .app_data(web::Data::new(postgres))
            .configure(forest.routes())
    }

    /// An agent with one worker.
    pub(super) async fn start(&self, bench: &web::Data<Bench>) -> TestForest {
        self.start_with(self.runs(), bench).await
    }

    pub(super) async fn start_with(&self, runs: Runs, bench: &web::Data<Bench>) -> TestForest {
        let builder = self.builder(runs).await;
        TestForest::start(builder, |forest| self.app(forest, bench))
            .await
            .unwrap()
    }
}

use actix_web::App;

/// The id of the run that an answer is about.
pub(super) fn run_id(answer: &forest_actions::testing::TestAnswer) -> String {
    answer.json()["run"]["id"].as_str().unwrap().to_owned()
}

/// A test gives up when nothing happens for this long, which no loaded machine reaches.
const PATIENCE: Duration = Duration::from_secs(60);

/// Looks every few milliseconds until what is seen meets `is_met`; the time starts again with each change.
pub(super) async fn eventually<T: PartialEq + std::fmt::Debug>(
    mut look: impl AsyncFnMut() -> T,
    is_met: impl Fn(&T) -> bool,
) -> T {
    let (mut last, mut changed) = (look().await, Instant::now());
    while !is_met(&last) {
        assert!(changed.elapsed() < PATIENCE, "nothing happens any more: {last:?}");
        tokio::time::sleep(Duration::from_millis(5)).await;
        let now = look().await;
        if now != last {
            (last, changed) = (now, Instant::now());
        }
    }
    last
}

/// The run as programs read it, once `is_met` holds for it.
pub(super) async fn run_when(
    user: &forest_actions::testing::TestUser,
    id: &str,
    is_met: impl Fn(&Value) -> bool,
) -> Value {
    let look = async || {
        let run = user.get(&format!("/forest/_runs/{id}")).await;
        assert_eq!(run.status(), 200, "{}", run.json());
        run.json().clone()
    };
    eventually(look, is_met).await
}

pub(super) async fn ended(user: &forest_actions::testing::TestUser, id: &str) -> Value {
    run_when(user, id, |run| !run["finishedAt"].is_null()).await
}

/// Waits until handlers have seen this many accounts.
pub(super) async fn seen(bench: &Arc<Bench>, count: usize) {
    eventually(async || bench.seen().len(), |seen| *seen >= count).await;
}
