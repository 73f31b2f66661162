//! Tables of unusual shapes: keys of two columns, many columns, long texts, no record.

use forest_actions::records::{CollectionModel, FieldModel, MemoryRecords, ValueType};
use serde_json::{Map, Value, json};

use crate::stage::Stage;

/// The order of these columns is not that of their names.
const WIDE: [&str; 4] = ["zone", "id", "rate", "name"];

pub(crate) fn add(records: MemoryRecords) -> MemoryRecords {
    let loans = CollectionModel::new("loans")
        .field(FieldModel::new("branch", ValueType::Text))
        .field(FieldModel::new("number", ValueType::Integer))
        .field(FieldModel::new("principal", ValueType::Decimal))
        .field(FieldModel::new("customer", ValueType::Text))
        .key(["branch", "number"]);
    let rows = (1..=20).map(|number| json!({"branch": "BRE", "number": number, "principal": "1250.50", "customer": format!("Customer {number}")}));
    let seats = CollectionModel::new("seats")
        .field(FieldModel::new("row", ValueType::Text))
        .field(FieldModel::new("number", ValueType::Integer))
        .field(FieldModel::new("price", ValueType::Integer))
        .key(["row", "number"]);
    let places = (1..=5).map(|number| json!({"row": "A", "number": number, "price": 1_000 * number}));
    let mut wide = CollectionModel::new("wide").key(["id"]);
    let mut values = Map::new();
    for name in WIDE {
        let is_number = matches!(name, "id" | "rate");
        let value_type = if is_number { ValueType::Integer } else { ValueType::Text };
        wide = wide.field(FieldModel::new(name, value_type));
        values.insert(
            name.to_owned(),
            if is_number {
                json!(7)
            } else {
                json!(name.to_uppercase())
            },
        );
    }
    for number in 5..=30 {
        let name = format!("column_{number:02}");
        wide = wide.field(FieldModel::new(&name, ValueType::Decimal));
        values.insert(name, json!(number));
    }
    let stories = CollectionModel::new("stories")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("title", ValueType::Text))
        .field(FieldModel::new("body", ValueType::Text))
        .key(["id"]);
    let long = "A sentence about nothing in particular. ".repeat(60);
    let texts = (1..=3).map(|id| json!({"id": id, "title": "Unbreakable".repeat(30), "body": long}));
    let voids = CollectionModel::new("voids")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("name", ValueType::Text))
        .key(["id"]);
    records
        .collection(loans, rows.collect())
        .collection(seats, places.collect())
        .collection(wide, vec![Value::Object(values)])
        .collection(stories, texts.collect())
        .collection(voids, Vec::new())
}

/// The columns on screen.
fn columns(stage: &Stage) -> Value {
    stage.browser.run(
        "return [...document.querySelectorAll('#app th[data-field]')].map((head) => head.dataset.field);",
        &json!([]),
    )
}

#[test]
fn columns_are_in_the_order_of_the_table_and_more_can_be_chosen() {
    let Some(stage) = Stage::local("columns") else { return };
    let (browser, page) = (&stage.browser, stage.page(1));
    page.go("/wide");
    let mut usual: Vec<String> = WIDE.map(str::to_owned).into();
    usual.extend((5..=8).map(|number| format!("column_{number:02}")));
    assert_eq!(columns(&stage), json!(usual));
    let choose = |boxes: &[&str]| {
        browser.find("[data-columns]").click();
        for name in boxes {
            browser.find(&format!("dialog#columns input[value='{name}']")).click();
        }
        let loads = page.loads();
        browser.find_with("dialog#columns footer button", "Show").click();
        page.loaded_after(loads);
    };
    choose(&["column_30", "rate", "column_06"]);
    let chosen = json!(["zone", "id", "name", "column_05", "column_07", "column_08", "column_30"]);
    assert_eq!(columns(&stage), chosen);
    page.until_cell("7", "column_30", "30");
    // kept for this collection only, also after a reload
    browser.run("location.reload();", &json!([]));
    browser.find("[data-record='7'] [data-field='column_30']");
    assert_eq!(columns(&stage), chosen);
    page.go("/companies");
    assert_eq!(columns(&stage), json!(["id", "name"]));
    assert!(!browser.shows("[data-columns]"));
    page.go("/wide");
    browser.find("[data-columns]").click();
    browser
        .find_with("dialog#columns footer button", "Usual columns")
        .click();
    browser.until(
        "return !document.querySelector('th[data-field=column_30]');",
        &json!([]),
    );
    browser.until(
        "return document.querySelectorAll('#app th[data-field]').length === 8;",
        &json!([]),
    );
}

#[test]
fn numbers_stand_below_the_end_of_their_heading() {
    let Some(stage) = Stage::local("numbers") else { return };
    let page = stage.page(1);
    for (place, field) in [("/loans", "principal"), ("/seats", "price"), ("/wide", "rate")] {
        page.go(place);
        let ends = stage.browser.run(
            "const end = (place) => {
                const range = document.createRange();
                range.selectNodeContents(document.querySelector(`#app ${place}[data-field='${arguments[0]}']`));
                return range.getBoundingClientRect().right;
            };
            // the button of a heading has an edge of its own
            return Math.abs(end('td') - end('th')) < 8;",
            &json!([field]),
        );
        assert_eq!(ends, true, "{place}");
    }
}

#[test]
fn a_record_is_named_by_its_first_text_that_is_no_part_of_the_key() {
    let Some(stage) = Stage::local("names") else { return };
    let (browser, page) = (&stage.browser, stage.page(1));
    page.go("/loans");
    browser
        .find_with("[data-record='BRE|3'] .record-link", "Customer 3")
        .click();
    browser.find_with("[data-title]", "Customer 3");
    assert!(browser.shows(".list-title .count"));
    page.go("/seats");
    browser.find_with("[data-record='A|2'] .record-link", "A").click();
    browser.find_with("[data-title]", "#A|2");
    assert!(!browser.shows(".list-title .count"));
}

#[test]
fn no_cell_of_a_card_lies_over_another_on_a_phone() {
    let Some(stage) = Stage::local("cards") else { return };
    let (browser, page) = (&stage.browser, stage.page(1));
    browser.resize(390, 844);
    for place in [
        "/loans",
        "/seats",
        "/wide",
        "/stories",
        "/voids",
        "/loans/BRE%7C3",
        "/stories/1",
    ] {
        page.go(place);
        let overlaps = browser.run(
            "const found = [];
            for (const row of document.querySelectorAll('#app tr[data-record]')) {
                const cells = [...row.querySelectorAll('td:not(.tick)')].filter((cell) => cell.checkVisibility());
                if (!cells.some((cell) => cell.matches('.name') && cell.innerText.trim())) found.push('no name');
                const boxes = cells.map((cell) => {
                    const range = document.createRange();
                    range.selectNodeContents(cell);
                    const { left, right, top, bottom } = range.getBoundingClientRect();
                    // a long text is cut
                    return { left, right, top, bottom: Math.min(bottom, cell.getBoundingClientRect().bottom) };
                });
                boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b, j) => {
                    if (a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1)
                        found.push([cells[i].dataset.field, cells[i + 1 + j].dataset.field]);
                }));
            }
            if (document.documentElement.scrollWidth > innerWidth) found.push('too wide');
            return found;",
            &json!([]),
        );
        assert_eq!(overlaps, json!([]), "{place}");
    }
    page.go("/loans");
    let card = browser.find("tr[data-record='BRE|3']").text();
    for part in ["Customer 3", "BRE", "3"] {
        assert!(card.contains(part), "{card}");
    }
}
