//! The agent as a guest: hosts with their own CORS, body readers, limits, scopes and routes.

use actix_cors::Cors;
use actix_web::body::BoxBody;
use actix_web::dev::{Service as _, ServiceRequest, ServiceResponse};
use actix_web::http::header::{CONTENT_LENGTH, HeaderName};
use actix_web::middleware::{ErrorHandlerResponse, ErrorHandlers, Next, from_fn};
use actix_web::{App, HttpMessage as _, HttpResponse, test};
use forest_actions::prelude::*;
use serde_json::json;

use crate::support::connected::{ADA, OLGA, SAM, project};
use crate::support::{Agent, Call, Log, MARK_AS_LIVE, OFFICIAL, actions, companies, token};

#[smart_action(collection = "guests", name = "Sync", kind = "global", endpoint = "/api/erp/sync")]
async fn sync() -> &'static str {
    "synced"
}

#[smart_action(
    collection = "guests",
    name = "Pattern",
    kind = "global",
    endpoint = "/api/{id}/a+b (c)"
)]
async fn pattern() -> &'static str {
    "pattern"
}

#[smart_action(collection = "guests", name = "File", kind = "global")]
async fn file() -> Download {
    Download::new("reçu.pdf", "%PDF")
}

/// Reads the host's application data.
#[smart_action(collection = "guests", name = "Greet", kind = "global")]
async fn greet(greeting: web::Data<String>, req: HttpRequest) -> String {
    format!("{} on {}", **greeting, req.path())
}

/// Reads the body itself, in any position and more than once.
#[smart_action(collection = "guests", name = "Own body", kind = "bulk")]
async fn own_body(
    first: web::Json<serde_json::Value>,
    ids: RecordIds<String>,
    bytes: web::Bytes,
    second: web::Json<serde_json::Value>,
) -> String {
    format!("{} {} {}", first.0 == second.0, ids.join(","), bytes.len())
}

/// Fails unexpectedly.
#[smart_action(collection = "guests", name = "Break", kind = "global")]
async fn breaks() -> ActionResult {
    Err(std::io::Error::other("the disk is gone"))?;
    Ok(success("unreachable"))
}

fn guests() -> [&'static forest_actions::ActionDescriptor; 6] {
    actions![sync, pattern, file, greet, own_body, actions::mark_as_live]
}

async fn host(text: &'static str) -> HttpResponse {
    HttpResponse::Ok().body(text)
}

#[actix_web::test]
async fn net_05_host_cors_sends_each_header_once() {
    let agent = Agent::with(|builder| builder.actions(guests()).cors(false)).await;
    let cors = || {
        let allowed = Cors::default()
            .allowed_origin(OFFICIAL)
            .allow_any_method()
            .allow_any_header();
        allowed
            .supports_credentials()
            .max_age(60)
            .expose_headers(["x-host", "content-disposition"])
    };
    let routes = agent.forest.routes();
    let app = App::new().wrap(cors()).app_data(agent.runs.clone()).configure(routes);
    let app = test::init_service(app).await;
    for call in [
        Call::post(MARK_AS_LIVE),
        Call::post(MARK_AS_LIVE).without("authorization"),
        Call::post("/forest/nowhere"),
        Call::post("/forest/actions/file"),
        Call::preflight(MARK_AS_LIVE, OFFICIAL),
        Call::bare("GET", "/forest").header("origin", OFFICIAL),
        Call::bare("GET", "/forest/healthcheck").header("origin", OFFICIAL),
    ] {
        let answer = call.send(&app).await;
        // `header` fails for one that is there twice
        assert_eq!(answer.header("access-control-allow-origin"), Some(OFFICIAL), "{call:?}");
        assert_eq!(
            answer.header("access-control-allow-credentials"),
            Some("true"),
            "{call:?}"
        );
        let exposed = answer
            .header("access-control-expose-headers")
            .unwrap_or_default()
            .to_ascii_lowercase();
        assert!(exposed.matches("content-disposition").count() < 2, "{exposed}");
    }
    let preflight = Call::preflight(MARK_AS_LIVE, OFFICIAL).send(&app).await;
    assert_eq!(preflight.header("access-control-max-age"), Some("60"), "the host's");
}

