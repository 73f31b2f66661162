//! From a path to an action: names and endpoints of every spelling, methods, and paths that lead nowhere.

use forest_actions::prelude::*;
use serde_json::json;

use crate::support::{Agent, Call, MARK_AS_LIVE, companies, refusal};

#[smart_action(
    collection = "odd",
    name = "Refund (50%) & \"more\": a.b [c] {d} ^$*+?|\\",
    kind = "global"
)]
async fn odd_name() -> &'static str {
    "odd name"
}

#[smart_action(collection = "odd", name = "Créer une pièce 🌲", kind = "global")]
async fn accents() -> &'static str {
    "accents"
}

#[smart_action(
    collection = "odd",
    name = "Spaced",
    kind = "global",
    endpoint = "/forest/actions/refund now (50%25)"
)]
async fn spaced() -> &'static str {
    "spaced"
}

#[smart_action(
    collection = "odd",
    name = "Pattern",
    kind = "global",
    endpoint = "/forest/{tail:.*}"
)]
async fn pattern() -> &'static str {
    "pattern"
}

#[smart_action(
    collection = "odd",
    name = "Star",
    kind = "global",
    endpoint = "/forest/a+b.(c|d)*'\"$"
)]
async fn star() -> &'static str {
    "star"
}

#[smart_action(collection = "odd", name = "No slash", kind = "global", endpoint = "forest/no-slash")]
async fn no_slash() -> &'static str {
    "no slash"
}

#[smart_action(
    collection = "odd",
    name = "Slashes",
    kind = "global",
    endpoint = "/forest//many///slashes/"
)]
async fn slashes() -> &'static str {
    "slashes"
}

#[smart_action(collection = "odd", name = "Unicode", kind = "global", endpoint = "/forest/日本/é")]
async fn unicode() -> &'static str {
    "unicode"
}

#[smart_action(
    collection = "odd",
    name = "Outside",
    kind = "global",
    endpoint = "/api/{odd}/outside it"
)]
async fn outside() -> &'static str {
    "outside"
}

#[smart_action(collection = "case", name = "Send Mail", kind = "global")]
async fn send_mail() {}

mod case {
    use super::*;

    #[smart_action(collection = "case", name = "send mail", kind = "global")]
    pub(super) async fn lower() {}

    #[smart_action(collection = "case", name = "Send mail 👍", kind = "global")]
    pub(super) async fn emoji() {}

    #[smart_action(collection = "case", name = "Sénd-Mail!", kind = "global")]
    pub(super) async fn accents() {}

    #[smart_action(collection = "elsewhere", name = "Send Mail", kind = "global")]
    pub(super) async fn other_collection() {}

    #[smart_action(
        collection = "case",
        name = "send mail",
        kind = "global",
        endpoint = "/forest/actions/send-mail-2"
    )]
    pub(super) async fn own_endpoint() -> &'static str {
        "own endpoint"
    }
}

#[allow(deprecated, reason = "the attribute says so of every method but POST")]
mod methods {
    use super::*;

    #[smart_action(collection = "methods", name = "Put", kind = "global", http_method = "PUT")]
    pub(super) async fn put() -> &'static str {
        "PUT"
    }

    #[smart_action(collection = "methods", name = "Delete", kind = "global", http_method = "DELETE")]
    pub(super) async fn delete() -> &'static str {
        "DELETE"
    }

    #[smart_action(collection = "methods", name = "Patch", kind = "global", http_method = "PATCH")]
    pub(super) async fn patch() -> &'static str {
        "PATCH"
    }
}

