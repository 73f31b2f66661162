//! Chromium for tests: a real browser in a session of its own for each test, driven over WebDriver.
//!
//! The browser and its driver are those that are installed; nothing is downloaded. Without them a test is skipped, and says
//! how to install them; with `FOREST_TEST_NO_SKIP` it fails instead. Nothing sleeps: whoever waits does so inside of the page,
//! for a condition, and for a bounded time. Knows nothing of the page that is looked at.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "it only runs in tests, where a panic is a failure that says why"
)]

mod browser;
mod element;
mod page;
mod programs;
mod wait;
mod watched;
mod wire;

pub use browser::{Browser, Theme};
pub use element::{Element, keys};
pub use page::Page;
pub use programs::{find, skip};
pub use watched::Watched;
