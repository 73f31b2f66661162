//! A browser of one test: its own driver, profile and session. Navigation, scripts, waiting, tabs, and what the console said.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use base64::prelude::{BASE64_STANDARD, Engine as _};
use serde_json::{Value, json};

use crate::element::{Element, FoundBy};
use crate::programs::find;
use crate::wait;
use crate::watched::Watched;
use crate::wire::{Refused, Wire};

/// Whether the system of the person is light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Theme {
    /// Light.
    Light,
    /// Dark.
    Dark,
}

/// A browser in a window of 1280 by 800.
#[derive(Debug)]
pub struct Browser {
    pub(crate) wire: Wire,
    /// The name of the test, for the picture of a failure.
    test: String,
    folder: PathBuf,
    _driver: Watched,
}

/// What the browser does not need here, and what it would try to reach without being asked.
const ARGUMENTS: [&str; 14] = [
    "--headless=new",
    // tests run as root where containers do
    "--no-sandbox",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--no-default-browser-check",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-extensions",
    // a tab behind another one works on
    "--disable-background-timer-throttling",
    "--disable-renderer-backgrounding",
    "--window-size=1280,800",
];

impl Browser {
    /// A browser for this test; `None` when none is installed, which has been said.
    ///
    /// # Panics
    /// When none is installed and `FOREST_TEST_NO_SKIP` is set, or it does not start.
    #[must_use]
    pub fn start(test: &str) -> Option<Self> {
        let programs = find()?;
        let directory = tempfile::Builder::new().prefix("forest-browser-").tempdir();
        // the shell removes it, when the browser has ended
        let directory = directory.expect("a directory").keep();
        let downloads = directory.join("downloads");
        std::fs::create_dir(&downloads).expect("a directory");
        let mut driver = Command::new(&programs.driver);
        driver.arg("--port=0");
        // a home without a person's settings
        driver.env("HOME", &directory);
        let mut driver = Watched::start(&driver, &directory, &directory.join("errors"), Some(&directory));
        let port: u16 = driver.said(|line| {
            let (_, port) = line.rsplit_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok()
        });
        let mut arguments: Vec<String> = ARGUMENTS.map(str::to_owned).to_vec();
        arguments.push(format!("--user-data-dir={}", directory.join("profile").display()));
        let capabilities = json!({
            "browserName": "chrome",
            "unhandledPromptBehavior": "dismiss",
            "timeouts": {"script": wait::PATIENCE + 10_000, "pageLoad": wait::PATIENCE, "implicit": 0},
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {
                "binary": programs.browser,
                "args": arguments,
                "prefs": {"download.default_directory": downloads, "download.prompt_for_download": false},
            },
        });
        Some(Self {
            wire: Wire::open(&format!("http://127.0.0.1:{port}"), &capabilities),
            test: test.to_owned(),
            folder: directory,
            _driver: driver,
        })
    }

    /// Opens an address.
    ///
    /// # Panics
    /// When nothing answers there.
    pub fn open(&self, url: &str) {
        self.done("open", self.wire.post("/url", &json!({"url": url})));
    }

    /// The address of the tab.
    #[must_use]
    pub fn address(&self) -> String {
        let address = self.done("address", self.wire.get("/url"));
        address.as_str().unwrap_or_default().to_owned()
    }

    /// What a script gives: the body of a function in the page, with these arguments.
    ///
    /// # Panics
    /// When it throws.
    pub fn run(&self, script: &str, arguments: &Value) -> Value {
        let answer = self
            .wire
            .post("/execute/sync", &json!({"script": script, "args": arguments}));
        self.done("script", answer)
    }

    /// What a script gives that ends by calling its last argument.
    ///
    /// # Panics
    /// When it throws, or does not end.
    pub fn run_to_its_end(&self, script: &str, arguments: &Value) -> Value {
        let answer = self
            .wire
            .post("/execute/async", &json!({"script": script, "args": arguments}));
        self.done("script", answer)
    }

    /// Waits until a condition gives something else than nothing or `false`, and gives it. It is the body of a function in the
    /// page, with these arguments; elements among the arguments and in the answer are references.
    ///
    /// # Panics
    /// When it does not in time.
    pub fn until(&self, condition: &str, arguments: &Value) -> Value {
        let script = wait::script(condition);
        let began = Instant::now();
        loop {
            let answer = self
                .wire
                .post("/execute/async", &json!({"script": script, "args": arguments}));
            match answer {
                Ok(mut answer) if answer.get("found").is_some() => return answer["found"].take(),
                // the page went away under the script: the next one has the rest of the time
                Err(refused) if refused.is_about_another_page() && began.elapsed() < limit() => {}
                Ok(answer) => panic!("waited in vain for `{condition}` {arguments} {answer}\n{}", self.seen()),
                Err(refused) => panic!("`{condition}`: {}\n{}", refused.message, self.seen()),
            }
        }
    }

