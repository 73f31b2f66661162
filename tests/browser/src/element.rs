//! One element of the page, and what a person can do to it. Each method is a command of the driver, which refuses what a
//! person could not do either, such as a click on something that is covered.

use std::cell::RefCell;
use std::path::Path;
use std::time::Instant;

use serde_json::{Value, json};

use crate::browser::{Browser, limit};
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
///
/// The page may draw it anew between finding it and using it. A person would not notice: they use what stands there
/// now, and so does this, by looking for it again in the same way.
#[derive(Debug)]
pub struct Element<'b> {
    pub(crate) browser: &'b Browser,
    reference: RefCell<Value>,
    found_by: Option<FoundBy>,
}

/// How an element was found.
#[derive(Debug)]
pub(crate) struct FoundBy {
    pub(crate) selector: String,
    pub(crate) text: String,
}

impl<'b> Element<'b> {
    /// What the driver says is an element, if it is one.
    pub(crate) fn of(browser: &'b Browser, reference: &Value, found_by: Option<FoundBy>) -> Option<Self> {
        reference.get(KEY)?;
        Some(Self {
            browser,
            reference: RefCell::new(reference.clone()),
            found_by,
        })
    }

    /// What stands for it in the arguments of a script.
    pub(crate) fn reference(&self) -> Value {
        self.reference.borrow().clone()
    }

    fn path(&self, command: &str) -> String {
        let reference = self.reference.borrow();
        format!("/element/{}/{command}", reference[KEY].as_str().unwrap_or_default())
    }

    /// Sends a command about it, and once more each time that it was drawn anew.
    fn send(&self, command: impl Fn(&Self) -> Result<Value, Refused>) -> Result<Value, Refused> {
        let began = Instant::now();
        loop {
            match (command(self), &self.found_by) {
                (Err(refused), Some(found_by)) if refused.is_stale() && began.elapsed() < limit() => {
                    let again = self.browser.find_with(&found_by.selector, &found_by.text).reference();
                    self.reference.replace(again);
                }
                (answer, _) => return answer,
            }
        }
    }

    fn ask(&self, command: &str) -> Value {
        self.send(|element| element.browser.wire.get(&element.path(command)))
            .unwrap_or_else(|refused| panic!("{command}: {}", refused.message))
    }

    fn ask_text(&self, command: &str) -> String {
        self.ask(command).as_str().unwrap_or_default().to_owned()
    }

    fn tell(&self, command: &str, body: &Value) -> Result<Value, Refused> {
        self.send(|element| element.browser.wire.post(&element.path(command), body))
    }

    /// Clicks it as soon as it can be clicked.
    ///
    /// # Panics
    /// When it cannot be clicked in time.
    pub fn click(&self) {
        self.browser.patiently("click", || {
            let clicked = self.tell("click", &json!({}));
            if clicked.as_ref().is_err_and(Refused::passes) {
                // a person would scroll what is half covered
                let script = "arguments[0].scrollIntoView({ block: 'center', inline: 'center' });";
                self.browser.run(script, &json!([self.reference()]));
            }
            clicked
        });
    }

    /// Types this, after what is there.
    ///
    /// # Panics
    /// When it takes no text in time.
    pub fn type_text(&self, text: &str) {
        self.browser
            .patiently("type", || self.tell("value", &json!({"text": text})));
    }

    /// Types this in place of what is there.
    ///
    /// # Panics
    /// When it takes no text in time.
    pub fn fill(&self, text: &str) {
        self.browser.patiently("clear", || self.tell("clear", &json!({})));
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
        self.ask_text("text")
    }

    /// A property, such as `value`.
    #[must_use]
    pub fn property(&self, name: &str) -> Value {
        self.ask(&format!("property/{name}"))
    }

    /// The role that assistive technology is told.
    #[must_use]
    pub fn role(&self) -> String {
        self.ask_text("computedrole")
    }

    /// The name that assistive technology is told.
    #[must_use]
    pub fn label(&self) -> String {
        self.ask_text("computedlabel")
    }
}
