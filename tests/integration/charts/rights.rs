//! The right to see a chart, given by the Forest server.

use actix_web::App;
use forest_actions::Forest;
use forest_actions::testing::{FakeUser, Fault, TestForest, TestUser};
use serde_json::{Value, json};

use super::shop::{chart, memory};

async fn project() -> TestForest {
    let builder = Forest::builder().actions([]).records(memory());
    TestForest::start(builder, |forest| App::new().configure(forest.routes()))
        .await
        .unwrap()
}

fn with_level(forest: &TestForest, level: &str) -> TestUser {
    let id = 100 + forest.fake().users().len() as u64;
    let user = FakeUser::new(id, format!("{level}@example.com")).permission_level(level);
    forest.add(user.role("Clerk").tag("country", "UK"))
}

async fn status(user: &TestUser, chart: &Value) -> u16 {
    user.chart("orders", chart.clone()).await.status()
}

#[actix_web::test]
async fn levels_see_any_chart_and_others_those_of_their_rendering() {
    let forest = project().await;
    forest.fake().role("Clerk");
    let count = chart("Value", json!({}));
    for (level, before, after) in [
        ("admin", 200, 200),
        ("developer", 200, 200),
        ("editor", 200, 200),
        ("user", 403, 200),
        ("manager", 403, 200),
    ] {
        let forest = project().await;
        forest.fake().role("Clerk");
        let user = with_level(&forest, level);
        assert_eq!(status(&user, &count).await, before, "{level}");
        forest.fake().rendering(1).chart(count.clone());
        assert_eq!(status(&user, &count).await, after, "{level}");
    }
    let answer = with_level(&forest, "user").chart("orders", count).await;
    assert_eq!(answer.error_name(), "ForbiddenError");
    assert_eq!(
        answer.json()["errors"][0]["detail"],
        "User is not authorized to view this chart"
    );
}

#[actix_web::test]
async fn another_chart_than_the_granted_one_is_refused() {
    let forest = project().await;
    forest.fake().role("Clerk");
    let user = with_level(&forest, "user");
    let filter = json!({"field": "status", "operator": "equal", "value": "{{status.selectedValue}}"});
    let granted = chart(
        "Pie",
        json!({"groupByFieldName": "status", "filter": filter, "limit": 5}),
    );
    forest.fake().rendering(1).chart(granted.clone());
    let mut same = granted.clone();
    same["aggregateFieldName"] = Value::Null;
    same["limit"] = json!(5.0);
    same["contextVariables"] = json!({"status.selectedValue": "open"});
    assert_eq!(status(&user, &same).await, 200);
    for (member, value) in [
        ("type", json!("Line")),
        ("aggregator", json!("Sum")),
        ("groupByFieldName", json!("amount")),
        ("filter", Value::Null),
        (
            "filter",
            json!({"field": "status", "operator": "equal", "value": "open"}),
        ),
        ("limit", json!(6)),
        ("query", json!("SELECT 1")),
        ("objective", json!(1)),
    ] {
        let mut other = same.clone();
        other[member] = value;
        assert_eq!(status(&user, &other).await, 403, "{other}");
    }
    // the collection of the path is that of the definition
    let answer = user.chart("customers", same).await;
    assert_eq!(answer.status(), 400);
    let other = user.clone().in_rendering(2);
    assert_eq!(status(&other, &granted).await, 403);
}

#[actix_web::test]
async fn a_granted_chart_shows_the_records_of_the_scope() {
    let forest = project().await;
    forest.fake().role("Clerk").may_browse("customers");
    let user = with_level(&forest, "user");
    let mine = json!({"field": "customer:country", "operator": "equal", "value": "{{currentUser.tags.country}}"});
    let count = chart("Value", json!({}));
    let filtered = chart("Value", json!({"filter": mine}));
    let rendering = forest.fake().rendering(1).chart(count.clone()).chart(filtered.clone());
    let shown =
        async |chart: &Value| user.chart("orders", chart.clone()).await.json()["data"]["attributes"]["value"].clone();
    assert_eq!(shown(&count).await, json!({"countCurrent": 8}));
    assert_eq!(shown(&filtered).await, json!({"countCurrent": 5}));
    rendering.scope(
        "orders",
        json!({"field": "status", "operator": "equal", "value": "open"}),
    );
    assert_eq!(shown(&count).await, json!({"countCurrent": 3}));
    assert_eq!(shown(&filtered).await, json!({"countCurrent": 3}));
}

#[actix_web::test]
async fn a_chart_is_looked_for_once_more_before_it_is_refused() {
    let forest = project().await;
    forest.fake().role("Clerk");
    let user = with_level(&forest, "user");
    let count = chart("Value", json!({}));
    let asked = || {
        let requests = forest.fake().requests();
        requests
            .iter()
            .filter(|request| request.path().contains("/renderings/"))
            .count()
    };
    assert_eq!(status(&user, &count).await, 403);
    // the first answer is that of this request
    assert_eq!(asked(), 1);
    assert_eq!(status(&user, &count).await, 403);
    assert_eq!(asked(), 2);
}

#[actix_web::test]
async fn rights_that_cannot_be_read_grant_nothing() {
    let forest = project().await;
    forest.fake().role("Clerk");
    let user = with_level(&forest, "user");
    let count = chart("Value", json!({}));
    forest.fake().rendering(1).chart(count.clone());
    let route = "GET /liana/v4/permissions/renderings/:id";
    forest.fake().fault(route, Fault::Status(500));
    assert_eq!(status(&user, &count).await, 503);
    let stranger = forest.user_with_id(9_999);
    forest.fake().heal_all();
    assert_eq!(status(&stranger, &count).await, 403);
}