#[actix_web::test]
async fn rte_05_a_body_consumed_by_the_host_is_reported() {
    let log = Log::capture();
    let agent = Agent::local(guests()).await;
    let app = App::new().app_data(agent.runs.clone()).configure(agent.forest.routes());
    let app = app.wrap(from_fn(|mut request: ServiceRequest, next: Next<_>| async move {
        let body = request.extract::<web::Bytes>().await?;
        request.headers_mut().insert(CONTENT_LENGTH, body.len().into());
        next.call(request).await
    }));
    let app = test::init_service(app).await;
    let answer = Call::post(MARK_AS_LIVE).send(&app).await;
    assert!(answer.detail(500).starts_with("Unexpected error"));
    assert_eq!(agent.runs.count(), 0);
    let line = log.end();
    assert!(
        line.get("error").contains("the body was read by a middleware"),
        "{line:?}"
    );
    assert!(
        line.get("error").contains("extensions"),
        "and what to do about it: {line:?}"
    );
}

#[actix_web::test]
async fn rte_05_a_host_can_read_and_restore_the_body() {
    let agent = Agent::with(|builder| builder.actions(guests()).body_limit(1_000)).await;
    let app = App::new().app_data(agent.runs.clone()).configure(agent.forest.routes());
    let app = app.wrap(from_fn(|mut request: ServiceRequest, next: Next<_>| async move {
        let body = request.extract::<web::Bytes>().await?;
        request.extensions_mut().insert(body);
        next.call(request).await
    }));
    let app = test::init_service(app).await;
    assert_eq!(
        Call::post(MARK_AS_LIVE).ids(["7"]).send(&app).await.success(),
        "Company 7 is now live!"
    );
    let long = Call::post(MARK_AS_LIVE).body(vec![b' '; 1_001]);
    assert!(long.send(&app).await.detail(413).contains("1000 bytes"));
    let none = Call::post(MARK_AS_LIVE).body("").send(&app).await;
    assert!(none.detail(400).contains("not JSON"));
}

#[actix_web::test]
async fn rte_05_host_body_limits_do_not_apply_to_the_agent() {
    let agent = Agent::local(guests()).await;
    let app = App::new()
        .app_data(agent.runs.clone())
        .app_data(web::PayloadConfig::new(10))
        .app_data(web::JsonConfig::default().limit(10))
        .configure(agent.forest.routes());
    let app = test::init_service(app).await;
    assert_eq!(Call::post(MARK_AS_LIVE).send(&app).await.status(), 200);
    // an extractor of the host's in a handler keeps the host's limit, and answers in the protocol's shape
    Call::post("/forest/actions/own-body").send(&app).await.detail(413);
}

#[actix_web::test]
async fn body_extractors_work_in_any_position_and_twice() {
    let agent = Agent::local(guests()).await;
    let app = agent.serve().await;
    let body = json!({"data": {"attributes": {"ids": ["1", "2"]}}}).to_string();
    let answer = Call::post("/forest/actions/own-body")
        .body(body.clone())
        .send(&app)
        .await;
    assert_eq!(answer.success(), format!("true 1,2 {}", body.len()));
}

