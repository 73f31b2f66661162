//! The derives as a user's crate meets them: without a prelude, with every lint denied, among misleading names.
//!
//! The runtime crate depends on this one, so the names that generated code asks for come from `runtime.rs`, a
//! stand-in with the same shapes and as little behind them as shows that values go where they should. What a form
//! really does is tested with the real runtime.

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
