//! The examples of the library, compiled once more with the features that their tests need.

#![allow(dead_code, reason = "each has a `main` of its own")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

#[path = "../forest-actions/examples/form.rs"]
mod form;
#[path = "../forest-actions/examples/hooks.rs"]
mod hooks;
#[path = "../forest-actions/examples/minimal.rs"]
mod minimal;
#[path = "../forest-actions/examples/select_all.rs"]
mod select_all;
#[path = "../forest-actions/examples/testing.rs"]
mod testing;