    /// The first element that this selector finds and a person sees, as soon as there is one.
    ///
    /// # Panics
    /// When there is none in time.
    pub fn find(&self, selector: &str) -> Element<'_> {
        self.find_with(selector, "")
    }

    /// The same, with this text somewhere in what a person reads or is told about it.
    ///
    /// # Panics
    /// When there is none in time.
    pub fn find_with(&self, selector: &str, text: &str) -> Element<'_> {
        let found = self.until(
            "const [selector, text] = arguments;
            for (const element of document.querySelectorAll(selector)) {
                const is_always = element.type === 'file' || element.tagName === 'OPTION';
                if (!is_always && !element.checkVisibility({ visibilityProperty: true })) continue;
                const said = [element.innerText, element.getAttribute('aria-label'), element.title, element.placeholder];
                if (said.some((said) => (said || '').includes(text)) || text === '') return element;
            }",
            &json!([selector, text]),
        );
        let found_by = FoundBy {
            selector: selector.to_owned(),
            text: text.to_owned(),
        };
        Element::of(self, &found, Some(found_by)).expect("an element")
    }

    /// Whether this selector finds something that a person sees, now.
    #[must_use]
    pub fn shows(&self, selector: &str) -> bool {
        let script =
            "return [...document.querySelectorAll(arguments[0])].some((element) => element.checkVisibility());";
        self.run(script, &json!([selector])) == json!(true)
    }

    /// Waits until this selector finds nothing that a person sees.
    ///
    /// # Panics
    /// When something stays.
    pub fn until_gone(&self, selector: &str) {
        self.until(
            "return [...document.querySelectorAll(arguments[0])].every((element) => !element.checkVisibility());",
            &json!([selector]),
        );
    }

    /// The element that has the focus.
    #[must_use]
    pub fn focused(&self) -> Element<'_> {
        let found = self.done("focus", self.wire.get("/element/active"));
        Element::of(self, &found, None).expect("an element")
    }

    /// Presses keys, wherever the focus is.
    ///
    /// # Panics
    /// When the driver refuses.
    pub fn press(&self, keys: &str) {
        let mut actions = Vec::new();
        for key in keys.chars().map(String::from) {
            actions.push(json!({"type": "keyDown", "value": key}));
            actions.push(json!({"type": "keyUp", "value": key}));
        }
        let keyboard = json!({"actions": [{"type": "key", "id": "keyboard", "actions": actions}]});
        self.done("keys", self.wire.post("/actions", &keyboard));
    }

    /// The tabs, in the order in which they were opened.
    #[must_use]
    pub fn tabs(&self) -> Vec<String> {
        let tabs = self.done("tabs", self.wire.get("/window/handles"));
        let tabs = tabs.as_array().cloned().unwrap_or_default();
        tabs.iter().filter_map(|tab| tab.as_str().map(str::to_owned)).collect()
    }

    /// Looks at another tab.
    ///
    /// # Panics
    /// When there is none.
    pub fn look_at(&self, tab: &str) {
        self.done("tab", self.wire.post("/window", &json!({"handle": tab})));
    }

    /// Gives the window another size.
    ///
    /// # Panics
    /// When the driver refuses.
    pub fn resize(&self, width: u32, height: u32) {
        self.developer_tools(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false}),
        );
    }

    /// Lets the page believe in a light or a dark system, and in one that wants little motion.
    ///
    /// # Panics
    /// When the driver refuses.
    pub fn prefer(&self, theme: Theme) {
        let theme = match theme {
            Theme::Light => "light",
            Theme::Dark => "dark",
        };
        let features = json!([
            {"name": "prefers-color-scheme", "value": theme},
            {"name": "prefers-reduced-motion", "value": "reduce"},
        ]);
        self.developer_tools("Emulation.setEmulatedMedia", &json!({"features": features}));
    }

    /// A command of Chromium's own, for what WebDriver has no words for.
    ///
    /// # Panics
    /// When the browser refuses.
    pub fn developer_tools(&self, command: &str, parameters: &Value) -> Value {
        let body = json!({"cmd": command, "params": parameters});
        self.done(command, self.wire.post("/goog/cdp/execute", &body))
    }

    /// What the console has said since it was last asked: the level and the text of each message.
    ///
    /// # Panics
    /// When the driver refuses.
    #[must_use]
    pub fn console(&self) -> Vec<(String, String)> {
        let said = self.done("console", self.wire.post("/se/log", &json!({"type": "browser"})));
        let said = said.as_array().cloned().unwrap_or_default();
        let text = |entry: &Value, name: &str| entry[name].as_str().unwrap_or_default().to_owned();
        said.iter()
            .map(|entry| (text(entry, "level"), text(entry, "message")))
            .collect()
    }

    /// A folder of the test's own, which goes with the browser.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    fn downloads_folder(&self) -> PathBuf {
        self.folder.join("downloads")
    }

    /// Looks into a frame while `look` runs.
    ///
    /// # Panics
    /// When it is no frame.
    pub fn inside(&self, frame: &Element<'_>, look: impl FnOnce()) {
        self.done("frame", self.wire.post("/frame", &json!({"id": frame.reference()})));
        look();
        self.done("frame", self.wire.post("/frame", &json!({"id": null})));
    }

    /// Waits until so many files have been downloaded, and gives their names.
    ///
    /// # Panics
    /// When they do not come.
    #[must_use]
    pub fn downloads(&self, number: usize) -> Vec<String> {
        let began = Instant::now();
        loop {
            let there = std::fs::read_dir(self.downloads_folder())
                .expect("a directory")
                .flatten();
            // a name that is taken before its file is whole stands for an empty one
            let there = there.filter(|entry| entry.metadata().is_ok_and(|file| file.len() > 0));
            let names = there.map(|entry| entry.file_name().to_string_lossy().into_owned());
            let whole: Vec<String> = names
                .filter(|name| !name.ends_with(".crdownload") && !name.starts_with('.'))
                .collect();
            if whole.len() >= number {
                return whole;
            }
            assert!(began.elapsed() < limit(), "only {whole:?}");
            self.run_to_its_end("setTimeout(arguments[0], 20);", &json!([]));
        }
    }

    /// Waits until a file of this name has been downloaded, and reads it. No empty file is waited for.
    ///
    /// # Panics
    /// When it does not come.
    #[must_use]
    pub fn downloaded(&self, name: &str) -> Vec<u8> {
        let path = self.downloads_folder().join(name);
        // the browser takes the name at once, for an empty file, and puts the whole one in its place; the page is the
        // clock of the wait
        let is_whole = || std::fs::metadata(&path).is_ok_and(|file| file.len() > 0);
        let began = Instant::now();
        while !is_whole() {
            let there: Vec<_> = std::fs::read_dir(self.downloads_folder())
                .expect("a directory")
                .flatten()
                .collect();
            assert!(began.elapsed() < limit(), "no {name}, only {there:?}\n{}", self.seen());
            self.run_to_its_end("setTimeout(arguments[0], 20);", &json!([]));
        }
        std::fs::read(path).expect("a file")
    }

    /// Repeats a command of the driver while it is refused for something that passes.
    pub(crate) fn patiently(&self, what: &str, command: impl Fn() -> Result<Value, Refused>) {
        let began = Instant::now();
        loop {
            match command() {
                Ok(_) => return,
                Err(refused) if refused.passes() && began.elapsed() < limit() => {
                    self.run_to_its_end("setTimeout(arguments[0], 20);", &json!([]));
                }
                Err(refused) => panic!("{what}: {}: {}\n{}", refused.error, refused.message, self.seen()),
            }
        }
    }

    fn done(&self, what: &str, answer: Result<Value, Refused>) -> Value {
        answer.unwrap_or_else(|refused| panic!("{what}: {}: {}\n{}", refused.error, refused.message, self.seen()))
    }

    /// What a person would see, for the text of a failure.
    fn seen(&self) -> String {
        let body = json!({"script": "return document.body ? document.body.innerText : ''", "args": []});
        let text = self.wire.post("/execute/sync", &body).unwrap_or_default();
        let text: String = text.as_str().unwrap_or_default().chars().take(3_000).collect();
        format!("the page shows:\n{text}")
    }

    /// Keeps a picture of a failure, and says where.
    #[allow(clippy::print_stderr, reason = "whoever runs the tests is to read it")]
    fn keep_picture(&self) {
        let folder = std::env::temp_dir().join("forest-browser-failures");
        let picture = self.wire.get("/screenshot").ok();
        let picture = picture.and_then(|picture| BASE64_STANDARD.decode(picture.as_str()?).ok());
        let path = folder.join(format!("{}.png", self.test));
        if let Some(picture) = picture
            && std::fs::create_dir_all(&folder).is_ok()
            && std::fs::write(&path, picture).is_ok()
        {
            eprintln!("what was on the screen: {}", path.display());
        }
        if let Ok(said) = self.wire.post("/se/log", &json!({"type": "browser"})) {
            eprintln!("the console: {said:#}");
        }
    }
}

impl Refused {
    /// Something is in the way, or not there yet.
    pub(crate) fn passes(&self) -> bool {
        matches!(
            self.error.as_str(),
            "element click intercepted" | "element not interactable" | "invalid element state"
        )
    }

    /// The element is no longer part of the page.
    pub(crate) fn is_stale(&self) -> bool {
        self.error == "stale element reference"
    }

    fn is_about_another_page(&self) -> bool {
        self.message.contains("document unloaded") || self.message.contains("navigation")
    }
}

pub(crate) fn limit() -> Duration {
    Duration::from_millis(wait::PATIENCE)
}

impl Drop for Browser {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.keep_picture();
        }
        let _ = self.wire.delete("");
    }
}
