//! Records with every type of field, and links that can be taken away.

use forest_actions::records::{CollectionModel, FieldModel, RelationModel, ValueType};
use forest_test_browser::keys;
use serde_json::{Value, json};

use crate::stage::Stage;

/// A collection that can be written, with rows.
pub(crate) fn notes() -> (CollectionModel, Vec<Value>) {
    let notes = CollectionModel::new("notes")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("title", ValueType::Text).required(true))
        .field(FieldModel::new("body", ValueType::Text))
        .field(FieldModel::new("is_done", ValueType::Boolean))
        .field(FieldModel::new("hours", ValueType::Decimal))
        .field(FieldModel::new("day", ValueType::Day))
        .field(FieldModel::new("seen_at", ValueType::Instant))
        .field(FieldModel::new("kind", ValueType::Text).enum_values(["call", "visit"]))
        .field(FieldModel::new("data", ValueType::Json))
        .field(FieldModel::new("tags", ValueType::List(Box::new(ValueType::Text))))
        .field(FieldModel::new("company_id", ValueType::Integer).foreign_key(true))
        .key(["id"])
        .relation(RelationModel::belongs_to("company", "companies", "company_id", "id").inverse_of("notes"));
    let rows = (1..=4).map(|id| json!({"id": id, "title": format!("Note {id}"), "company_id": 3, "is_done": true}));
    (notes, rows.collect())
}

fn press(stage: &Stage, name: &str) {
    stage.browser.find(&format!("[data-write='{name}']")).click();
}

/// The text of a field of the record on screen.
fn shown(stage: &Stage, field: &str) -> String {
    stage
        .browser
        .find(&format!(".details [data-field='{field}'] dd"))
        .text()
}

#[test]
fn every_type_of_field_is_created_and_changed() {
    let Some(stage) = Stage::local("write_types") else {
        return;
    };
    let (browser, page) = (&stage.browser, stage.page(1));
    let set = |field: &str, value: &str| {
        browser.run(
            "const input = document.querySelector(`dialog .field[data-field='${arguments[0]}'] input`);
            input.value = arguments[1];
            input.dispatchEvent(new Event('input', { bubbles: true }));
            input.dispatchEvent(new Event('change', { bubbles: true }));",
            &json!([field, value]),
        );
    };
    page.collection("notes");
    press(&stage, "new");
    page.control("title").fill("A <b>long</b> talk");
    browser
        .find(".field[data-field=body] textarea")
        .type_text("two\u{e007}lines");
    browser.find_with(".field[data-field=is_done] label", "No").click();
    page.control("hours").fill("1.5");
    set("day", "2031-05-15");
    set("seen_at", "2031-05-15T08:30");
    page.choose("kind", "visit");
    browser
        .find(".field[data-field=data] textarea")
        .type_text("{\"deep\": [1, null");
    page.submit();
    browser.find_with("[data-error='data']", "not JSON");
    browser.find(".field[data-field=data] textarea").type_text("]}");
    browser.find(".field[data-field=tags] button").click();
    browser.find(".field[data-field=tags] li input").type_text("red");
    page.control("company").fill("Company 07");
    browser.find("[role=option][data-option='7']").click();
    page.submit();
    page.toast("success", "Created “A <b>long</b> talk”.");
    page.until_form_closed();
    browser.find("[data-open-record='5']");
    let expected = [
        ("title", "A <b>long</b> talk"),
        ("body", "two\nlines"),
        ("is_done", "No"),
        ("hours", "1.5"),
        ("kind", "visit"),
        ("tags", "red"),
        ("company", "Company 07"),
    ];
    for (field, text) in expected {
        assert_eq!(shown(&stage, field), text, "{field}");
    }
    for (field, text) in [("data", "\"deep\""), ("day", "2031"), ("seen_at", "30")] {
        assert!(shown(&stage, field).contains(text), "{field}: {}", shown(&stage, field));
    }

    // what is not touched is not sent, and a field can be emptied
    press(&stage, "edit");
    browser.find_with(".field[data-field=is_done] label", "Not set").click();
    let erase = format!("{}a{}{}", keys::CONTROL, keys::RELEASE, keys::BACKSPACE);
    browser.find(".field[data-field=body] textarea").type_text(&erase);
    browser.find("[aria-label='Clear Company']").click();
    page.submit();
    page.toast("success", "The changes are saved.");
    page.until_form_closed();
    for field in ["is_done", "body", "company"] {
        browser.find_with(&format!(".details [data-field='{field}'] dd"), "—");
    }
    assert_eq!(shown(&stage, "hours"), "1.5");
    browser.find("#inspect-button").click();
    let body = browser
        .find_with("#inspector [aria-label='Request body']", "is_done")
        .text();
    assert!(
        !body.contains("hours") && !body.contains("seen_at") && !body.contains("company"),
        "{body}"
    );
}

#[test]
fn records_are_unlinked_and_linked_again() {
    let Some(stage) = Stage::local("unlink") else { return };
    let (browser, page) = (&stage.browser, stage.page(1));
    page.go("/companies/3/notes");
    assert_eq!(page.records(), ["1", "2", "3", "4"]);
    // no field of a company can be changed
    assert!(!browser.shows("[data-write='edit']") && !browser.shows("[data-write='delete']"));
    browser.find("[data-select-page]").click();
    page.tick("2");
    press(&stage, "unlink");
    browser.find_with("dialog#confirm", "3 records will not belong to Companies #3 any more");
    browser.find("dialog#confirm footer button.primary").click();
    page.toast("success", "Unlinked 3 records.");
    browser.until_gone("tr[data-record='1']");
    assert_eq!(page.records(), ["2"]);

    press(&stage, "link");
    for id in ["4", "1"] {
        page.control("records").type_text(&format!("Note {id}"));
        browser.find(&format!("[role=option][data-option='{id}']")).click();
    }
    page.submit();
    page.toast("success", "Linked 2 records.");
    page.until_form_closed();
    browser.find("tr[data-record='4']");
    assert_eq!(page.records(), ["1", "2", "4"]);
}
