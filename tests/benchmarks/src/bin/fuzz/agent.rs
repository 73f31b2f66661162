//! The agents under test: one in local mode and one that is connected, over one database with a column of each type.

use std::sync::mpsc;

use actix_web::{App, HttpServer};
use forest_actions::prelude::*;
use forest_actions::records::{Filter, Operator, RelationModel, SqlRecords, ValueType, read_on};
use forest_actions::testing::{ApprovalRequest, FakeForest, FakeUser};
use forest_actions::{FormState, HookResult, LocalRole, LocalUser, Records, Selection};
use forest_actions_benchmarks::Outcome;
use futures_util::TryStreamExt as _;
use serde_json::{Value, json};
use sqlx::postgres::PgPoolOptions;
use sqlx::sqlite::SqlitePoolOptions;
use sqlx::{PgPool, SqlitePool};

/// A live query that local roles grant.
pub(crate) const LIVE_QUERY: &str = "SELECT id FROM companies WHERE name LIKE 'C%'";

const SQLITE: &str = "
    CREATE TABLE companies (
        id INTEGER PRIMARY KEY, name TEXT NOT NULL, note TEXT, status TEXT, balance REAL, amount DECIMAL(10,2), size BIGINT,
        created_at DATETIME, founded DATE, opens TIME, token UUID, data JSON, is_live BOOLEAN, bytes BLOB, parent_id INTEGER REFERENCES companies (id)
    );
    CREATE TABLE customers (id UUID PRIMARY KEY, name TEXT, company_id INTEGER REFERENCES companies (id));
    CREATE TABLE assignments (
        company_id INTEGER NOT NULL REFERENCES companies (id), customer_id UUID NOT NULL REFERENCES customers (id), label TEXT,
        PRIMARY KEY (company_id, customer_id)
    );
    CREATE TABLE places (name TEXT PRIMARY KEY, code TEXT);
    CREATE VIEW totals AS SELECT status, count(*) AS companies FROM companies GROUP BY status;
    WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 300)
    INSERT INTO companies SELECT i, 'Company ' || i, CASE WHEN i % 3 THEN 'é 100%_' || i END, CASE i % 3 WHEN 0 THEN 'live' ELSE 'pending' END,
        i * 1.5, i * 2.25, i * 1000000007, datetime(1700000000 + i * 86400, 'unixepoch'), date(1700000000 + i * 86400, 'unixepoch'), '10:30:00',
        printf('c0000000-0000-4000-8000-%012d', i), json_object('a', i), i % 2, CAST('x' AS BLOB), nullif(i / 2, 0) FROM n;
    INSERT INTO customers SELECT printf('a0000000-0000-4000-8000-%012d', id), 'Customer ' || id, id FROM companies WHERE id <= 50;
    INSERT INTO assignments SELECT company_id, id, NULL FROM customers;
    INSERT INTO places VALUES ('a/b', 'x'), ('a|b', 'y'), ('50% é', NULL), ('[\"x\"]', 'z'), ('count', ''), ('x.csv', 'q');";

const POSTGRES: &str = "
    CREATE TYPE status AS ENUM ('live', 'pending');
    CREATE TABLE companies (
        id integer PRIMARY KEY, name text NOT NULL, note varchar(100), status status, balance double precision, amount numeric(10,2),
        size bigint, created_at timestamptz, founded date, opens time, token uuid, data jsonb, is_live boolean, bytes bytea,
        parent_id integer REFERENCES companies (id), tags text[], numbers integer[], code char(4), seen timestamp, ratio real, small smallint
    );
    CREATE TABLE customers (id uuid PRIMARY KEY, name text, company_id integer REFERENCES companies (id));
    CREATE TABLE assignments (
        company_id integer NOT NULL REFERENCES companies (id), customer_id uuid NOT NULL REFERENCES customers (id), label text,
        PRIMARY KEY (company_id, customer_id)
    );
    CREATE TABLE places (name text PRIMARY KEY, code text);
    CREATE VIEW totals AS SELECT status, count(*) AS companies FROM companies GROUP BY status;
    INSERT INTO companies SELECT i, 'Company ' || i, CASE WHEN i % 3 > 0 THEN 'é 100%_' || i END, (CASE i % 3 WHEN 0 THEN 'live' ELSE 'pending' END)::status,
        i * 1.5, i * 2.25, i * 1000000007::bigint, to_timestamp(1700000000 + i * 86400), to_timestamp(1700000000 + i * 86400)::date, '10:30:00',
        ('c0000000-0000-4000-8000-' || lpad(i::text, 12, '0'))::uuid, jsonb_build_object('a', i), i % 2 = 0, 'x', nullif(i / 2, 0),
        ARRAY['t' || i, 'é'], ARRAY[i, 1], 'ab', now(), i, i FROM generate_series(1, 300) AS i;
    INSERT INTO customers SELECT ('a0000000-0000-4000-8000-' || lpad(id::text, 12, '0'))::uuid, 'Customer ' || id, id FROM companies WHERE id <= 50;
    INSERT INTO assignments SELECT company_id, id, NULL FROM customers;
    INSERT INTO places VALUES ('a/b', 'x'), ('a|b', 'y'), ('50% é', NULL), ('[\"x\"]', 'z'), ('count', ''), ('x.csv', 'q');";

