//! The local page: it exists for this machine and in development only, gives sessions to its own page only, and has no
//! right that the agent does not have.

use actix_web::{App, test, web};
use forest_actions::records::{
    CollectionModel, FieldModel, MemoryRecords, RelationModel, Through, ValueType, Writable,
};
use forest_actions::testing::FakeForest;
use forest_actions::{Environment, LocalRole, LocalUser};
use serde_json::{Value, json};

use crate::support::page::{SESSION, ask, mounted, session};
use crate::support::{Agent, Answer, Call, ENV_SECRET, Log, MARK_AS_LIVE, OFFICIAL, SECRET, companies};

async fn local() -> Agent {
    Agent::with(|builder| {
        builder
            .actions(companies())
            .local_user(LocalUser::new(1, "ada@example.com").name("Ada", "Lovelace"))
            .local_user(LocalUser::new(2, "sam@example.com").role("Support").team("Help"))
            .local_role(LocalRole::new("Support").deny("companies", "Mark as Live"))
    })
    .await
}

/// A request as a program sends it.
fn get(path: &str) -> Call {
    Call::bare("GET", path).header("host", "127.0.0.1:3310")
}

/// The configuration in the document.
fn config(document: &Answer) -> Value {
    let (_, rest) = document.text().split_once("id=\"config\">").unwrap();
    serde_json::from_str(rest.split("</script>").next().unwrap()).unwrap()
}

#[actix_web::test]
async fn the_document_lists_people_and_urls() {
    let agent = local().await;
    let app = mounted(&agent, |page| page.title("A <b>title</b> & </script>")).await;
    let document = get("/").send(&app).await;
    assert_eq!(document.status(), 200);
    assert_eq!(document.header("content-type"), Some("text/html; charset=utf-8"));
    let text = document.text();
    assert!(text.to_lowercase().starts_with("<!doctype html><html lang=\"en\">"));
    assert!(
        text.contains("<title>A &lt;b&gt;title&lt;/b&gt; &amp; &lt;/script&gt;</title>"),
        "{text}"
    );
    for part in ["<header", "<main id=\"app\"", "<noscript>", "name=\"viewport\""] {
        assert!(text.contains(part), "{part}");
    }
    let mut config = config(&document);
    let style = config.as_object_mut().unwrap().remove("panelStyle").unwrap();
    assert!(style.as_str().unwrap().contains("color-scheme: light dark"), "{style}");
    assert_eq!(
        config,
        json!({
            "title": "A <b>title</b> & </script>",
            "mode": "local",
            "base": "/playground",
            "agent": "/forest",
            "approvals": false, "history": false, "runs": false,
            "people": [
                {"id": 1, "name": "Ada Lovelace", "email": "ada@example.com", "role": "Admin", "team": "Operations"},
                {"id": 2, "name": "sam@example.com", "email": "sam@example.com", "role": "Support", "team": "Help"},
            ],
        })
    );
}

#[actix_web::test]
async fn no_inline_scripts_and_security_headers_on_every_response() {
    let agent = local().await;
    let app = mounted(&agent, |page| {
        page.webhook_origin("https://Hooks.example.com").webhook_origin("*")
    })
    .await;
    let document = get("/").send(&app).await;
    let text = document.text();
    for tag in text.split("<script").skip(1) {
        let (attributes, rest) = tag.split_once('>').unwrap();
        assert!(
            attributes.contains("application/json")
                || (attributes.contains(" src=\"/") && rest.starts_with("</script>")),
            "{attributes}"
        );
    }
    for inline in ["<style", " style=", " onclick=", " onload=", "javascript:"] {
        assert!(!text.contains(inline), "{inline}");
    }
    // the one inline style of the page's frame is allowed by its hash only
    let style = config(&document)["panelStyle"].as_str().unwrap().to_owned();
    assert!(!style.contains("</") && !style.contains("url("), "{style}");
    let policy = document.header("content-security-policy").unwrap();
    let (_, hash) = policy.split_once("style-src 'self' 'sha256-").unwrap();
    let hash = hash.split('\'').next().unwrap();
    assert_eq!(hash.len(), 44, "{policy}");
    let expected = format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{hash}'; img-src 'self' data: blob:; font-src \
         'self'; connect-src 'self' http://127.0.0.1:* http://localhost:* https://hooks.example.com; frame-src 'self' \
         blob: data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    );
    let token = session(&app, 1).await;
    for answer in [
        document,
        get("/playground/icon.svg").send(&app).await,
        get("/playground/nothing.js").send(&app).await,
        get("/playground/rights").bearer(&token).send(&app).await,
        get("/playground/rights").send(&app).await,
        ask(1).send(&app).await,
    ] {
        let policy = answer.header("content-security-policy").unwrap();
        assert_eq!(policy, expected);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
        ] {
            assert_eq!(answer.header(name), Some(value), "{name}");
        }
        assert!(answer.names("access-control-").is_empty(), "no other page reads it");
    }
}