#[actix_web::test]
async fn an_agent_below_a_prefix_serves_only_that_prefix() {
    let agent = Agent::local(guests()).await;
    let app = App::new()
        .app_data(agent.runs.clone())
        .app_data(web::Data::new("hello".to_owned()))
        .service(web::scope("/admin").configure(agent.forest.routes()))
        .default_service(web::to(|| host("the host")));
    let app = test::init_service(app).await;
    let call = |path: &str| Call::post(path).ids(["7"]);
    assert_eq!(
        call(&format!("/admin{MARK_AS_LIVE}")).send(&app).await.success(),
        "Company 7 is now live!"
    );
    assert_eq!(
        call("/admin/forest/actions/greet").send(&app).await.success(),
        "hello on /admin/forest/actions/greet"
    );
    assert_eq!(call("/admin/api/erp/sync").send(&app).await.success(), "synced");
    assert_eq!(
        call("/admin/api/%7Bid%7D/a+b%20(c)").send(&app).await.success(),
        "pattern"
    );
    let hook = call(&format!("/admin{MARK_AS_LIVE}/hooks/load")).send(&app).await;
    assert_eq!(hook.json()["fields"], json!([]));
    assert_eq!(
        call("/admin/api/erp/sync/hooks/load").send(&app).await.json()["fields"],
        json!([])
    );
    assert_eq!(
        Call::bare("GET", "/admin/forest").send(&app).await.json()["message"],
        "Agent is running"
    );
    assert_eq!(call("/admin/forest/actions/nowhere").send(&app).await.status(), 404);
    let preflight = Call::preflight("/admin/forest/authentication", "null").send(&app).await;
    assert_eq!(preflight.header("access-control-allow-origin"), Some("null"));
    for path in [
        MARK_AS_LIVE,
        "/api/erp/sync",
        "/admin",
        "/admin/other",
        "/administrators/forest",
        "/admin/admin/forest",
    ] {
        let answer = call(path).send(&app).await;
        assert!(
            matches!((answer.status(), answer.bytes()), (200, b"the host") | (404, b"")),
            "{path}: {answer:?}"
        );
    }
}

/// Protects the host's pages with the host's own key.
async fn host_guard(
    request: ServiceRequest,
    next: Next<BoxBody>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    if request.headers().contains_key("x-host-key") {
        return next.call(request).await;
    }
    Ok(request.into_response(HttpResponse::Unauthorized().body("the host's guard")))
}

/// Puts the host's page in the place of every error.
fn error_page<B>(answer: ServiceResponse<B>) -> actix_web::Result<ErrorHandlerResponse<B>> {
    let (request, answer) = answer.into_parts();
    let page = HttpResponse::build(answer.status()).body(format!("the host's page for {}", answer.status().as_u16()));
    let page = ServiceResponse::new(request, page.map_into_right_body());
    Ok(ErrorHandlerResponse::Response(page))
}

#[actix_web::test]
async fn rte_05_app_04_host_guards_and_error_pages_do_not_change_agent_responses() {
    let fake = project().await;
    fake.role("Support")
        .may_trigger("guests", "Sync")
        .requires_approval("guests", "Sync");
    let role = fake.role("Operations").may_approve("guests", "Sync").id();
    fake.grant("Support", "guests", "Break");
    let agent = Agent::of_actions(&fake, actions![sync, breaks]).await;
    let alone = agent.serve().await;
    let app = App::new()
        .service(
            web::scope("/shop")
                .route("/cart", web::get().to(|| host("the cart")))
                .wrap(from_fn(host_guard))
                .wrap(ErrorHandlers::new().default_handler(error_page)),
        )
        .configure(agent.forest.routes());
    let app = test::init_service(app).await;

    // a reference is new in each answer
    let told = |text: &str| match text.split_once(" with the reference ") {
        Some((before, after)) => format!("{before}{}", after.trim_start_matches(|c| c != '.')),
        None => text.to_owned(),
    };
    let broken = Call::post("/forest/actions/break");
    for (status, call) in [
        (200, Call::post("/api/erp/sync").by(&fake, ADA)),
        (403, Call::post("/api/erp/sync").by(&fake, SAM)),
        (403, Call::post("/api/erp/sync").by(&fake, OLGA)),
        (401, broken.clone().without("authorization")),
        (500, broken.by(&fake, SAM)),
        (404, Call::post("/forest/nowhere").by(&fake, ADA)),
    ] {
        let (there, here) = (call.send(&app).await, call.send(&alone).await);
        assert_eq!((there.status(), here.status()), (status, status), "{call:?}");
        assert_eq!(told(there.text()), told(here.text()), "{call:?}");
        for name in ["content-type", "access-control-allow-origin", "vary"] {
            assert_eq!(there.header(name), here.header(name), "{name} {call:?}");
        }
    }
    let gate = Call::post("/api/erp/sync").by(&fake, SAM).send(&app).await;
    assert_eq!(
        gate.json()["errors"][0]["data"],
        json!({"roleIdsAllowedToApprove": [role]})
    );

    // the host's pages stay protected from users of the agent
    let shop = |path: &str| Call::read(path).by(&fake, ADA);
    for (call, status, text) in [
        (shop("/shop/cart"), 401, "the host's page for 401"),
        (
            shop("/shop/nowhere").header("x-host-key", "k"),
            404,
            "the host's page for 404",
        ),
        (shop("/shop/cart").header("x-host-key", "k"), 200, "the cart"),
    ] {
        let answer = call.send(&app).await;
        assert_eq!((answer.status(), answer.text()), (status, text), "{call:?}");
    }
}

