//! The local page in the words of a person: who one is, a collection, ticked records, an action, its form, what it answered.
//!
//! The hooks in the markup that are used here (`data-…`) are the page's promise to its tests.

use serde_json::json;

use crate::browser::Browser;
use crate::element::Element;

/// The form of an action, or of a record.
const FORM: &str = "dialog:is(#action-form, #record-form)";

/// The page in a browser.
#[derive(Debug, Clone, Copy)]
pub struct Page<'b> {
    browser: &'b Browser,
}

impl<'b> Page<'b> {
    /// Opens the page and becomes one of the people.
    ///
    /// # Panics
    /// When the page does not come that far.
    pub fn enter(browser: &'b Browser, url: &str, person: u64) -> Self {
        browser.open(url);
        browser.find(&format!("button[data-person='{person}']")).click();
        let page = Self { browser };
        page.settled();
        page
    }

    /// Becomes somebody else.
    pub fn become_somebody(&self, person: u64) {
        self.browser.find(".person-button").click();
        self.browser
            .find(&format!("[role^=menuitem][data-person='{person}']"))
            .click();
        self.browser.find(&format!("[data-current-person='{person}']"));
        self.settled();
    }

    /// Waits until what is shown is complete.
    pub fn settled(&self) {
        self.browser.until(
            "const lists = [...document.querySelectorAll('#app .list')];
            return document.querySelector('#app[data-state=ready]')
                && (lists.length > 0 || document.querySelector('#app .record dd'))
                && lists.every((list) => list.getAttribute('aria-busy') === 'false');",
            &json!([]),
        );
    }

    /// Goes to a collection.
    pub fn collection(&self, name: &str) {
        self.browser.find(&format!("nav a[data-collection='{name}']")).click();
        self.browser.find(&format!(".list[data-list='{name}']"));
        self.settled();
    }

    /// Shows what stands behind `#`, such as `/companies/7`.
    pub fn go(&self, place: &str) {
        self.browser.run("location.hash = arguments[0];", &json!([place]));
        self.settled();
    }

    /// Ticks or unticks a record of the page on screen.
    pub fn tick(&self, id: &str) {
        self.browser.find(&format!("input[data-tick='{id}']")).click();
    }

    /// Opens the menu of actions.
    pub fn menu(&self) {
        self.browser.find("[data-actions]").click();
    }

    /// Chooses an action of the menu.
    pub fn action(&self, name: &str) {
        self.menu();
        self.browser
            .find(&format!("[role=menu] [data-action='{name}']"))
            .click();
    }

    /// Searches in the list.
    pub fn search(&self, text: &str) {
        let loads = self.loads();
        self.browser.find("#app input[type=search]").fill(text);
        self.loaded_after(loads);
    }

    /// Goes to the next page of the list.
    pub fn next_page(&self) {
        let loads = self.loads();
        self.browser.find("#app .pager [aria-label='Next page']").click();
        self.loaded_after(loads);
    }

    /// How often the first list has been read.
    #[must_use]
    pub fn loads(&self) -> u64 {
        let loads = self.browser.run(
            "return Number(document.querySelector('#app .list')?.dataset.loads ?? 0);",
            &json!([]),
        );
        loads.as_u64().unwrap_or_default()
    }

    /// Waits until the first list has been read again since it had been so often.
    pub fn loaded_after(&self, loads: u64) {
        self.browser.until(
            "const list = document.querySelector('#app .list');
            return list && Number(list.dataset.loads ?? 0) > arguments[0] && list.getAttribute('aria-busy') === 'false';",
            &json!([loads]),
        );
    }

    /// The ids of the records on screen.
    #[must_use]
    pub fn records(&self) -> Vec<String> {
        let ids = self.browser.run(
            "return [...document.querySelectorAll('#app .list tr[data-record]')].map((row) => row.dataset.record);",
            &json!([]),
        );
        let ids = ids.as_array().cloned().unwrap_or_default();
        ids.iter().filter_map(|id| id.as_str().map(str::to_owned)).collect()
    }

    /// Waits until a cell of the list shows this text.
    pub fn until_cell(&self, id: &str, field: &str, text: &str) {
        self.browser
            .find_with(&format!("tr[data-record='{id}'] td[data-field='{field}']"), text);
    }

    /// A field of the open form, as soon as it is there.
    pub fn field(&self, name: &str) -> Element<'b> {
        self.browser.find(&format!("{FORM} .field[data-field='{name}']"))
    }

    /// The control of a field, as soon as it is there.
    pub fn control(&self, name: &str) -> Element<'b> {
        let place = format!("{FORM} .field[data-field='{name}']");
        self.browser
            .find(&format!("{place} input, {place} textarea, {place} select"))
    }

    /// Waits until a control has this value.
    pub fn until_value(&self, field: &str, value: &str) {
        self.browser.until(
            "const place = document.querySelector(`dialog:is(#action-form, #record-form) .field[data-field='${arguments[0]}']`);
            const control = place?.querySelector('input, textarea, select');
            const shown = control?.tagName === 'SELECT' ? control.selectedOptions[0]?.textContent : control?.value;
            return shown === arguments[1];",
            &json!([field, value]),
        );
    }

    /// Chooses an option of a list, by its text.
    pub fn choose(&self, field: &str, option: &str) {
        let place = format!("{FORM} .field[data-field='{field}'] select option");
        self.browser.find_with(&place, option).click();
    }

    /// Presses the button that goes on, or sends the form.
    pub fn submit(&self) {
        // a page that was just turned takes no press that was meant for the one before
        let button = format!("{FORM}:not(.turning) footer button[type=submit]");
        self.browser.find(&button).click();
    }

    /// Waits until the form has gone.
    pub fn until_form_closed(&self) {
        self.browser.until_gone(FORM);
    }

    /// Waits for a notification of this kind (`success`, `error`, `info`) with this text in it, and takes it away.
    ///
    /// # Panics
    /// When none comes.
    pub fn toast(&self, kind: &str, text: &str) {
        let toast = self.browser.find_with(&format!("[data-toast='{kind}']"), text);
        // it may lie over what comes next
        self.browser.run(
            "arguments[0].querySelector('button').click();",
            &json!([toast.reference()]),
        );
    }

    /// The HTML of the panel in which an action's HTML is shown, as the frame was given it.
    #[must_use]
    pub fn panel(&self) -> String {
        let frame = self.browser.find("dialog#html-panel iframe");
        frame.property("srcdoc").as_str().unwrap_or_default().to_owned()
    }
}