#[derive(ActionForm)]
struct Everything {
    #[field(max = 1000)]
    amount: i64,
    ratio: Option<f64>,
    #[field(max_length = 50, pattern = "^[a-z ]*$", change = retitled)]
    title: Option<String>,
    is_sure: Option<bool>,
    #[field(max_count = 3)]
    names: Vec<String>,
    #[field(reference = "companies.id")]
    company: Option<i64>,
    data: Option<Value>,
    #[field(max_size = "1 kB")]
    file: Option<forest_actions::FormFile>,
}

async fn opened(mut form: FormState, selection: Selection) -> HookResult {
    let count = selection.count().await?;
    form.field("amount").set_value(count);
    Ok(form)
}

async fn opened_without_fields(form: FormState, selection: Selection) -> HookResult {
    selection.count().await?;
    Ok(form)
}

async fn retitled(mut form: FormState) -> HookResult {
    let title: String = form.value("title").unwrap_or_default();
    form.field("is_sure").set_value(title.len() > 3);
    form.push(FormField::string("more"));
    Ok(form)
}

#[smart_action(collection = "companies", name = "One", kind = "single", load = opened)]
async fn one(id: RecordId<i64>, form: Form<Everything>) -> ActionResult {
    Ok(success(format!(
        "{} {} {:?} {:?} {:?}",
        *id, form.amount, form.title, form.is_sure, form.company
    )))
}

#[smart_action(collection = "companies", name = "Some", kind = "bulk", max_records = 200)]
async fn some(ids: RecordIds<i64>, values: Values) -> String {
    format!("{} {}", ids.len(), values.len())
}

#[smart_action(collection = "companies", name = "Many", kind = "bulk", load = opened_without_fields)]
async fn many(selection: Selection, records: Records<Value>) -> ActionResult {
    let mut count = 0;
    let mut chunks = selection.chunks::<i64>(64);
    while let Some(ids) = chunks.try_next().await? {
        count += ids.len();
    }
    let mut records = records.chunks(100);
    while let Some(rows) = records.try_next().await? {
        count += rows.len();
    }
    Ok(success(format!("{count} {}", selection.count().await?)))
}

#[smart_action(collection = "companies", name = "Together", kind = "bulk")]
async fn together(selection: Selection, database: web::Data<Database>) -> ActionResult {
    let count = match &**database {
        Database::Sqlite(pool) => {
            let mut transaction = pool.begin().await?;
            read_on(&mut transaction, selection.stream::<i64>().try_collect::<Vec<_>>())
                .await?
                .len()
        }
        Database::Postgres(pool) => {
            let mut transaction = pool.begin().await?;
            read_on(&mut transaction, selection.stream::<i64>().try_collect::<Vec<_>>())
                .await?
                .len()
        }
    };
    Ok(success(format!("{count}")))
}

#[smart_action(collection = "companies", name = "None", kind = "global")]
async fn none(form: Form<Everything>) -> String {
    format!(
        "{} {:?} {:?} {}",
        form.names.len(),
        form.ratio,
        form.data,
        form.file.is_some()
    )
}

#[smart_action(collection = "customers", name = "Customer", kind = "bulk")]
async fn customer(ids: RecordIds<String>) -> String {
    ids.join(",")
}

#[smart_action(collection = "assignments", name = "Assignment", kind = "bulk")]
async fn assignment(ids: RecordIds<(i64, String)>) -> String {
    format!("{}", ids.len())
}

#[smart_action(collection = "places", name = "Place", kind = "single")]
async fn place(id: RecordId<String>) -> String {
    id.to_string()
}

#[derive(Clone)]
enum Database {
    Sqlite(SqlitePool),
    Postgres(PgPool),
}

impl Database {
    async fn open(url: Option<&str>) -> Outcome<Self> {
        Ok(match url {
            None => {
                let pool = SqlitePoolOptions::new().max_connections(1).min_connections(1);
                let pool = pool
                    .idle_timeout(None)
                    .max_lifetime(None)
                    .connect("sqlite::memory:")
                    .await?;
                sqlx::raw_sql(SQLITE).execute(&pool).await?;
                Self::Sqlite(pool)
            }
            Some(url) => {
                let pool = PgPoolOptions::new().max_connections(4).connect(url).await?;
                sqlx::raw_sql(POSTGRES).execute(&pool).await?;
                Self::Postgres(pool)
            }
        })
    }