#[actix_web::test]
async fn rte_05_host_routes_work_before_and_after_the_agent() {
    let agent = Agent::local(guests()).await;
    let app = App::new()
        .app_data(agent.runs.clone())
        .route("/before", web::get().to(|| host("before")))
        .configure(agent.forest.routes())
        .route("/", web::get().to(|| host("home")))
        .route("/forestry", web::to(|| host("forestry")))
        .route("/forest.html", web::to(|| host("a page")))
        .route("/api/erp", web::to(|| host("erp")))
        .route("/api/erp/sync/status", web::to(|| host("status")))
        .route("/api/{id}/other", web::to(|| host("other")))
        .route("/shop/api/erp/sync", web::to(|| host("the shop")))
        .service(web::scope("/blog").route("/api/erp/sync/hooks/load", web::to(|| host("the blog"))))
        .default_service(web::to(|| host("default")));
    let app = test::init_service(app).await;
    for (path, expected) in [
        ("/before", "before"),
        ("/", "home"),
        ("/forestry", "forestry"),
        ("/forest.html", "a page"),
        ("/api/erp", "erp"),
        ("/api/erp/sync/status", "status"),
        ("/api/7/other", "other"),
        ("/shop/api/erp/sync", "the shop"),
        ("/blog/api/erp/sync/hooks/load", "the blog"),
        ("/nowhere", "default"),
        ("/shop/forest/actions/sync", "default"),
        ("/api/erp/syncs", "default"),
        ("/api/7/a+b%20(c)", "default"),
    ] {
        let answer = Call::bare("GET", path).header("origin", OFFICIAL).send(&app).await;
        assert_eq!((answer.status(), answer.text()), (200, expected), "{path}");
        assert_eq!(
            answer.names("access-control"),
            [""; 0],
            "{path}: the agent's CORS is for the agent"
        );
        assert_eq!(answer.header("vary"), None, "{path}");
    }
    assert_eq!(Call::post("/api/erp/sync").send(&app).await.success(), "synced");
    assert_eq!(Call::post("/api/erp/sync/").send(&app).await.success(), "synced");
    assert_eq!(Call::post("/api//erp/%73ync").send(&app).await.success(), "synced");
    for path in ["/api/%7Bid%7D/a+b%20(c)", "/api/{id}/a%2Bb%20%28c%29"] {
        assert_eq!(Call::post(path).send(&app).await.success(), "pattern", "{path}");
    }
    let another_verb = Call::bare("GET", "/api/erp/sync");
    assert_eq!(another_verb.send(&app).await.status(), 401, "a stranger learns no more");
    let another_verb = another_verb.bearer(&token());
    assert_eq!(another_verb.send(&app).await.status(), 405);
    let preflight = Call::preflight("/api/erp/sync", OFFICIAL).send(&app).await;
    assert_eq!(preflight.header("access-control-allow-origin"), Some(OFFICIAL));
    assert_eq!(
        Call::post("/forest/nowhere").send(&app).await.status(),
        404,
        "the agent's own 404"
    );
}

