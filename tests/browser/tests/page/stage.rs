//! A program for one test: records in memory, the actions of `actions`, the page, and a browser.

use std::net::TcpListener;
use std::sync::mpsc;
use std::sync::{Arc, Mutex, Once};

use actix_web::dev::ServerHandle;
use actix_web::{App, HttpServer, web};
use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, RelationModel, ValueType, Writable};
use forest_actions::testing::FakeForest;
use forest_actions::{Environment, Forest, LocalUser, PlaygroundLog};
use forest_test_browser::{Browser, Page};
use serde_json::{Value, json};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::{actions, hooks, links, slips, tables, writing};

/// What the actions and the webhook have got.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// One for each action that ran.
    pub(crate) values: Mutex<Vec<Value>>,
    /// One for each call of the webhook: its header `x-team` and its body.
    pub(crate) webhooks: Mutex<Vec<(String, String)>>,
    /// Where the webhook is.
    pub(crate) webhook_url: Mutex<String>,
}

impl Seen {
    pub(crate) fn keep(&self, value: Value) {
        self.values.lock().unwrap().push(value);
    }

    pub(crate) fn last(&self) -> Value {
        self.values.lock().unwrap().last().cloned().unwrap_or_default()
    }
}

/// A running program.
pub(crate) struct Stage {
    pub(crate) browser: Browser,
    pub(crate) seen: Arc<Seen>,
    pub(crate) url: String,
    handle: ServerHandle,
}

impl Stage {
    /// In local mode.
    pub(crate) fn local(test: &str) -> Option<Self> {
        Self::start(test, None)
    }

    /// Connected to a fake Forest server, which the test describes.
    pub(crate) fn connected(test: &str, fake: FakeForest) -> Option<Self> {
        Self::start(test, Some(fake))
    }

    fn start(test: &str, fake: Option<FakeForest>) -> Option<Self> {
        let browser = Browser::start(test)?;
        keep_log_lines();
        let seen = Arc::new(Seen::default());
        let given = seen.clone();
        let (started, is_started) = mpsc::channel();
        std::thread::spawn(move || actix_web::rt::System::new().block_on(serve(given, fake, started)));
        let (url, handle) = is_started.recv().unwrap();
        Some(Self {
            browser,
            seen,
            url,
            handle,
        })
    }

    pub(crate) fn page(&self, person: u64) -> Page<'_> {
        Page::enter(&self.browser, &self.url, person)
    }
}

impl Drop for Stage {
    fn drop(&mut self) {
        drop(self.handle.stop(false));
    }
}

/// Installs the layer from which the page reads log lines, for all tests of this program.
fn keep_log_lines() {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| tracing_subscriber::registry().with(PlaygroundLog::layer()).init());
}

async fn serve(seen: Arc<Seen>, fake: Option<FakeForest>, started: mpsc::Sender<(String, ServerHandle)>) {
    let mut builder = Forest::builder()
        .schema_file(false)
        .actions([actions::all(), hooks::all(), links::all(), slips::all()].concat())
        .records(records())
        // for the links of its records only
        .writable(
            "companies",
            Writable::all().fields(Vec::<String>::new()).create(false).delete(false),
        )
        .writable("notes", Writable::all())
        .environment(Environment::Development);
    builder = match &fake {
        None => builder.local_user(LocalUser::new(1, "ada@example.com").name("Ada", "Lovelace")),
        Some(fake) => builder
            .server_url(fake.url())
            .env_secret(fake.env_secret())
            .auth_secret(fake.auth_secret()),
    };
    let forest = builder.start().await.unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    // another origin than the page's
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    *seen.webhook_url.lock().unwrap() = format!("http://{}/hook", elsewhere.local_addr().unwrap());
    let data = web::Data::from(seen);
    let webhook = data.clone();
    let server = HttpServer::new(move || {
        let page = forest.playground().title("Stage");
        let page = match &fake {
            Some(fake) => page.fake_forest(fake.clone()),
            None => page,
        };
        App::new()
            .app_data(data.clone())
            .configure(forest.routes())
            .configure(page.routes())
    });
    let server = server.workers(1).disable_signals().listen(listener).unwrap().run();
    let hooks = HttpServer::new(move || App::new().app_data(webhook.clone()).route("/hook", web::to(hook)));
    actix_web::rt::spawn(hooks.workers(1).disable_signals().listen(elsewhere).unwrap().run());
    started.send((url, server.handle())).unwrap();
    server.await.unwrap();
}

/// Another application, which lets the page call it.
async fn hook(req: actix_web::HttpRequest, body: String, seen: web::Data<Seen>) -> actix_web::HttpResponse {
    let header = |name: &str| {
        req.headers()
            .get(name)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    if req.method() != actix_web::http::Method::OPTIONS {
        seen.webhooks.lock().unwrap().push((header("x-team"), body));
    }
    actix_web::HttpResponse::Ok()
        .insert_header(("access-control-allow-origin", header("origin")))
        .insert_header(("access-control-allow-credentials", "true"))
        .insert_header(("access-control-allow-headers", "content-type, x-team"))
        .finish()
}

fn records() -> MemoryRecords {
    let companies = CollectionModel::new("companies")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("name", ValueType::Text))
        .key(["id"])
        .relation(RelationModel::has_many("notes", "notes", "id", "company_id").inverse_of("company"));
    let rows = (1..=30)
        .map(|id| json!({"id": id, "name": format!("Company {id:02}")}))
        .collect();
    let (notes, written) = writing::notes();
    let records = MemoryRecords::new()
        .collection(companies, rows)
        .collection(notes, written);
    tables::add(records)
}
