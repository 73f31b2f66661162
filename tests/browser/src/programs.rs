//! Where Chromium and its driver are, and what is said when they are not there.

use std::path::{Path, PathBuf};

/// The two programs.
#[derive(Debug)]
pub struct Programs {
    pub(crate) browser: PathBuf,
    pub(crate) driver: PathBuf,
}

/// The installed programs: those that `FOREST_TEST_CHROMIUM` and `FOREST_TEST_CHROMEDRIVER` name, or those on the `PATH`.
/// `None` when one is missing, which has been said.
///
/// # Panics
/// When one is missing and `FOREST_TEST_NO_SKIP` is set.
#[must_use]
pub fn find() -> Option<Programs> {
    let browser = named(
        "FOREST_TEST_CHROMIUM",
        &["chromium", "chromium-browser", "google-chrome"],
    );
    let driver = named("FOREST_TEST_CHROMEDRIVER", &["chromedriver"]);
    match (browser, driver) {
        (Some(browser), Some(driver)) => Some(Programs { browser, driver }),
        (browser, _) => {
            let missing = if browser.is_none() { "Chromium" } else { "ChromeDriver" };
            skip(&format!(
                "{missing} is not installed. Install both (`apt-get install chromium chromium-driver`, `brew install \
                 chromium chromedriver`), or name them in FOREST_TEST_CHROMIUM and FOREST_TEST_CHROMEDRIVER."
            ));
            None
        }
    }
}

/// Says why a test does not run; fails it where nothing may be skipped.
///
/// # Panics
/// When `FOREST_TEST_NO_SKIP` is set.
#[allow(clippy::print_stderr, reason = "whoever runs the tests is to read it")]
pub fn skip(text: &str) {
    assert!(std::env::var_os("FOREST_TEST_NO_SKIP").is_none(), "{text}");
    eprintln!("skipped. {text}");
}

fn named(variable: &str, names: &[&str]) -> Option<PathBuf> {
    if let Some(path) = std::env::var_os(variable) {
        return Some(PathBuf::from(path)).filter(|path| path.is_file());
    }
    let path = std::env::var_os("PATH")?;
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut candidates = names
        .iter()
        .flat_map(|name| folders.iter().map(move |folder| folder.join(name)));
    candidates.find(|candidate: &PathBuf| Path::is_file(candidate))
}