#[actix_web::test]
async fn rte_04_an_agent_mounted_twice_is_mounted_once() {
    let agent = Agent::local(guests()).await;
    let app = App::new()
        .app_data(agent.runs.clone())
        .configure(agent.forest.routes())
        .configure(agent.forest.routes())
        .configure(agent.forest.clone().routes());
    let app = test::init_service(app).await;
    let answer = Call::post(MARK_AS_LIVE).ids(["7"]).send(&app).await;
    assert_eq!(
        (answer.success().as_str(), agent.runs.count()),
        ("Company 7 is now live!", 1)
    );
    assert_eq!(answer.header("access-control-allow-origin"), Some(OFFICIAL));
    assert_eq!(Call::post("/api/erp/sync").send(&app).await.success(), "synced");
    assert_eq!(Call::post("/forest/nowhere").send(&app).await.status(), 404);
}

#[actix_web::test]
async fn rte_04_a_shadowed_second_agent_is_logged_as_an_error() {
    let log = Log::capture();
    let (one, other) = (Agent::local(companies()).await, Agent::local(guests()).await);
    let app = App::new().app_data(one.runs.clone()).configure(one.forest.routes());
    let app = test::init_service(app.configure(other.forest.routes())).await;
    for _ in 0..2 {
        assert_eq!(Call::post("/forest/actions/archive").send(&app).await.status(), 200);
    }
    let errors = log.about("two agents are mounted in one place");
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert_eq!(errors[0].level, tracing::Level::ERROR);
}

#[actix_web::test]
async fn rte_04_agents_at_distinct_paths_log_no_error() {
    let log = Log::capture();
    let (one, other) = (Agent::local(companies()).await, Agent::local(guests()).await);
    let app = App::new()
        .app_data(one.runs.clone())
        .service(web::scope("/other").configure(other.forest.routes()))
        .configure(one.forest.routes())
        .configure(one.forest.routes());
    let app = test::init_service(app).await;
    assert_eq!(Call::post("/forest/actions/archive").send(&app).await.status(), 200);
    assert_eq!(Call::post("/other/api/erp/sync").send(&app).await.status(), 200);
    assert!(log.about("two agents").is_empty(), "{}", log.text());
}

#[actix_web::test]
async fn two_agents_coexist_below_separate_prefixes() {
    let one = Agent::local(companies()).await;
    let other = Agent::local(guests()).await;
    let app = App::new()
        .app_data(one.runs.clone())
        .service(web::scope("/one").configure(one.forest.routes()))
        .service(web::scope("/other").configure(other.forest.routes()));
    let app = test::init_service(app).await;
    assert_eq!(Call::post("/one/forest/actions/archive").send(&app).await.status(), 200);
    assert_eq!(
        Call::post("/other/forest/actions/archive").send(&app).await.status(),
        404
    );
    assert_eq!(Call::post("/other/api/erp/sync").send(&app).await.status(), 200);
    assert_eq!(Call::post("/one/api/erp/sync").send(&app).await.status(), 404);
}

#[actix_web::test]
async fn host_middleware_sees_every_agent_response() {
    let agent = Agent::local(guests()).await;
    let app = App::new().app_data(agent.runs.clone()).configure(agent.forest.routes());
    let app = app.wrap_fn(|request, service| {
        let answer = service.call(request);
        async move {
            let mut answer = answer.await?;
            let status = answer.status().as_u16();
            answer
                .headers_mut()
                .insert(HeaderName::from_static("x-seen"), status.into());
            Ok(answer)
        }
    });
    let app = test::init_service(app).await;
    for (status, call) in [
        (200, Call::post(MARK_AS_LIVE)),
        (401, Call::post(MARK_AS_LIVE).without("authorization")),
        (404, Call::post("/forest/nowhere")),
        (204, Call::preflight(MARK_AS_LIVE, OFFICIAL)),
    ] {
        assert_eq!(
            call.send(&app).await.header("x-seen"),
            Some(status.to_string().as_str())
        );
    }
}
