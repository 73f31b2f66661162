//! The derives in a user's crate: without a prelude, with every lint denied, among misleading names.
//!
//! The runtime crate depends on this one, so `runtime.rs` is a minimal stand-in with the same shapes. The behaviour of
//! forms is tested with the real runtime.

#![deny(warnings, missing_docs, unreachable_pub, unsafe_code)]

extern crate self as forest_actions;

#[doc(hidden)]
#[allow(
    dead_code,
    missing_docs,
    clippy::all,
    clippy::pedantic,
    reason = "shapes are what this is for"
)]
#[path = "runtime.rs"]
pub mod __private;

mod behaviour;
mod forms;
