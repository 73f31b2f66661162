//! The local page in a real browser, with actions that the live demo has no use for: every widget, every kind of answer, large
//! files, hostile HTML, and approvals with a fake Forest server.
//!
//! Each test serves a program of its own on a free port, and has a browser session of its own. Without Chromium the tests are
//! skipped, and say how to install it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod actions;
mod answers;
mod approvals;
mod charts;
mod fake_forest;
mod forms;
mod hooks;
mod inspector;
mod leaving;
mod links;
mod slips;
mod stage;
mod tables;
mod widgets;
mod writing;
