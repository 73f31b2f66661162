//! Who may do what: pure functions from facts to a verdict.
//!
//! Owns the rules; knows no clock, no network and no request. Where the facts come from is the business of `rights`, the
//! only caller, which every surface goes through (PER-19).

mod actor;
mod approve;
mod approvers;
mod browse;
#[cfg(test)]
mod decision_table;
mod evaluate;
pub(crate) mod facts;
pub(crate) mod ip;
mod refusal;
mod trigger;

pub(crate) use actor::{ActionName, Actor};
pub(crate) use approve::{Approve, approve, is_same_person};
pub(crate) use approvers::approvers;
pub(crate) use browse::{BrowseRight, may_browse};
pub(crate) use evaluate::{Counter, DEFAULT_APPROVAL_CAP, Subject, finish_approve, finish_trigger};
#[cfg(test)]
pub(crate) use refusal::Problem;
#[cfg(all(feature = "playground", feature = "testing"))]
pub(crate) use refusal::REQUIRES_APPROVAL;
pub(crate) use refusal::{Cause, Refusal};
pub(crate) use trigger::{Approval, Trigger, TriggerConditions, may_open_form, trigger};
