//! Runs: actions that go on behind their request, as rows of a database that any instance of the program can continue.
//!
//! The row decides: its state, its lease, the place in the selection, the counts and the answer. Everything else, such as a
//! queue that wakes workers, may be late, doubled or lost.

#[cfg(feature = "sql")]
mod browse;
mod builder;
mod pacer;
mod queue;
mod row;
mod seal;
#[cfg(feature = "sql")]
mod sql;
#[cfg_attr(not(feature = "sql"), path = "no_sql.rs")]
mod store;

pub(crate) use builder::RunSettings;
pub use builder::Runs;
pub(crate) use pacer::{Ask, Go, Pacer};
pub use queue::{QueueError, QueueFuture, RunQueue};
pub(crate) use row::{Claimed, Counts, Ended, Left, NewRun, Released, StoredAnswer, Submitted};
pub use row::{RunRow, RunStatus};
pub(crate) use seal::Seal;
pub(crate) use store::{RunStore, StoreError};
