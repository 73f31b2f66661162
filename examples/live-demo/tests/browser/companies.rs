//! The actions of companies.

use crate::demo::Demo;

#[test]
fn mark_as_live_updates_the_row_and_fails_the_second_time() {
    let Some(demo) = Demo::start("mark_as_live") else {
        return;
    };
    let id = demo.value("SELECT CAST(id AS text) FROM companies WHERE status = 'pending' ORDER BY id LIMIT 1");
    let page = demo.page(1);
    page.collection("companies");
    page.tick(&id);
    page.action("Mark as Live");
    page.toast("success", "Company is now live!");
    page.until_cell(&id, "status", "live");
    let live = demo.sql("SELECT CAST(id AS text) FROM companies WHERE status = 'live'");
    assert!(live.contains(&id), "{id} of {live:?}");
    page.tick(&id);
    page.action("Mark as Live");
    page.toast("error", "The company was already live!");
}

#[test]
fn a_record_shows_its_history() {
    let Some(demo) = Demo::start("history") else { return };
    let page = demo.page(1);
    page.go("/companies/2");
    demo.browser.find("[data-history] summary").click();
    demo.browser.find_with("[data-history]", "Nothing is recorded");
    // the action answers here, and the history follows
    page.action("Mark as Live");
    demo.browser.find_with("[data-history] li", "Mark as Live");
    let text = demo.browser.find("[data-history] .history-rows").text();
    assert!(text.contains("Ada Lovelace"), "{text}");
    page.collection("forest_audit");
    assert_eq!(page.records().len(), 1);
}

#[test]
fn upload_legal_docs_stores_the_selected_files() {
    let Some(demo) = Demo::start("upload_legal_docs") else {
        return;
    };
    let page = demo.page(1);
    page.go("/companies/3/documents");
    page.action("Upload Legal Docs");
    let kinds = [
        "Certificate of Incorporation",
        "Proof of address",
        "Company bank statement",
        "Valid proof of ID",
    ];
    for (number, kind) in kinds.iter().enumerate() {
        let file = demo.file(&format!("Ünï {number}.pdf"), format!("%PDF-1.4 {number}").as_bytes());
        page.control(kind).choose_file(&file);
        let shown = format!("Ünï {number}.pdf");
        demo.browser
            .find_with(&format!(".field[data-field='{kind}'] .files"), &shown);
    }
    page.submit();
    page.toast("success", "Legal documents are successfully uploaded.");
    page.until_form_closed();
    let stored = demo.sql(
        "SELECT file_name || '|' || CAST(content AS text) || '|' || uploaded_by FROM documents WHERE company_id = 3 \
         AND uploaded_by = 'ada@example.com' ORDER BY file_name",
    );
    assert_eq!(stored.len(), 4, "{stored:?}");
    assert_eq!(stored[0], "Ünï 0.pdf|%PDF-1.4 0|ada@example.com");
    // the related list that the answer names is read again
    demo.browser.find_with(".list[data-list=documents] td", "Ünï 0.pdf");
}

#[test]
fn file_errors_are_shown_beside_the_field() {
    let Some(demo) = Demo::start("refused_files") else {
        return;
    };
    let page = demo.page(1);
    page.go("/companies/3");
    page.action("Upload Legal Docs");
    let kind = "Proof of address";
    let problem = format!("[data-error='{kind}']");
    page.control(kind)
        .choose_file(&demo.file("large.pdf", &vec![b'x'; 10 * 1024 * 1024]));
    demo.browser.find_with(&problem, "at most 5 MB");
    page.control(kind).choose_file(&demo.file("notes.txt", b"text"));
    demo.browser.find_with(&problem, "notes.txt");
    page.submit();
    demo.browser
        .find_with("[data-error='Certificate of Incorporation']", "required");
    assert!(demo.browser.shows("dialog#action-form"));
}

#[test]
fn add_new_transaction_finds_the_beneficiary_by_its_name() {
    let Some(demo) = Demo::start("add_new_transaction") else {
        return;
    };
    let name = demo.value("SELECT name FROM companies WHERE id = 9");
    let page = demo.page(1);
    page.go("/companies/4/emitted_transactions");
    page.action("Add new transaction");
    page.control("Beneficiary company").type_text(&name);
    demo.browser
        .find_with("[role=listbox] [data-option='9']", &name)
        .click();
    page.control("Amount").type_text("12.5");
    page.control("Note").type_text("<b>Paper</b> & ink");
    page.submit();
    page.toast("success", "New transaction emitted");
    page.until_form_closed();
    let written = demo.value(
        "SELECT emitter_company_id || ' ' || beneficiary_company_id || ' ' || amount_cents || ' ' || note \
         FROM transactions ORDER BY id DESC LIMIT 1",
    );
    assert_eq!(written, "4 9 1250 <b>Paper</b> & ink");
}

#[test]
fn a_rejected_form_keeps_its_values() {
    let Some(demo) = Demo::start("refused_form") else {
        return;
    };
    let page = demo.page(1);
    page.go("/companies/4");
    page.action("Add new transaction");
    let before = demo.value("SELECT CAST(count(*) AS text) FROM transactions");
    page.submit();
    demo.browser.find_with("[data-error='Beneficiary company']", "required");
    demo.browser.find_with("[data-error='Amount']", "required");
    page.control("Beneficiary company")
        .type_text(&demo.value("SELECT name FROM companies WHERE id = 4"));
    demo.browser.find("[role=listbox] [data-option='4']").click();
    page.control("Amount").type_text("3");
    page.submit();
    page.toast("error", "A company cannot pay itself");
    assert_eq!(page.control("Amount").property("value"), "3");
    assert_eq!(demo.value("SELECT CAST(count(*) AS text) FROM transactions"), before);
}

