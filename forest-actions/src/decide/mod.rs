//! Permission decisions of a connected agent: pure functions over the facts of the Forest server.
//!
//! A decision has two steps. `trigger` and `approve` settle it as far as the caller's role goes; `evaluate` counts the
//! selected records where a condition of that role demands it. `rights` is the only caller (PER-19).

mod actor;
mod approve;
mod approvers;
mod chart;
#[cfg(test)]
mod decision_table;
mod evaluate;
pub(crate) mod facts;
mod refusal;
mod trigger;

pub(crate) use actor::{ActionName, Actor};
pub(crate) use approve::{Approve, approve, is_same_person};
pub(crate) use approvers::approvers;
pub(crate) use chart::{ChartDefinition, may_see, sees_all};
pub(crate) use evaluate::{Counter, Subject};
#[cfg(test)]
pub(crate) use refusal::InvalidCondition;
pub(crate) use refusal::{Cause, Refusal};
pub(crate) use trigger::{Approval, Trigger, TriggerConditions, trigger};
