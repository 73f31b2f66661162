//! Charts in code, drawn by the page.

use forest_actions::charts::{
    ChartResult, LeaderboardChart, LineChart, ObjectiveChart, PercentageChart, PieChart, ValueChart,
};
use forest_actions::prelude::*;
use serde_json::{Value, json};

use crate::stage::Stage;

#[smart_chart(name = "open-orders")]
async fn open_orders() -> ValueChart {
    ValueChart::new(1_234).previous(1_000)
}

#[smart_chart(name = "goal")]
async fn goal() -> ObjectiveChart {
    ObjectiveChart::new(30, 40)
}

#[smart_chart(name = "on-time")]
async fn on_time() -> PercentageChart {
    PercentageChart::new(12.5)
}

#[smart_chart(name = "by-state")]
async fn by_state() -> PieChart {
    PieChart::new((1..=12).map(|n| (format!("State {n}"), 13 - n)))
}

#[smart_chart(name = "by-month")]
async fn by_month() -> LineChart {
    LineChart::new([("Jan", 3.0), ("Feb", -1.0), ("Mar", 0.1 + 0.2), ("<b>Apr</b>", 8.0)])
}

#[smart_chart(name = "best-customers")]
async fn best_customers() -> LeaderboardChart {
    LeaderboardChart::new([("Sam", 5), ("Ada", 20)])
}

#[smart_chart(name = "any-json")]
async fn any_json() -> Value {
    json!({"rows": [1, null]})
}

#[smart_chart(name = "closed")]
async fn closed() -> ChartResult<ValueChart> {
    Err(failure("The books are closed."))
}

#[smart_chart(collection = "companies", name = "notes-of-company")]
async fn notes_of_company(id: RecordId<i64>) -> ValueChart {
    ValueChart::new(*id * 100)
}

fn text(stage: &Stage, chart: &str) -> String {
    let place = format!("figure[data-chart='{chart}'][aria-busy=false]");
    stage.browser.find(&place).text().replace('\n', " ")
}

#[test]
fn each_type_is_drawn_with_its_numbers_as_text() {
    let Some(stage) = Stage::local("charts") else { return };
    let browser = &stage.browser;
    stage.page(1);
    browser.find_with("nav .apart a", "Charts").click();
    for (chart, parts) in [
        ("open-orders", &["Open orders", "1,234", "before: 1,000 (+23.4 %)"][..]),
        ("goal", &["30", "75 % of 40"]),
        ("on-time", &["12.5 %"]),
        ("by-state", &["State 1", "12", "15.4 %", "2 more"]),
        (
            "by-month",
            &["Jan 3", "<b>Apr</b> 8", "lowest -1, highest 8", "Numbers"],
        ),
        ("best-customers", &["Ada 20 Sam 5"]),
        ("any-json", &["\"rows\""]),
        ("closed", &["The books are closed."]),
    ] {
        let text = text(&stage, chart);
        for part in parts {
            assert!(text.contains(part), "{chart}: {part} in {text}");
        }
    }
    let drawn = browser.run(
        "const count = (chart, part) => document.querySelectorAll(`[data-chart='${chart}'] ${part}`).length;
        return [count('by-state', 'circle'), count('by-month', 'polyline'), count('best-customers', 'progress'),
            document.querySelector(`[data-chart='goal'] progress`).position];",
        &json!([]),
    );
    assert_eq!(drawn, json!([12, 1, 2, 0.75]));
    browser.find_with("[data-chart='by-month'] summary", "Numbers").click();
    browser.find_with("[data-chart='by-month'] details li", "0.3");
    assert!(
        browser
            .console()
            .iter()
            .all(|(level, text)| level != "SEVERE" || text.contains("400"))
    );
}

#[test]
fn charts_of_a_collection_are_read_when_they_are_opened_on_a_record() {
    let Some(stage) = Stage::local("record_charts") else {
        return;
    };
    let browser = &stage.browser;
    let page = stage.page(1);
    page.go("/companies/7");
    let read = "return performance.getEntriesByType('resource').filter(({ name }) => name.includes('_charts')).length;";
    assert_eq!(browser.run(read, &json!([])), 0);
    browser.find_with("[data-charts=companies] summary", "Charts").click();
    assert!(text(&stage, "notes-of-company").contains("700"));
    assert_eq!(browser.run(read, &json!([])), 1);
    page.go("/notes/1");
    assert!(!browser.shows("[data-charts]"));
}