#[test]
fn return_and_track_opens_the_redirect_in_a_new_tab() {
    let Some(demo) = Demo::start("return_and_track") else {
        return;
    };
    let page = demo.page(1);
    page.go("/companies/7");
    let first = demo.browser.tabs();
    page.action("Return and track");
    page.toast("success", "Return initiated successfully.");
    demo.browser.find_with(
        "[data-toast=info]",
        "https://www.royalmail.com/portal/rm/track?trackNumber=RM100000007GB",
    );
    let number = demo.value("SELECT tracking_number FROM companies WHERE id = 7");
    assert_eq!(number, "RM100000007GB");
    assert_eq!(demo.browser.tabs().len(), first.len() + 1);
    // the page itself stays where it is
    assert!(
        demo.browser
            .address()
            .starts_with(&format!("{}/#/companies/7", demo.url))
    );
}

#[test]
fn show_some_activity_redirects_to_the_record() {
    let Some(demo) = Demo::start("show_some_activity") else {
        return;
    };
    let page = demo.page(1);
    page.collection("companies");
    page.search(&demo.value("SELECT name FROM companies WHERE id = 12"));
    page.tick("12");
    page.action("Show some activity");
    page.toast("success", "Navigated to the activity view.");
    demo.browser.find("[data-open-record='12']");
}

#[test]
fn refresh_statistics_runs_without_records_and_shows_its_html() {
    let Some(demo) = Demo::start("refresh_statistics") else {
        return;
    };
    let page = demo.page(1);
    page.collection("companies");
    page.action("Refresh statistics");
    page.toast("success", "companies are up to date.");
    assert!(page.panel().contains("The three highest balances:"));
    let sum = demo.value("SELECT CAST(sum(balance_cents) AS text) FROM companies");
    assert_eq!(sum, "0");
    demo.browser.find("dialog#html-panel footer button").click();
    demo.browser.until_gone("dialog#html-panel");
}

#[test]
fn sel_01_select_all_with_exclusions_is_exported_across_pages() {
    let Some(demo) = Demo::start("all_but_some") else {
        return;
    };
    let page = demo.page(1);
    page.collection("companies");
    demo.browser.find("[data-select-page]").click();
    demo.browser.find("[data-select-all]").click();
    let mut excluded = vec![page.records()[0].clone()];
    page.tick(&excluded[0]);
    page.next_page();
    excluded.push(page.records()[3].clone());
    page.tick(&excluded[1]);
    page.next_page();
    excluded.push(page.records()[1].clone());
    page.tick(&excluded[2]);
    demo.browser
        .find_with("[data-selected='37']", "37 records selected (all but 3)");
    page.action("Export companies");
    demo.browser.find("dialog#confirm footer button.primary").click();
    page.toast("success", "Downloaded companies.csv");
    let text = String::from_utf8(demo.browser.downloaded("companies.csv")).unwrap();
    let exported: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(exported.len(), 37);
    for id in &excluded {
        assert!(!exported.contains(&id.as_str()), "{id}");
    }
}

#[test]
fn records_selected_across_pages_are_exported() {
    let Some(demo) = Demo::start("some_records") else {
        return;
    };
    let page = demo.page(1);
    page.collection("companies");
    let mut chosen = vec![page.records()[2].clone()];
    page.tick(&chosen[0]);
    page.next_page();
    chosen.push(page.records()[0].clone());
    page.tick(&chosen[1]);
    page.action("Export companies");
    let text = String::from_utf8(demo.browser.downloaded("companies.csv")).unwrap();
    let exported: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    assert_eq!(exported.len(), 2);
    assert!(
        chosen.iter().all(|id| exported.contains(&id.as_str())),
        "{chosen:?} {exported:?}"
    );
}

#[test]
fn select_all_exports_exactly_the_search_results() {
    let Some(demo) = Demo::start("all_of_a_search") else {
        return;
    };
    let expected = demo.sql("SELECT CAST(id AS text) FROM companies WHERE name LIKE '%an%' ORDER BY id");
    assert!(expected.len() > 1);
    let page = demo.page(1);
    page.go("/transactions");
    page.collection("companies");
    demo.browser.find("[data-filter]").click();
    demo.browser
        .find_with("dialog#filters [data-condition-field] option", "Name")
        .click();
    demo.browser
        .find("dialog#filters [data-condition-operator] option[value=i_contains]")
        .click();
    demo.browser
        .find("dialog#filters [data-condition-value]")
        .type_text("an");
    let loads = page.loads();
    demo.browser.find("dialog#filters footer button[type=submit]").click();
    page.loaded_after(loads);
    demo.browser.find("[data-select-page]").click();
    if demo.browser.shows("[data-select-all]") {
        demo.browser.find("[data-select-all]").click();
    }
    page.action("Export companies");
    if demo.browser.shows("dialog#confirm") {
        demo.browser.find("dialog#confirm footer button.primary").click();
    }
    let text = String::from_utf8(demo.browser.downloaded("companies.csv")).unwrap();
    let mut exported: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split(',').next()).collect();
    exported.sort_by_key(|id| id.parse::<u64>().unwrap());
    assert_eq!(exported, expected);
}
