//! An import: a file goes in, and the rows that were refused come out as another.

use crate::demo::Demo;

#[test]
fn refused_rows_are_downloaded_from_the_panel() {
    let Some(demo) = Demo::start("import_companies") else {
        return;
    };
    let page = demo.page(1);
    page.collection("companies");
    page.action("Import companies");
    let rows = "name;industry;headquarters;status\nBolt;Tools;Lyon;live\nAcme;;Porto;asleep\n";
    page.control("File")
        .choose_file(&demo.file("companies.csv", rows.as_bytes()));
    page.submit();
    page.toast("success", "1 row imported, 1 refused");
    page.until_form_closed();
    assert_eq!(demo.value("SELECT status FROM companies WHERE name = 'Bolt'"), "live");

    let frame = demo.browser.find("dialog#html-panel iframe");
    demo.browser.inside(&frame, || demo.browser.find("a[download]").click());
    let refused = String::from_utf8(demo.browser.downloaded("refused-rows.csv")).unwrap();
    assert!(
        refused.contains("\nAcme;;Porto;asleep;3;") && refused.contains("“industry”: a value is required"),
        "{refused}"
    );
}
