//! One element of the page, and what a person can do to it. Each method is a command of the driver, which refuses what a
//! person could not do either, such as a click on something that is covered.

use std::path::Path;

use serde_json::{Value, json};

use crate::browser::Browser;
use crate::wire::Refused;

/// The name under which the protocol sends an element.
const KEY: &str = "element-6066-11e4-a52e-4f735466cecf";

/// Keys that have no character.
pub mod keys {
    /// Enter.
    pub const ENTER: &str = "\u{e007}";
    /// Escape.
    pub const ESCAPE: &str = "\u{e00c}";
    /// Tab.
    pub const TAB: &str = "\u{e004}";
    /// The blank.
    pub const SPACE: &str = "\u{e00d}";
    /// Down.
    pub const DOWN: &str = "\u{e015}";
    /// Backspace.
    pub const BACKSPACE: &str = "\u{e003}";
    /// Held until the next [`RELEASE`].
    pub const CONTROL: &str = "\u{e009}";
    /// Releases what is held.
    pub const RELEASE: &str = "\u{e000}";
}

/// An element that was found.
#[derive(Debug)]
pub struct Element<'b> {
    pub(crate) browser: &'b Browser,
    pub(crate) reference: Value,
}

impl<'b> Element<'b> {
    /// What the driver says is an element, if it is one.
    pub(crate) fn of(browser: &'b Browser, reference: &Value) -> Option<Self> {
        reference.get(KEY)?;
        Some(Self {
            browser,
            reference: reference.clone(),
        })
    }

    fn path(&self, command: &str) -> String {
        format!(
            "/element/{}/{command}",
            self.reference[KEY].as_str().unwrap_or_default()
        )
    }

    fn ask(&self, command: &str) -> String {
        let answer = self.browser.wire.get(&self.path(command));
        let answer = answer.unwrap_or_else(|refused| panic!("{command}: {}", refused.message));
        answer.as_str().unwrap_or_default().to_owned()
    }

    /// Clicks it as soon as it can be clicked.
    ///
    /// # Panics
    /// When it cannot be clicked in time.
    pub fn click(&self) {
        self.browser.patiently("click", || {
            let clicked = self.browser.wire.post(&self.path("click"), &json!({}));
            if clicked.as_ref().is_err_and(Refused::passes) {
                // a person would scroll what is half covered
                let script = "arguments[0].scrollIntoView({ block: 'center', inline: 'center' });";
                self.browser.run(script, &json!([self.reference]));
            }
            clicked
        });
    }

    /// Types this, after what is there.
    ///
    /// # Panics
    /// When it takes no text in time.
    pub fn type_text(&self, text: &str) {
        self.browser.patiently("type", || {
            self.browser.wire.post(&self.path("value"), &json!({"text": text}))
        });
    }

    /// Types this in place of what is there.
    ///
    /// # Panics
    /// When it takes no text in time.
    pub fn fill(&self, text: &str) {
        self.browser
            .patiently("clear", || self.browser.wire.post(&self.path("clear"), &json!({})));
        self.type_text(text);
    }

    /// Chooses a file, in an input for files.
    ///
    /// # Panics
    /// When it is no such input.
    pub fn choose_file(&self, path: &Path) {
        self.type_text(path.to_str().expect("a path in UTF-8"));
    }

    /// The text that a person sees.
    #[must_use]
    pub fn text(&self) -> String {
        self.ask("text")
    }

    /// A property, such as `value`.
    #[must_use]
    pub fn property(&self, name: &str) -> Value {
        let answer = self.browser.wire.get(&self.path(&format!("property/{name}")));
        answer.unwrap_or_else(|refused| panic!("{name}: {}", refused.message))
    }

    /// The role that assistive technology is told.
    #[must_use]
    pub fn role(&self) -> String {
        self.ask("computedrole")
    }

    /// The name that assistive technology is told.
    #[must_use]
    pub fn label(&self) -> String {
        self.ask("computedlabel")
    }
}
