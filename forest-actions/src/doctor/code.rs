//! Findings about the code of the program: its record source, the crates of its actions, and probable mistakes in them.

use std::collections::BTreeMap;

use super::finding::{Finding, Severity, Topic};
use crate::declare::{ActionDescriptor, ActionProblem};
use crate::text::{listed, nearest};

/// Maximum number of crates that a line names.
const MOST_CRATES: usize = 10;

/// The record source: the number of its collections, and its answer to a question. `None` without one.
pub(super) fn records(source: Option<(usize, Result<(), String>)>) -> Finding {
    match source {
        None => Finding::ok(Topic::Records, "no record source: nothing can be browsed"),
        Some((collections, Ok(()))) => Finding::ok(
            Topic::Records,
            format!("{}, and the source answers", counted(collections, "collection")),
        ),
        Some((_, Err(cause))) => Finding::problem(
            Topic::Records,
            format!("the record source does not answer: {cause}"),
            "check that the database runs, and that this machine may connect to it",
        ),
    }
}

/// The crates, with the number of their actions.
pub(super) fn crates(actions: &[&'static ActionDescriptor]) -> Finding {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for action in actions {
        *counts.entry(action.origin.crate_name).or_default() += 1;
    }
    if counts.is_empty() {
        return Finding::warning(
            Topic::Crates,
            "no action is linked into the program",
            "name the crate that has them: `forest_actions::link!(my_actions)`",
        );
    }
    let counts = counts
        .iter()
        .map(|(name, count)| format!("{name} ({})", counted(*count, "action")));
    Finding::ok(Topic::Crates, listed(counts, MOST_CRATES))
}

fn counted(number: usize, noun: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {noun}{plural}")
}

/// Replaces findings without a problem by what is probably wrong with the action.
pub(super) fn with_doubts(
    mut findings: Vec<Finding>,
    actions: &[&'static ActionDescriptor],
    doubts: &[ActionProblem],
    described: &[String],
) -> Vec<Finding> {
    for action in actions {
        let Some(doubt) = doubt(action, doubts, described) else {
            continue;
        };
        let subject = format!("{}: {}", action.collection, action.name);
        let found = findings
            .iter_mut()
            .find(|finding| finding.subject.as_ref() == Some(&subject) && finding.severity == Severity::Ok);
        if let Some(found) = found {
            let advice = format!("see {}:{}", action.origin.file, action.origin.line);
            *found = Finding::warning(Topic::Action, doubt, advice).about(action.collection, action.name);
        }
    }
    findings
}

fn doubt(action: &ActionDescriptor, doubts: &[ActionProblem], described: &[String]) -> Option<String> {
    if let Some(doubt) = doubts.iter().find(|doubt| doubt.is_about(action)) {
        return Some(doubt.reason().to_owned());
    }
    let is_described = described.iter().any(|name| name == action.collection);
    let near = nearest(action.collection, described.iter().map(String::as_str)).filter(|_| !is_described)?;
    Some(format!(
        "no collection `{}` is described, so it is a virtual one; did you mean `{near}`?",
        action.collection
    ))
}