#[actix_web::test]
async fn rte_01_names_with_the_same_route_stop_the_start() {
    for other in actions![case::lower, case::emoji, case::accents, case::other_collection] {
        let [first] = actions![send_mail];
        let text = refusal([first, other]).await;
        for action in [first, other] {
            let place = format!("{}:{}", action.origin.file, action.origin.line);
            assert!(text.contains(&format!("\"{}\" at {place}", action.name)), "{text}");
        }
        assert!(
            text.contains("/forest/actions/send-mail") && text.contains("endpoint"),
            "{text}"
        );
    }
    let agent = Agent::local(actions![send_mail, case::own_endpoint]).await;
    let app = agent.serve().await;
    assert_eq!(Call::post("/forest/actions/send-mail").send(&app).await.status(), 204);
    assert_eq!(
        Call::post("/forest/actions/send-mail-2").send(&app).await.success(),
        "own endpoint"
    );
}

#[actix_web::test]
async fn rte_01_a_route_depends_only_on_the_name() {
    let alone = Agent::local(actions![accents]).await;
    let among = Agent::local(actions![send_mail, odd_name, accents, spaced]).await;
    let endpoint = |agent: &Agent| {
        agent
            .forest
            .schema()
            .find_action("odd", "Créer une pièce 🌲")
            .unwrap()
            .endpoint()
            .to_owned()
    };
    assert_eq!(endpoint(&alone), endpoint(&among));
    assert_eq!(endpoint(&alone), "/forest/actions/creer-une-piece");
}

#[actix_web::test]
async fn rte_02_an_outdated_url_is_404() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    for path in [
        "/forest/actions/mark-as-liv",
        "/forest/actions/mark-as-live-2",
        "/forest/actions/Mark-As-Live",
        "/forest/actions/mark_as_live",
        "/forest/actions/mark-as-live/hooks",
        "/forest/actions/mark-as-live/hooks/load/more",
        "/forest/actions/mark-as-live/hooks/search/more",
        "/forest/actions/mark-as-live/hooks/submit",
        "/forest/actions/mark-as-live/1",
        "/forest/actions/mark-as-live%2F",
        "/forest/actions/mark-as-live%00",
        "/forest/actions/mark-as-live%20",
        "/forest/actions/mark-as-live;v=1",
        "/forest/actions",
        "/forest/actions/",
        "/forest/actions/../actions/mark-as-live",
        "/forest/./actions/mark-as-live",
        "/forest/actions%5Cmark-as-live",
        "/forest/forest/actions/mark-as-live",
        "/mark-as-live",
        "/actions/mark-as-live",
        "/",
    ] {
        let answer = Call::post(path).send(&app).await;
        assert_eq!(answer.status(), 404, "{path}");
        let without = Call::bare("POST", path).send(&app).await;
        assert_eq!(without.status(), 404, "{path}: whoever asks");
    }
    assert_eq!(agent.runs.count(), 0);
    let answer = Call::post("/forest/actions/mark-as-liv").send(&app).await;
    assert!(
        !answer.detail(404).contains("mark-as-live"),
        "a stranger does not learn what exists"
    );
}

