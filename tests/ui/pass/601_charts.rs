//! Every kind of chart in code, and the arguments of one.

#![deny(warnings)]

use actix_web::HttpRequest;
use forest_actions::charts::{
    ChartResult, LeaderboardChart, LineChart, ObjectiveChart, PercentageChart, PieChart, ValueChart,
};
use forest_actions::prelude::*;
use serde::Deserialize;
use serde_json::{Value, json};

#[smart_chart]
async fn value() -> ValueChart {
    ValueChart::new(1).previous(2.5)
}

#[smart_chart(name = "an objective")]
async fn objective() -> ChartResult<ObjectiveChart> {
    let number: i64 = "7".parse()?;
    Ok(ObjectiveChart::new(number, 10))
}

#[smart_chart]
pub async fn percentage() -> PercentageChart {
    PercentageChart::new(12.5)
}

#[smart_chart]
async fn pie() -> PieChart {
    PieChart::new([("a", 1_u64)])
}

#[smart_chart]
async fn line() -> LineChart {
    LineChart::new(vec![("a".to_owned(), 1)])
}

#[smart_chart]
async fn leaderboard() -> LeaderboardChart {
    LeaderboardChart::new([("a", 1)])
}

#[derive(Deserialize)]
struct Asked {
    days: Option<u32>,
}

#[smart_chart(collection = "orders", crate = ::forest_actions)]
async fn smart(
    id: RecordId<i64>,
    caller: Caller,
    asked: web::Query<Asked>,
    state: web::Data<String>,
    req: HttpRequest,
) -> Value {
    json!([*id, caller.id, asked.days, **state, req.path()])
}

#[allow(dead_code)]
#[cfg(any())]
#[smart_chart]
async fn left_out() -> Missing {}

#[actix_web::test]
async fn functions_stay_functions() {
    use forest_actions::charts::IntoChart as _;
    assert_eq!(percentage().await.into_chart().unwrap(), json!(12.5));
    assert_eq!(
        objective().await.unwrap().into_chart().unwrap(),
        json!({"value": 7, "objective": 10})
    );
}
