//! Shared support for connected agents: a small project with three people, an agent with records, and a browser that
//! logs in.
//!
//! Names the routes of the Forest server, so that tests can count calls and break them.

use std::time::Duration;

use actix_web::http::header::LOCATION;
use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType};
use forest_actions::testing::{FakeForest, FakeForestBuilder, FakeUser};
use forest_actions::{ActionDescriptor, ForestBuilder};
use serde_json::{Value, json};

use super::{Agent, Answer, Call, ENV_SECRET, SECRET, TestService, companies};

/// People: Ada has all published permissions, the others those granted in the test.
pub(crate) const ADA: u64 = 1;
pub(crate) const SAM: u64 = 2;
pub(crate) const OLGA: u64 = 3;

/// Requests to the Forest server.
pub(crate) const ENVIRONMENT: &str = "GET /liana/v4/permissions/environment";
pub(crate) const USERS: &str = "GET /liana/v4/permissions/users";
pub(crate) const RENDERINGS: &str = "GET /liana/v4/permissions/renderings/:id";
pub(crate) const IP_RULES: &str = "GET /liana/v1/ip-whitelist-rules";
pub(crate) const DISCOVERY: &str = "GET /oidc/.well-known/openid-configuration";
pub(crate) const REGISTRATION: &str = "POST /oidc/reg";
pub(crate) const EXCHANGE: &str = "POST /oidc/token";
pub(crate) const LOOKUP: &str = "GET /liana/v2/renderings/:id/authorization";
pub(crate) const HASH_CHECK: &str = "POST /forest/apimaps/hashcheck";
pub(crate) const UPLOAD: &str = "POST /forest/apimaps";
pub(crate) const EVENTS: &str = "GET /liana/v4/subscribe-to-events";

/// Endpoints of the actions.
pub(crate) const ARCHIVE: &str = "/forest/actions/archive";
pub(crate) const RECOUNT: &str = "/forest/actions/recount";
pub(crate) const INVALIDATION: &str = "/forest/scope-cache-invalidation";

/// A project of Ada (`Admin`), Sam (`Support`) and Olga (`Operations`); initially only Ada has permissions.
pub(crate) async fn project() -> FakeForest {
    project_with(|builder| builder).await
}

/// The same with further settings.
pub(crate) async fn project_with(settings: impl FnOnce(FakeForestBuilder) -> FakeForestBuilder) -> FakeForest {
    let builder = FakeForest::builder()
        .env_secret(ENV_SECRET)
        .auth_secret(SECRET)
        .user(
            FakeUser::new(ADA, "ada@example.com")
                .name("Ada", "Lovelace")
                .role("Admin"),
        )
        .user(
            FakeUser::new(SAM, "sam@example.com")
                .name("Sam", "Porter")
                .role("Support"),
        )
        .user(FakeUser::new(OLGA, "olga@example.com").role("Operations"))
        .role("Admin", |role| role.may_do_everything());
    settings(builder).start().await.unwrap()
}

/// Five companies; two are British, three are rich.
pub(crate) fn company_records() -> MemoryRecords {
    let companies = CollectionModel::new("companies")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("name", ValueType::Text))
        .field(FieldModel::new("country", ValueType::Text))
        .field(FieldModel::new("amount", ValueType::Integer))
        .field(FieldModel::new("vip", ValueType::Boolean))
        .key(["id"]);
    let row = |id: i64, name: &str, country: &str, amount: i64, vip: bool| json!({"id": id, "name": name, "country": country, "amount": amount, "vip": vip});
    MemoryRecords::new().collection(
        companies,
        vec![
            row(1, "Acme", "UK", 100, true),
            row(2, "Globex", "FR", 2_000, false),
            row(3, "Initech", "FR", 500, true),
            row(4, "Umbrella", "US", 50, false),
            row(5, "Hooli", "UK", 5_000, true),
        ],
    )
}