#[actix_web::test]
async fn assets_exist_and_are_cached_by_version_hash() {
    let agent = local().await;
    let app = mounted(&agent, |page| page).await;
    let document = get("/").send(&app).await;
    let mut names = Vec::new();
    for attribute in ["src=\"", "href=\""] {
        let rest = document.text().split(attribute).skip(1);
        names.extend(rest.map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
    assert!(
        names.iter().any(|name| name.ends_with("/app.js")) && names.len() > 3,
        "{names:?}"
    );
    for name in names {
        let answer = get(&name).send(&app).await;
        assert_eq!(answer.status(), 200, "{name}");
        let kind = answer.header("content-type").unwrap();
        let expected = match name.rsplit('.').next().unwrap() {
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            _ => "image/svg+xml",
        };
        assert_eq!(kind, expected, "{name}");
        let kept = answer.header("cache-control").unwrap();
        assert!(kept.contains("immutable"), "{name}: {kept}");
        let small = get(&name).header("accept-encoding", "gzip, br").send(&app).await;
        assert_eq!(small.header("content-encoding"), Some("gzip"), "{name}");
        assert_eq!(small.header("vary"), Some("accept-encoding"), "{name}");
        assert!(small.bytes().starts_with(&[0x1f, 0x8b]), "{name}");
        assert_eq!(answer.header("content-encoding"), None, "{name}");
        let tag = answer.header("etag").unwrap();
        let again = get(&name).header("if-none-match", tag).send(&app).await;
        assert_eq!((again.status(), again.bytes().len()), (304, 0), "{name}");
        let other = get(&name).header("if-none-match", "\"other\"").send(&app).await;
        assert_eq!(other.status(), 200, "{name}");
        // an outdated page gets the current file, uncached
        let (start, file) = name.strip_prefix("/playground/").unwrap().split_once('/').unwrap();
        let zeros = "0".repeat(start.len());
        for outdated in [format!("/playground/{file}"), format!("/playground/{zeros}/{file}")] {
            let outdated = get(&outdated).send(&app).await;
            assert_eq!(outdated.header("cache-control"), Some("no-cache"), "{name}");
            assert_eq!(outdated.bytes(), answer.bytes(), "{name}");
        }
    }
}

#[actix_web::test]
async fn unknown_asset_paths_are_404() {
    let agent = local().await;
    let app = mounted(&agent, |page| page).await;
    for path in [
        "/playground/",
        "/playground",
        "/playground/../Cargo.toml",
        "/playground/..%2f..%2fCargo.toml",
        "/playground//etc/passwd",
        "/playground/icon.svg/",
        "/playground/ICON.SVG",
        "/playground/approvals",
        "/index.html",
    ] {
        assert_eq!(get(path).send(&app).await.status(), 404, "{path}");
    }
    for (method, path, allowed) in [
        ("POST", "/", "GET, HEAD"),
        ("DELETE", "/playground/icon.svg", "GET, HEAD"),
        ("GET", SESSION, "POST"),
        ("POST", "/playground/rights", "GET, HEAD"),
        ("PUT", "/playground/schema", "GET, HEAD"),
    ] {
        let answer = get(path).method(method).send(&app).await;
        assert_eq!(answer.status(), 405, "{method} {path}");
        assert_eq!(answer.header("allow"), Some(allowed), "{method} {path}");
    }
    assert_eq!(get("/").method("HEAD").send(&app).await.status(), 200);
}

#[actix_web::test]
async fn the_playground_works_below_a_path_and_a_scope() {
    let agent = local().await;
    let (routes, page) = (agent.forest.routes(), agent.forest.playground().at("/dev/").routes());
    let scope = web::scope("/api").configure(routes).configure(page);
    let app = test::init_service(App::new().app_data(agent.runs.clone()).service(scope)).await;
    for path in ["/api/dev", "/api/dev/"] {
        let document = get(path).send(&app).await;
        let config = config(&document);
        assert_eq!(config["base"], "/api/dev/playground", "{path}");
        assert_eq!(config["agent"], "/api/forest", "{path}");
        let icon = document.text().split("rel=\"icon\" href=\"").nth(1).unwrap();
        let icon = icon.split('"').next().unwrap();
        assert!(
            icon.starts_with("/api/dev/playground/") && icon.ends_with("/icon.svg"),
            "{icon}"
        );
        assert_eq!(get(icon).send(&app).await.status(), 200);
    }
    assert_eq!(get("/api/dev/playground/icon.svg").send(&app).await.status(), 200);
    let asked = ask(1);
    let token = Call::bare("POST", "/api/dev/playground/session")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json")
        .json(&json!({"userId": 1}));
    let token = token.send(&app).await.json()["token"].as_str().unwrap().to_owned();
    assert_eq!(asked.send(&app).await.status(), 404, "it is not at the root");
    let live = Call::post(format!("/api{MARK_AS_LIVE}"))
        .bearer(&token)
        .send(&app)
        .await;
    assert_eq!(live.status(), 200);
}

#[actix_web::test]
async fn the_playground_is_hidden_from_other_machines() {
    let log = Log::capture();
    let agent = local().await;
    let app = mounted(&agent, |page| page).await;
    let paths = ["/", "/playground/icon.svg", "/playground/rights"];
    for path in paths {
        for peer in ["203.0.113.9", "10.0.0.1", "[2001:db8::1]"] {
            let answer = get(path).peer(peer).send(&app).await;
            assert_eq!((answer.status(), answer.bytes().len()), (404, 0), "{peer} {path}");
        }
        for (name, value) in [
            ("host", "evil.example:3310"),
            ("host", "localhost.evil.example"),
            ("x-forwarded-for", "127.0.0.1"),
            ("x-forwarded-host", "localhost"),
            ("forwarded", "for=127.0.0.1"),
            ("x-forwarded-proto", "https"),
            ("x-original-url", "/"),
            ("x-real-ip", "127.0.0.1"),
            ("via", "1.1 proxy"),
            ("cf-connecting-ip", "127.0.0.1"),
            ("cf-ray", "1"),
        ] {
            let answer = get(path).header(name, value).send(&app).await;
            assert_eq!(
                (answer.status(), answer.bytes().len()),
                (404, 0),
                "{name}: {value} {path}"
            );
        }
    }
    let refused = ask(1).peer("203.0.113.9").send(&app).await;
    assert_eq!((refused.status(), refused.bytes().len()), (404, 0));
    assert!(!log.about("the local page only serves this machine").is_empty());
    for (peer, host) in [("127.0.0.1", "localhost:3310"), ("[::1]", "[::1]:3310")] {
        assert_eq!(get("/").peer(peer).header("host", host).send(&app).await.status(), 200);
    }
}

#[actix_web::test]
async fn the_playground_is_absent_in_production() {
    let log = Log::capture();
    let fake = FakeForest::builder().env_secret(ENV_SECRET).auth_secret(SECRET).start();
    let agent = Agent::connected_to(fake.await.unwrap(), |builder| {
        builder.actions(companies()).environment(Environment::Production)
    })
    .await;
    let app = mounted(&agent, |page| page.fake_forest(agent.fake().clone())).await;
    for path in ["/", SESSION, "/playground/icon.svg", "/playground/rights"] {
        assert_eq!(get(path).send(&app).await.status(), 404, "{path}");
    }
    assert_eq!(ask(1).send(&app).await.status(), 404);
    assert_eq!(log.about("the local page").len(), 1);
}

#[actix_web::test]
async fn res_07_without_the_layer_the_page_explains_how_to_enable_log_lines() {
    let agent = local().await;
    let app = mounted(&agent, |page| page).await;
    let token = session(&app, 1).await;
    let missing = get("/playground/calls/call-0001").bearer(&token).send(&app).await;
    assert!(missing.detail(404).contains("PlaygroundLog::layer()"));
}

#[actix_web::test]
async fn sessions_are_issued_only_to_same_origin_requests() {
    let agent = local().await;
    let app = mounted(&agent, |page| page).await;
    for (name, value) in [
        ("origin", OFFICIAL),
        ("origin", "https://evil.example"),
        ("origin", "null"),
        ("origin", "http://127.0.0.1:3311"),
        ("origin", "http://localhost:3310"),
        ("origin", "file://127.0.0.1:3310"),
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("sec-fetch-site", ""),
    ] {
        let refused = ask(1).header(name, value).send(&app).await;
        assert!(refused.detail(403).contains("local page"), "{name}: {value}");
    }
    // a proxy that drops the header makes the page look foreign
    let silent = ask(1).without("origin");
    assert!(silent.send(&app).await.detail(403).contains("`Origin`"));
    let own = silent.header("sec-fetch-site", "same-origin");
    assert_eq!(own.send(&app).await.status(), 200);
    for media_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "",
    ] {
        let refused = ask(1).header("content-type", media_type).send(&app).await;
        assert_eq!(refused.status(), 415, "{media_type}");
    }
    assert_eq!(ask(1).without("content-type").send(&app).await.status(), 415);
    for body in [
        "",
        "null",
        "{}",
        "{\"userId\": \"1\"}",
        "{\"userId\": -1}",
        "{\"userId\": 1} x",
    ] {
        assert_eq!(ask(1).body(body).send(&app).await.status(), 400, "{body}");
    }
    assert!(ask(9).send(&app).await.detail(404).contains("no user 9"));
    let page = ask(2)
        .header("origin", "http://127.0.0.1:3310")
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json; charset=utf-8");
    let answer = page.send(&app).await;
    assert_eq!(answer.json()["person"]["team"], "Help");
    assert_eq!(answer.header("cache-control"), Some("no-store"));
}

#[actix_web::test]
async fn playground_data_requires_a_session() {
    let agent = local().await;
    let app = mounted(&agent, |page| page).await;
    for path in [
        "/playground/schema",
        "/playground/rights",
        "/playground/calls/a-call-01",
    ] {
        assert_eq!(get(path).send(&app).await.status(), 401, "{path}");
        assert_eq!(get(path).bearer("x.y.z").send(&app).await.status(), 401, "{path}");
    }
    let token = session(&app, 1).await;
    let schema = get("/playground/schema").bearer(&token).send(&app).await;
    assert_eq!(schema.text(), agent.forest.schema().to_file_text());
    assert_eq!(schema.header("content-type"), Some("application/json"));
}

#[actix_web::test]
async fn per_19_displayed_rights_match_the_actions() {
    let agent = local().await;
    let app = mounted(&agent, |page| page).await;
    for user in [1, 2] {
        let token = session(&app, user).await;
        let rights = get("/playground/rights").bearer(&token).send(&app).await.json();
        let listed = rights["actions"].as_array().unwrap();
        assert_eq!(listed.len(), companies().len());
        for shown in listed {
            let action = companies().into_iter().find(|action| shown["name"] == action.name);
            let answer = Call::post(action.unwrap().endpoint).bearer(&token).send(&app).await;
            assert_eq!(shown["allowed"], answer.status() != 403, "{user}: {shown}");
            if answer.status() == 403 {
                assert_eq!(shown["reason"], answer.json()["errors"][0]["detail"], "{shown}");
            }
        }
        // the record source lacks the collection
        assert_eq!(
            rights["collections"],
            json!([{"name": "companies", "records": false, "browse": false, "read": false, "export": false,
                "add": false, "edit": false, "delete": false, "links": [], "order": []}])
        );
    }
}

fn club() -> MemoryRecords {
    let field = |name: &str| FieldModel::new(name, ValueType::Text);
    let key = |name: &str| FieldModel::new(name, ValueType::Integer).foreign_key(true);
    let id = || FieldModel::new("id", ValueType::Integer);
    let teams = CollectionModel::new("teams")
        .field(id())
        .field(field("name"))
        .key(["id"]);
    let members = CollectionModel::new("members")
        .field(id())
        .field(key("team_id"))
        .field(field("name"));
    let badges = CollectionModel::new("badges")
        .field(id())
        .field(key("member_id").required(true));
    let holds = CollectionModel::new("holds")
        .field(key("member_id"))
        .field(key("skill_id"));
    let skills = CollectionModel::new("skills")
        .field(id())
        .field(field("name"))
        .key(["id"]);
    let through = Through::new("holds", "member_id", "skill_id");
    MemoryRecords::new()
        .collection(
            teams.relation(RelationModel::has_many("members", "members", "id", "team_id")),
            Vec::new(),
        )
        .collection(
            members
                .key(["id"])
                .relation(RelationModel::belongs_to("team", "teams", "team_id", "id"))
                .relation(RelationModel::has_many("badges", "badges", "id", "member_id"))
                .relation(RelationModel::belongs_to_many("skills", "skills", "id", "id", through)),
            Vec::new(),
        )
        .collection(badges.key(["id"]), Vec::new())
        .collection(holds.key(["member_id", "skill_id"]), Vec::new())
        .collection(skills, Vec::new())
}

#[actix_web::test]
async fn rights_to_write_are_those_of_the_program_and_of_the_role() {
    let agent = Agent::with(|builder| {
        builder
            .actions([])
            .records(club())
            .writable("teams", Writable::all().delete(false))
            .writable("members", Writable::all())
            .writable("badges", Writable::all())
            .writable("holds", Writable::all().fields(["member_id", "skill_id"]))
            .local_user(LocalUser::new(1, "ada@example.com"))
            .local_user(LocalUser::new(2, "sam@example.com").role("Support"))
            .local_role(
                LocalRole::new("Support")
                    .deny_adding("members")
                    .deny_editing("badges")
                    .deny_deleting("holds"),
            )
    })
    .await;
    let app = mounted(&agent, |page| page).await;
    let mut found = Vec::new();
    for user in [1, 2] {
        let token = session(&app, user).await;
        let rights = get("/playground/rights").bearer(&token).send(&app).await.json();
        let of = |name: &str| {
            let collections = rights["collections"].as_array().unwrap();
            collections.iter().find(|known| known["name"] == name).unwrap().clone()
        };
        let writes = ["teams", "members", "skills"].map(|name| {
            let rights = of(name);
            ["add", "edit", "delete"].map(|right| rights[right].as_bool().unwrap())
        });
        let links = of("members")["links"].clone();
        assert_eq!(
            of("teams")["links"],
            json!([{"relation": "members", "link": true, "unlink": true}])
        );
        assert_eq!(of("skills")["links"], json!([]));
        found.push((writes, links));
    }
    let token = session(&app, 1).await;
    let rights = get("/playground/rights").bearer(&token).send(&app).await.json();
    let collections = rights["collections"].as_array().unwrap();
    let members = collections.iter().find(|known| known["name"] == "members").unwrap();
    assert_eq!(members["order"], json!(["id", "team", "name", "badges", "skills"]));
    let link = |relation: &str, link, unlink| json!({"relation": relation, "link": link, "unlink": unlink});
    let [ada, sam] = <[_; 2]>::try_from(found).unwrap();
    assert_eq!(ada.0, [[true, true, false], [true, true, true], [false, false, false]]);
    // a badge cannot be without its member
    let all = [
        link("team", true, true),
        link("badges", true, false),
        link("skills", true, true),
    ];
    assert_eq!(ada.1, json!(all));
    assert_eq!(sam.0, [[true, true, false], [false, true, true], [false, false, false]]);
    let fewer = [
        link("team", true, true),
        link("badges", false, false),
        link("skills", true, false),
    ];
    assert_eq!(sam.1, json!(fewer));
}

#[actix_web::test]
async fn res_07_a_log_line_is_visible_only_to_its_caller() {
    let _log = Log::capture();
    let agent = local().await;
    let app = mounted(&agent, |page| page).await;
    let (ada, sam) = (session(&app, 1).await, session(&app, 2).await);
    let line = |token: &str, call: &str| get(&format!("/playground/calls/{call}")).bearer(token);
    for (token, call) in [
        (&ada, "call-of-ada"),
        (&sam, "call-of-sam"),
        (&ada, "short"),
        (&ada, "not_plain"),
    ] {
        Call::post(MARK_AS_LIVE)
            .bearer(token)
            .header("x-request-id", call)
            .send(&app)
            .await;
    }
    let shown = line(&ada, "call-of-ada").send(&app).await.json()["line"].to_string();
    for part in ["INFO smart action ended", "Mark as Live", MARK_AS_LIVE, "status=200"] {
        assert!(shown.contains(part), "{shown}");
    }
    assert!(!shown.contains(&ada), "{shown}");
    let shown = line(&sam, "call-of-sam").send(&app).await.json()["line"].to_string();
    assert!(
        shown.contains("WARN smart action refused") && shown.contains("code denies"),
        "{shown}"
    );
    assert_eq!(line(&ada, "call-of-sam").send(&app).await.status(), 404);
    assert_eq!(line(&sam, "call-of-ada").send(&app).await.status(), 404);
    for unknown in ["no-such-call", "short", "not_plain"] {
        assert_eq!(line(&ada, unknown).send(&app).await.status(), 404, "{unknown}");
    }
}

#[actix_web::test]
async fn the_playground_grants_no_additional_access() {
    let agent = local().await;
    let (alone, with_page) = (agent.serve().await, mounted(&agent, |page| page).await);
    let own = Call::preflight(MARK_AS_LIVE, "http://127.0.0.1:3310").header("host", "127.0.0.1:3310");
    let (before, after) = (own.send(&alone).await, own.send(&with_page).await);
    assert_eq!(before.header("access-control-allow-origin"), None);
    assert_eq!(after.header("access-control-allow-origin"), None);
    assert_eq!(before.names("access-control-"), after.names("access-control-"));
    // a session is a bearer token, and never a cookie that travels by itself
    assert_eq!(ask(1).send(&with_page).await.header("set-cookie"), None);
}
