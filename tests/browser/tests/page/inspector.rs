//! The inspector, for calls whose bodies are large.

use serde_json::json;

use crate::stage::Stage;

#[test]
fn the_last_action_is_kept_whole_while_lists_are_read_and_an_older_one_says_that_it_is_not() {
    let Some(stage) = Stage::local("inspected_film") else {
        return;
    };
    let path = stage.browser.folder().join("film.bin");
    std::fs::write(&path, vec![b'x'; 400_000]).unwrap();
    let page = stage.page(1);
    page.go("/companies/3");
    stage.browser.find("#inspect-button").click();
    for _ in 0..2 {
        page.action("Take a film");
        page.control("film").choose_file(&path);
        stage.browser.find_with(".field[data-field=film] .files", "400 KB");
        page.submit();
        page.toast("success", "Taken");
        page.until_form_closed();
        // reads follow, which are newer
        page.go("/companies");
        page.go("/companies/3");
    }
    let is_whole = "return document.querySelector('[data-copy-curl]')?.disabled === false
        && !document.querySelector('[data-shortened]') && document.querySelector('[data-curl]')?.textContent.includes(arguments[0]);";
    // too long for a shell: it names the file that the button beside saves
    stage.browser.until(is_whole, &json!(["@body.json"]));
    stage.browser.find_with("[data-log-line]", "smart action ended");
    stage.browser.run(
        "const select = document.querySelector('#inspector select');
        select.value = [...select.options].filter(({ text }) => text.includes('take-a-film') && !text.includes('hooks')).at(-1).value;
        select.dispatchEvent(new Event('change'));",
        &json!([]),
    );
    stage.browser.find_with("[data-shortened]", "no longer kept");
    assert_eq!(stage.browser.find("[data-copy-curl]").property("disabled"), true);
    assert!(!stage.browser.shows("[data-curl]") && !stage.browser.shows("#inspector summary"));
}
