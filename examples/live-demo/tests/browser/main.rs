//! The live demo in a real browser: every action from the press of its button to its effect in the database.
//!
//! Each test has a demo of its own, on a free port with its own database, and a browser session of its own. Without Chromium
//! the tests are skipped, and say how to install it.

#![cfg(unix)]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod accessibility;
mod charts;
mod companies;
mod customers;
mod demo;
mod failures;
mod filters;
mod importing;
mod lists;
mod looking;
mod rules;
mod runs;
mod selecting;
mod users;
mod writing;
