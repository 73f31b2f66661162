//! Log lines of record requests, without their parameters.

use tracing::Level;

use crate::support::Log;
use crate::support::shop::{Large, agent, ask};

#[actix_web::test]
async fn res_07_each_request_is_logged_without_its_parameters() {
    let agent = agent().await;
    let app = agent.serve().await;
    for (path, status, route, level) in [
        (
            "transactions?search=topsecret",
            "200",
            "/forest/:collection",
            Level::INFO,
        ),
        ("transactions/987654", "404", "/forest/:collection/:id", Level::WARN),
        ("transactions/topsecret", "400", "/forest/:collection/:id", Level::WARN),
        (
            "transactions.csv?filename=topsecret",
            "200",
            "/forest/:collection.csv",
            Level::INFO,
        ),
        (
            "transactions/1/relationships/topsecret",
            "404",
            "/forest/:collection/:id/relationships/:relation",
            Level::WARN,
        ),
    ] {
        let log = Log::capture();
        ask(&app, format!("/forest/{path}")).await;
        let line = log.end();
        assert_eq!(line.get("status"), status, "{path}");
        assert_eq!(line.get("route"), route);
        assert_eq!(line.get("collection"), "transactions");
        assert_eq!(line.get("caller"), "172");
        assert_eq!(line.get("method"), "GET");
        assert_eq!(line.level, level);
        assert!(!line.get("duration_us").is_empty());
        assert_eq!(line.get("error").is_empty(), status == "200", "{line:?}");
        let text = log.text();
        assert!(!text.contains("topsecret") && !text.contains("987654"), "{text}");
    }
}

#[actix_web::test]
async fn res_05_a_failing_record_source_fails_only_its_own_request() {
    let panics = Large::new(1, Some("panic"));
    let agent = panics.agent().await;
    let app = agent.serve().await;
    let log = Log::capture();
    for path in ["rows", "rows/1", "rows.csv"] {
        let answer = ask(&app, format!("/forest/{path}")).await;
        assert!(answer.detail(500).starts_with("Unexpected error."), "{answer:?}");
    }
    assert!(log.text().contains("the source fell over"));
    drop(log);
    let refuses = Large::new(1, Some("This store has no such comparison"));
    let agent = refuses.agent().await;
    let app = agent.serve().await;
    let answer = ask(&app, "/forest/rows").await;
    assert_eq!(answer.detail(422), "This store has no such comparison");
}
