//! Limits on the size of a chart.

use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, SqlRecords, ValueType};
use serde_json::json;

use super::shop::{ask, chart, sqlite};
use crate::support::{Agent, Call, token_of};

#[actix_web::test]
async fn a_chart_of_too_many_points_or_slices_is_refused() {
    let pool = sqlite().await;
    let many = "WITH RECURSIVE n (i) AS (SELECT 100 UNION ALL SELECT i + 1 FROM n WHERE i < 1200)
        INSERT INTO orders (id, status, created_at) SELECT i, 'status ' || i, '2024-01-01 00:00:00' FROM n;
        INSERT INTO orders (id, created_at) VALUES (2000, '0002-01-01 12:00:00');";
    sqlx::raw_sql(many).execute(&pool).await.unwrap();
    let records = SqlRecords::sqlite(pool).await.unwrap();
    let agent = Agent::with(|builder| builder.schema_file(false).actions([]).records(records)).await;
    let app = agent.serve().await;
    let line = |range: &str| chart("Line", json!({"groupByFieldName": "created_at", "timeRange": range}));
    let answer = ask(&app, "God", &line("Day")).await;
    let detail = "the records lie between 0002-01-01 and 2024-05-15, and a chart has at most 2000 points: filter the records, or \
                  choose a longer time range";
    assert_eq!(answer.status(), 422);
    assert_eq!(answer.json()["errors"][0]["detail"], detail);
    let answer = ask(&app, "God", &chart("Pie", json!({"groupByFieldName": "status"}))).await;
    assert_eq!(answer.status(), 422);
    assert!(answer.text().contains("'status' has more than 1000 different values"));
    // 1,900 days are drawn
    let filter = json!({"field": "created_at", "operator": "after", "value": "2000-01-01T00:00:00Z"});
    let mut days = line("Day");
    days["filter"] = filter;
    assert_eq!(ask(&app, "God", &days).await.status(), 200);
}

#[actix_web::test]
async fn a_long_line_is_one_statement() {
    let pool = sqlite().await;
    let ends = "INSERT INTO orders (id, created_at) VALUES (100, '2018-12-01 12:00:00'), (101, '2024-05-15 12:00:00');";
    sqlx::raw_sql(ends).execute(&pool).await.unwrap();
    let records = SqlRecords::sqlite(pool).await.unwrap();
    let agent = Agent::with(|builder| builder.schema_file(false).actions([]).records(records)).await;
    let app = agent.serve().await;
    let answer = ask(
        &app,
        "God",
        &chart("Line", json!({"groupByFieldName": "created_at", "timeRange": "Day"})),
    )
    .await;
    let document = answer.json();
    let points = document["data"]["attributes"]["value"].as_array().unwrap();
    assert_eq!(points.len(), 1_993);
    let sum: u64 = points
        .iter()
        .filter_map(|point| point["values"]["value"].as_u64())
        .sum();
    assert_eq!(sum, 9);
    assert_eq!(points[0], json!({"label": "01/12/2018", "values": {"value": 1}}));
    assert_eq!(points[1_992]["values"]["value"], 3);
}

/// A source without charts.
struct Plain(MemoryRecords);

impl forest_actions::records::RecordSource for Plain {
    fn collections(&self) -> Vec<CollectionModel> {
        self.0.collections()
    }

    fn count<'a>(
        &'a self,
        query: &'a forest_actions::records::RecordQuery,
        at_most: Option<u64>,
    ) -> forest_actions::records::SourceFuture<'a, u64> {
        self.0.count(query, at_most)
    }

    fn keys<'a>(
        &'a self,
        query: &'a forest_actions::records::RecordQuery,
        after: Option<&'a forest_actions::records::Key>,
        limit: usize,
    ) -> forest_actions::records::SourceFuture<'a, Vec<forest_actions::records::Key>> {
        self.0.keys(query, after, limit)
    }

    fn records<'a>(
        &'a self,
        query: &'a forest_actions::records::RecordQuery,
        page: &'a forest_actions::records::Page,
    ) -> forest_actions::records::SourceFuture<'a, Vec<forest_actions::records::Record>> {
        self.0.records(query, page)
    }
}

#[actix_web::test]
async fn a_source_without_charts_says_so() {
    let notes = CollectionModel::new("notes")
        .field(FieldModel::new("id", ValueType::Integer))
        .key(["id"]);
    let records = Plain(MemoryRecords::new().collection(notes, Vec::new()));
    let described = CollectionModel::virtual_("reports").field(FieldModel::virtual_("id", ValueType::Text));
    let agent = Agent::with(|builder| {
        let builder = builder.schema_file(false).actions([]).collection(described);
        builder.records(records)
    })
    .await;
    let app = agent.serve().await;
    for (collection, text) in [
        ("notes", "this record source has no charts"),
        (
            "reports",
            "the records of this collection cannot be read: it has no record source",
        ),
    ] {
        let body = json!({"type": "Value", "aggregator": "Count", "sourceCollectionName": collection});
        let call = Call::post(format!("/forest/stats/{collection}?timezone=UTC")).json(&body);
        let answer = call.bearer(&token_of("God")).send(&app).await;
        assert_eq!(answer.status(), 422);
        assert_eq!(answer.json()["errors"][0]["detail"], text);
    }
}
