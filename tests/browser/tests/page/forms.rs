//! Forms beyond the demo's: large files, searched options, hooks that change the form, and many records.

use serde_json::json;

use crate::stage::Stage;

#[test]
fn a_file_of_ten_mebibytes_arrives_byte_for_byte() {
    let Some(stage) = Stage::local("large_file") else {
        return;
    };
    let folder = stage.browser.folder();
    let content: Vec<u8> = (0_u32..10 * 1024 * 1024)
        .map(|index| (index.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let path = folder.join("Filme & „mehr“.bin");
    std::fs::write(&path, &content).unwrap();
    let sum = content
        .iter()
        .fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("Take a film");
    page.control("film").choose_file(&path);
    stage.browser.find_with(".field[data-field=film] .files", "10.5 MB");
    page.submit();
    page.toast("success", "Taken");
    let taken = stage.seen.last();
    assert_eq!(
        taken,
        json!({"name": "Filme & „mehr“.bin", "size": content.len(), "sum": sum})
    );
}

#[test]
fn a_dropped_file_is_taken_like_a_chosen_one() {
    let Some(stage) = Stage::local("dropped_file") else {
        return;
    };
    let page = stage.page(1);
    page.go("/companies/3");
    page.action("Take a film");
    page.field("film");
    stage.browser.run(
        "const transfer = new DataTransfer();
        transfer.items.add(new File(['dropped'], 'dropped.txt', { type: 'text/plain' }));
        const zone = document.querySelector('.field[data-field=film] .drop');
        for (const type of ['dragenter', 'dragover', 'drop']) {
            zone.dispatchEvent(new DragEvent(type, { dataTransfer: transfer, bubbles: true, cancelable: true }));
        }",
        &json!([]),
    );
    stage.browser.find_with(".field[data-field=film] .files", "dropped.txt");
    page.submit();
    page.toast("success", "Taken");
    assert_eq!(stage.seen.last()["size"], 7);
}

#[test]
fn options_are_searched_while_somebody_types_and_hooks_change_the_form() {
    let Some(stage) = Stage::local("searched_options") else {
        return;
    };
    let page = stage.page(1);
    page.collection("companies");
    let records = page.records();
    page.tick(&records[0]);
    page.tick(&records[1]);
    page.action("Ask");
    page.control("word").type_text("t");
    stage.browser.find_with("[role=option]", "TWO");
    page.control("word").type_text("hr");
    stage.browser.until(
        "return [...document.querySelectorAll('[role=option]')].map((option) => option.innerText).join() === 'THREE';",
        &json!([]),
    );
    stage.browser.find_with("[role=option]", "THREE").click();
    stage
        .browser
        .find_with(
            ".field[data-field=loud] label, .field[data-field=loud] input[role=switch]",
            "",
        )
        .click();
    page.until_value("told", "LOUD");
    assert_eq!(page.control("told").property("disabled"), true);
    page.submit();
    page.toast("success", "Asked");
    let ids: Vec<i64> = records[..2].iter().map(|id| id.parse().unwrap()).collect();
    assert_eq!(
        stage.seen.last(),
        json!({"word": "three", "loud": true, "told": "LOUD", "ids": ids})
    );
}
