//! Refused record requests: missing session, permission or scope, and invalid parameters.

use forest_actions::records::{Filter, Operator};
use forest_actions::{ForestBuilder, LocalRole};
use serde_json::{Value, json};

use crate::support::shop::{ALICE, BOB, agent, agent_with_role, ask, filters, ids, records};
use crate::support::{Agent, Call, ENV_SECRET, OFFICIAL, companies};

#[actix_web::test]
async fn aut_09_browsing_requires_a_session() {
    let agent = agent().await;
    let app = agent.serve().await;
    for path in [
        "transactions",
        "transactions/count",
        "transactions.csv",
        "transactions/1",
        "transactions/abc",
        "companies/1/relationships/emitted",
        "companies/1/relationships/nope",
    ] {
        let refused = Call::bare("GET", format!("/forest/{path}")).header("origin", OFFICIAL);
        let refused = refused.send(&app).await;
        assert_eq!(
            refused.detail(401),
            "Forest cannot authenticate the user for this request.",
            "{path}"
        );
        assert_eq!(refused.header("access-control-allow-origin"), Some(OFFICIAL));
    }
}

#[actix_web::test]
async fn per_13_a_scope_hides_records_on_every_route() {
    let scope = Filter::leaf("country", Operator::Equal, "{{currentUser.tags.country}}");
    let role = LocalRole::new("Admin")
        .scope("customers", scope)
        .scope("transactions", Filter::leaf("amount", Operator::GreaterThan, 5));
    let agent = agent_with_role(role).await;
    let app = agent.serve().await;
    // the user of these tests is tagged `country: UK`
    assert_eq!(ids(&ask(&app, "/forest/customers").await), [ALICE]);
    assert_eq!(ask(&app, "/forest/customers/count").await.json(), json!({"count": 1}));
    let csv = ask(&app, "/forest/customers.csv?fields[customers]=first_name").await;
    assert_eq!(csv.text(), "first_name\nAlice\n");
    assert_eq!(ask(&app, format!("/forest/customers/{ALICE}")).await.status(), 200);
    let gone = ask(&app, format!("/forest/customers/{BOB}")).await;
    assert_eq!(gone.detail(404), format!("The customers #{BOB} does not exist."));
    // the scope of the related collection
    assert_eq!(
        ids(&ask(&app, "/forest/companies/1/relationships/emitted").await),
        ["1"]
    );
    let count = ask(&app, "/forest/companies/1/relationships/emitted/count").await;
    assert_eq!(count.json(), json!({"count": 1}));
    // request parameters cannot remove a scope
    let any = filters("country", "present", Value::Null);
    assert_eq!(
        ids(&ask(&app, format!("/forest/customers?{any}&scope=false")).await),
        [ALICE]
    );
}

#[actix_web::test]
async fn per_16_an_inapplicable_scope_hides_all_records() {
    let scope = Filter::leaf("country", Operator::Equal, "{{currentUser.tags.nope}}");
    let agent = agent_with_role(LocalRole::new("Admin").scope("customers", scope)).await;
    let app = agent.serve().await;
    for path in [
        "customers".to_owned(),
        "customers/count".to_owned(),
        "customers.csv".to_owned(),
        format!("customers/{ALICE}"),
    ] {
        let refused = ask(&app, format!("/forest/{path}")).await;
        assert!(refused.detail(403).contains("nope"), "{refused:?}");
    }
}

#[actix_web::test]
async fn per_02_a_forbidden_collection_is_403_on_every_route() {
    let agent = agent_with_role(LocalRole::new("Admin").deny_browsing("transactions")).await;
    let app = agent.serve().await;
    for path in [
        "transactions",
        "transactions/count",
        "transactions.csv",
        "transactions/1",
    ] {
        ask(&app, format!("/forest/{path}")).await.detail(403);
    }
    // the relation is hidden from callers who may not browse its records
    for path in ["emitted", "emitted/count", "emitted.csv"] {
        let path = format!("/forest/companies/1/relationships/{path}");
        ask(&app, path).await.detail(404);
    }
    assert_eq!(ask(&app, "/forest/companies").await.status(), 200);
}

#[actix_web::test]
async fn per_02_a_connected_agent_hides_records_while_rights_are_unknown() {
    let connect = |builder: ForestBuilder| {
        builder
            .env_secret(ENV_SECRET)
            .environment(forest_actions::Environment::Development)
            .actions(companies())
            .records(records())
    };
    let agent = Agent::with(connect).await;
    let app = agent.serve().await;
    for path in [
        "transactions",
        "transactions/count",
        "transactions.csv",
        "transactions/1",
    ] {
        ask(&app, format!("/forest/{path}")).await.detail(403);
    }
}