    async fn records(&self) -> Outcome<SqlRecords> {
        let records = match self {
            Self::Sqlite(pool) => SqlRecords::sqlite(pool.clone()).await?,
            Self::Postgres(pool) => SqlRecords::postgres(pool.clone()).await?,
        };
        Ok(records
            .collection("companies", |companies| {
                companies
                    .hide("note")
                    .computed("upper_name", ValueType::Text, "upper(name)")
                    .segment("Live", Filter::leaf("status", Operator::Equal, "live"))
            })
            .collection("assignments", |assignments| {
                assignments.relation(RelationModel::belongs_to("owner", "companies", "company_id", "id"))
            }))
    }
}

/// What a client needs to know of the agents.
#[derive(Clone)]
pub(crate) struct Agents {
    pub(crate) local_port: u16,
    pub(crate) connected_port: u16,
    pub(crate) tokens: Vec<String>,
    pub(crate) connected_tokens: Vec<String>,
    pub(crate) fake: FakeForest,
}

impl Agents {
    /// A signed request for these records, with further attributes.
    pub(crate) fn approval(&self, ids: &[String], attributes: Vec<(String, Value)>) -> String {
        let request = ApprovalRequest::new("companies", "Some").records(ids.iter().cloned());
        let token = self.fake.approval_token(2, &request);
        let token = attributes
            .into_iter()
            .fold(token, |token, (name, value)| token.attribute(&name, value));
        token.sign()
    }
}

/// Starts the agents on a thread of their own.
///
/// # Errors
/// A database or port that is not there.
pub(crate) fn start(database: Option<String>) -> Outcome<Agents> {
    let (started, agents) = mpsc::channel();
    std::thread::spawn(move || {
        actix_web::rt::System::new().block_on(async move {
            let served = serve(database.as_deref(), &started).await;
            if let Err(error) = served {
                let _gone = started.send(Err(error.to_string()));
            }
        });
    });
    Ok(agents.recv()??)
}

async fn serve(url: Option<&str>, started: &mpsc::Sender<Result<Agents, String>>) -> Outcome {
    let database = Database::open(url).await?;
    let records = database.records().await?;
    let actions = || actions![one, some, many, together, none, customer, assignment, place];
    let scoped = LocalRole::new("Scoped")
        .scope("companies", Filter::leaf("id", Operator::LessThan, 50))
        .deny_browsing("places");
    let local = Forest::builder()
        .schema_file(false)
        .actions(actions())
        .records(records.clone())
        .local_user(LocalUser::new(1, "a@example.com"))
        .local_user(LocalUser::new(2, "b@example.com").role("Scoped"))
        .local_role(LocalRole::new("Admin").live_query("companies", LIVE_QUERY))
        .local_role(scoped)
        .start()
        .await?;
    let fake = FakeForest::builder()
        .user(FakeUser::new(1, "a@example.com").role("Admin"))
        .user(FakeUser::new(2, "b@example.com").role("Support"))
        .role("Admin", |role| {
            role.may_do_everything().may_approve("companies", "Some")
        })
        .role("Support", |role| {
            let role = role.may_browse("companies").may_trigger("companies", "Some");
            let small =
                json!({"aggregator": "and", "conditions": [{"field": "id", "operator": "less_than", "value": 9}]});
            role.may_trigger_if("companies", "Many", small)
                .requires_approval("companies", "Some")
        })
        .start()
        .await?;
    let connected = Forest::builder()
        .schema_file(false)
        .env_secret(fake.env_secret())
        .auth_secret(fake.auth_secret())
        .server_url(fake.url())
        .actions(actions())
        .records(records)
        .start()
        .await?;
    let mut ports = Vec::new();
    for forest in [local.clone(), connected] {
        let database = web::Data::new(database.clone());
        let server = HttpServer::new(move || App::new().app_data(database.clone()).configure(forest.routes()));
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0))?;
        ports.push(server.addrs()[0].port());
        actix_web::rt::spawn(server.run());
    }
    let _waits = started.send(Ok(Agents {
        local_port: ports[0],
        connected_port: ports[1],
        tokens: vec![local.local_token(1)?, local.local_token(2)?],
        connected_tokens: vec![fake.user_token(1).sign(), fake.user_token(2).sign()],
        fake,
    }));
    std::future::pending::<()>().await;
    Ok(())
}