/// A condition, as the Forest server writes it.
pub(crate) fn condition(field: &str, operator: &str, value: impl Into<Value>) -> Value {
    json!({"field": field, "operator": operator, "value": value.into(), "source": "data"})
}

impl Agent {
    /// An agent of this project with the actions and records of companies, without publication.
    pub(crate) async fn of(fake: &FakeForest) -> Self {
        Self::of_with(fake, |builder| builder).await
    }

    /// The same with further settings.
    pub(crate) async fn of_with(fake: &FakeForest, settings: impl FnOnce(ForestBuilder) -> ForestBuilder) -> Self {
        let ours = |builder: ForestBuilder| {
            settings(
                builder
                    .actions(companies())
                    .records(company_records())
                    .schema_upload(false)
                    .schema_file(false),
            )
        };
        Self::connected_to(fake.clone(), ours).await
    }

    /// An agent of this project with other actions, and no records.
    pub(crate) async fn of_actions(
        fake: &FakeForest,
        actions: impl IntoIterator<Item = &'static ActionDescriptor>,
    ) -> Self {
        let settings = |builder: ForestBuilder| builder.actions(actions).schema_upload(false).schema_file(false);
        Self::connected_to(fake.clone(), settings).await
    }
}

impl Call {
    /// The same request in the name of a person of the project.
    pub(crate) fn by(self, fake: &FakeForest, user: u64) -> Self {
        self.bearer(&fake.user_token(user).sign())
    }

    /// With the body of a scope invalidation.
    pub(crate) fn invalidation(fake: &FakeForest, rendering: impl Into<Value>) -> Self {
        let rendering = rendering.into();
        Self::post(INVALIDATION)
            .by(fake, ADA)
            .json(&json!({"renderingId": rendering}))
    }
}

/// An action's message about its records, without the note about missing ones.
pub(crate) fn done(answer: &Answer) -> String {
    let said = answer.success();
    said.split(" (").next().unwrap_or_default().to_owned()
}

/// Moves the clock of this runtime, so that long times need not be waited for.
pub(crate) async fn pass(time: Duration) {
    tokio::time::pause();
    tokio::time::advance(time).await;
    tokio::time::resume();
}

/// Number of requests for permissions, users and renderings.
pub(crate) fn asked(fake: &FakeForest) -> [usize; 3] {
    [ENVIRONMENT, USERS, RENDERINGS].map(|route| fake.count(route))
}

/// Begins a login at an agent below this prefix: where the browser is sent.
pub(crate) async fn begin_login(app: &impl TestService, prefix: &str) -> String {
    let answer = login_start(app, prefix).await;
    assert_eq!(answer.status(), 200, "{answer:?}");
    answer.json()["authorizationUrl"].as_str().unwrap().to_owned()
}

/// The answer to the beginning of a login in rendering 1.
pub(crate) async fn login_start(app: &impl TestService, prefix: &str) -> Answer {
    let call = Call::bare("POST", format!("{prefix}/forest/authentication"))
        .header("content-type", "application/json")
        .json(&json!({"renderingId": 1}));
    call.send(app).await
}

/// Visits the provider, which knows the user; returns the redirect address.
pub(crate) async fn visit(authorization_url: &str) -> String {
    let browser = awc::Client::builder().disable_redirects().finish();
    let answer = browser.get(authorization_url).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), 302, "{answer:?}");
    answer.headers().get(LOCATION).unwrap().to_str().unwrap().to_owned()
}

/// The browser comes back to this address, of which the agent sees the path and the query.
pub(crate) async fn come_back(app: &impl TestService, address: &str) -> Answer {
    let path = address.splitn(4, '/').nth(3).unwrap();
    Call::bare("GET", format!("/{path}"))
        .header("origin", "null")
        .send(app)
        .await
}

/// A whole login.
pub(crate) async fn log_in(app: &impl TestService) -> Answer {
    let address = visit(&begin_login(app, "").await).await;
    come_back(app, &address).await
}