#[actix_web::test]
async fn write_requests_are_rejected_with_an_explanation() {
    let agent = agent().await;
    let app = agent.serve().await;
    for (method, path) in [
        ("POST", "transactions"),
        ("PUT", "transactions/1"),
        ("DELETE", "transactions/1"),
        ("DELETE", "transactions"),
        ("POST", "companies/1/relationships/emitted"),
        ("DELETE", "companies/1/relationships/emitted?delete=true"),
    ] {
        let refused = Call::read(format!("/forest/{path}")).method(method).send(&app).await;
        assert!(refused.detail(405).contains("actions"), "{refused:?}");
        assert_eq!(refused.header("allow"), Some("GET, HEAD, OPTIONS"));
        assert_eq!(refused.header("access-control-allow-origin"), Some(OFFICIAL));
    }
    assert_eq!(ids(&ask(&app, "/forest/transactions").await), ["1", "2", "3"]);
}

#[actix_web::test]
async fn invalid_parameters_are_rejected_by_name() {
    let agent = agent().await;
    let app = agent.serve().await;
    for (query, status, word) in [
        ("page[number]=1&page[size]=1001".to_owned(), 400, "page[size]"),
        ("sort=nope".to_owned(), 400, "nope"),
        ("sort=secret%27;--".to_owned(), 400, "secret"),
        ("segment=Nope".to_owned(), 400, "Nope"),
        ("filters=%7B".to_owned(), 422, "JSON"),
        (filters("nope", "equal", json!(1)), 400, "nope"),
        (filters("id", "resembles", json!(1)), 422, "operator"),
        (format!("search={}", "x".repeat(40_000)), 400, "query string"),
    ] {
        for path in ["transactions", "transactions.csv", "companies/1/relationships/emitted"] {
            let is_order = query.starts_with("sort") || query.starts_with("page");
            if is_order && path.ends_with(".csv") {
                // an export has an order of its own, and no pages
                continue;
            }
            let refused = ask(&app, format!("/forest/{path}?{query}")).await;
            assert!(refused.detail(status).contains(word), "{query}: {refused:?}");
        }
    }
}

#[actix_web::test]
async fn an_unknown_time_zone_is_rejected_where_a_zone_is_needed() {
    let agent = agent().await;
    let app = agent.serve().await;
    let today = filters("created_at", "today", Value::Null);
    let large = filters("amount", "greater_than", json!(5));
    for (path, is_needed) in [
        ("transactions".to_owned(), false),
        ("transactions/count?search=invoice".to_owned(), false),
        (format!("transactions?{large}&sort=-created_at"), false),
        ("transactions/1".to_owned(), false),
        ("companies/1/relationships/emitted".to_owned(), false),
        (format!("transactions?{today}"), true),
        (format!("transactions/count?{today}"), true),
        (format!("companies/1/relationships/emitted?{today}"), true),
        ("transactions.csv?fields[transactions]=id,due_on".to_owned(), false),
        ("transactions.csv?fields[transactions]=id,created_at".to_owned(), true),
        ("transactions.csv".to_owned(), true),
    ] {
        let separator = if path.contains('?') { '&' } else { '?' };
        let answer = ask(&app, format!("/forest/{path}{separator}timezone=Mars/Base%0A")).await;
        match is_needed {
            true => assert_eq!(answer.detail(400), "Invalid timezone: \"Mars/Base\\n\"", "{path}"),
            false => assert_eq!(answer.status(), 200, "{path}: {answer:?}"),
        }
    }
    let role = LocalRole::new("Admin").scope("transactions", Filter::leaf("created_at", Operator::Past, Value::Null));
    let agent = agent_with_role(role).await;
    let app = agent.serve().await;
    let answer = ask(&app, "/forest/transactions?timezone=Mars/Base").await;
    assert_eq!(answer.detail(400), "Invalid timezone: \"Mars/Base\"");
}

#[actix_web::test]
async fn rte_03_unknown_collection_paths_are_404() {
    let agent = agent().await;
    let app = agent.serve().await;
    for path in [
        "orders",
        "orders/1",
        "orders.csv",
        "actions/nope",
        "transactions/1/2",
        "Transactions",
    ] {
        let missing = ask(&app, format!("/forest/{path}")).await;
        assert!(
            missing.detail(404).starts_with("nothing is served at GET"),
            "{missing:?}"
        );
    }
    // without a record source, record routes do not exist
    let agent = Agent::local(companies()).await;
    let app = agent.serve().await;
    ask(&app, "/forest/companies").await.detail(404);
    Call::read("/forest/companies/1")
        .method("DELETE")
        .send(&app)
        .await
        .detail(404);
}
