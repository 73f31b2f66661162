//! What the benchmarks share: command lines, tables, medians, processors.
//!
//! Each benchmark is a program of its own in `bin/` and compares two ways of doing the same thing side by side in one run, so
//! that its result is a ratio. Nothing here measures, and no test asserts a time.

mod args;
mod cpu;
mod engine;
mod memory;
mod stats;
mod table;

pub use args::Args;
pub use cpu::{cpu_time, cpu_time_of_children, pin};
pub use engine::Engine;
pub use memory::memory;
pub use stats::{Spread, median};
pub use table::Table;

/// What a benchmark's `main` returns.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;