#[actix_web::test]
async fn rte_03_unusual_names_and_endpoints_are_literal_routes() {
    let all = actions![
        odd_name, accents, spaced, pattern, star, no_slash, slashes, unicode, outside
    ];
    let agent = Agent::local(all).await;
    let app = agent.serve().await;
    let odd_endpoint = agent
        .forest
        .actions()
        .iter()
        .find(|action| action.name.starts_with("Refund"))
        .unwrap()
        .endpoint;
    for (path, expected) in [
        (odd_endpoint, "odd name"),
        ("/forest/actions/creer-une-piece", "accents"),
        ("/forest/actions/creer-une-piece/", "accents"),
        ("/forest/actions/creer-une-piece?a=b", "accents"),
        ("/forest//actions///creer-une-piece", "accents"),
        ("/forest/%61ctions/creer%2Dune-piece", "accents"),
        ("/forest/actions/refund%20now%20(50%25)", "spaced"),
        ("/forest/actions/refund%20now%20%2850%25%29", "spaced"),
        ("/forest/%7Btail:.*%7D", "pattern"),
        ("/forest/{tail:.*}", "pattern"),
        ("/forest/a+b.(c%7Cd)*'%22$", "star"),
        ("/forest/a%2Bb.(c%7cd)%2A%27%22%24", "star"),
        ("/forest/no-slash", "no slash"),
        ("/forest/many/slashes", "slashes"),
        ("/forest/many/slashes/", "slashes"),
        ("/forest/%E6%97%A5%E6%9C%AC/%C3%A9", "unicode"),
        ("/forest/%e6%97%a5%e6%9c%ac/%c3%a9", "unicode"),
        ("/api/%7Bodd%7D/outside%20it", "outside"),
        ("/api/{odd}/outside%20it", "outside"),
    ] {
        let answer = Call::post(path).send(&app).await;
        assert_eq!((answer.status(), answer.success().as_str()), (200, expected), "{path}");
    }
    for path in [
        "/forest/anything",
        "/forest/abc",
        "/forest/aab.c",
        "/forest/tail",
        "/api/x/outside%20it",
        "/api/odd/outside%20it",
    ] {
        assert_eq!(Call::post(path).send(&app).await.status(), 404, "{path}");
    }
    for path in [
        "/forest/no-slash/hooks/load",
        "/forest/many/slashes/hooks/load",
        "/api/%7Bodd%7D/outside%20it/hooks/load",
    ] {
        assert_eq!(Call::post(path).send(&app).await.json()["fields"], json!([]), "{path}");
    }
}

#[actix_web::test]
async fn only_the_declared_method_is_served() {
    let agent = Agent::local(
        companies()
            .into_iter()
            .chain(actions![methods::put, methods::delete, methods::patch]),
    )
    .await;
    let app = agent.serve().await;
    for (path, allowed) in [
        (MARK_AS_LIVE, "POST"),
        ("/forest/actions/put", "PUT"),
        ("/forest/actions/delete", "DELETE"),
        ("/forest/actions/patch", "PATCH"),
        ("/forest/actions/put/hooks/load", "POST"),
    ] {
        for method in [
            "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "CONNECT", "PROPFIND",
        ] {
            let answer = Call::post(path).method(method).send(&app).await;
            if method == allowed {
                assert_eq!(answer.status(), 200, "{method} {path}");
            } else {
                assert_eq!(answer.status(), 405, "{method} {path}");
                assert_eq!(answer.header("allow"), Some(format!("{allowed}, OPTIONS").as_str()));
            }
        }
    }
    assert_eq!(agent.runs.count(), 1);
}

#[actix_web::test]
async fn rte_06_another_action_id_is_rejected_and_a_missing_id_accepted() {
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    let with =
        |id: serde_json::Value| Call::post(MARK_AS_LIVE).attributes(json!({"ids": ["1"], "smart_action_id": id}));
    for id in [
        json!(null),
        json!("companies-Mark@@@as@@@Live"),
        json!("companies-mark-as-live"),
        json!("companies-0-mark-as-live"),
        json!("something opaque"),
        json!(12),
    ] {
        let answer = with(id.clone()).send(&app).await;
        assert_eq!(answer.status(), 200, "{id}: {answer:?}");
    }
    let ran = agent.runs.count();
    for id in [
        "companies-Archive",
        "companies-archive",
        "companies-1-archive",
        "companies-Mark@@@as@@@Dead",
        // another action of the collection, by its bare name
        "Archive",
        "archive",
    ] {
        assert!(
            with(json!(id)).send(&app).await.detail(400).contains("smart_action_id"),
            "{id}"
        );
    }
    for collection in ["customers", "Companies", ""] {
        let other = Call::post(MARK_AS_LIVE).attributes(json!({"ids": ["1"], "collection_name": collection}));
        assert!(
            other.send(&app).await.detail(400).contains("collection_name"),
            "{collection}"
        );
    }
    assert_eq!(agent.runs.count(), ran);
}
