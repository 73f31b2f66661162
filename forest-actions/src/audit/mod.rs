//! The audit trail: who ran which action on which records, with which values, and what became of each of them.
//!
//! Set up with [`ForestBuilder::audit`](crate::ForestBuilder::audit), and recorded by the agent for every surface, not by
//! handlers. The table and its reading routes are those of the vendor's agents, with additional columns. A handler that changes
//! records with its own SQL reports it with [`Trail`](crate::Trail).

#[cfg(feature = "sql")]
mod browse;
mod builder;
mod changes;
mod memory;
mod outcome;
mod past;
mod ranges;
mod recorder;
mod row;
mod sink;
#[cfg(feature = "sql")]
mod sql;
mod trail;
mod values;

pub use builder::Audit;
pub use memory::AuditMemory;
pub use row::{AuditOperation, AuditRow, AuditStatus, AuditUpdate};
pub use sink::{AuditPage, AuditQuery, AuditSink, AuditUser, SinkError, SinkFuture};

pub(crate) use changes::ChangeRecorder;
pub(crate) use past::undone;
pub(crate) use recorder::Recorder;
pub(crate) use trail::{AuditTrail, AuditUnavailable};
