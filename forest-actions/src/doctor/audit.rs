//! Findings about the audit trail: rows that were never confirmed, actions that leave no row, forms whose secrets look unmarked.

use chrono::{TimeDelta, Utc};

use super::finding::{Finding, Topic};
use super::screen::some_of;
use crate::audit::{AuditQuery, AuditStatus, AuditTrail};
use crate::declare::{ActionDescriptor, AuditMode};

/// Parts of names of fields that are usually secrets.
const SECRETS: [&str; 5] = ["iban", "token", "password", "ssn", "card"];
/// Maximum number of names in a line.
const SHOWN: usize = 4;

pub(super) async fn findings(trail: &AuditTrail, actions: &[&'static ActionDescriptor]) -> Vec<Finding> {
    let mode = if trail.is_strict() { "strict" } else { "normal" };
    let mut found = vec![match trail.lost() {
        0 => Finding::ok(Topic::Audit, format!("runs of actions are recorded, {mode}")),
        lost => Finding::problem(
            Topic::Audit,
            format!("{lost} rows could not be written since the start"),
            "see the log for the cause: the trail has gaps, or rows that stay pending",
        ),
    }];
    let off = actions.iter().filter(|action| trail.mode(action) == AuditMode::Off);
    let off: Vec<String> = off
        .map(|action| format!("{}: {}", action.collection, action.name))
        .collect();
    if !off.is_empty() {
        let text = format!("not recorded: {}", some_of(&off, SHOWN));
        found.push(Finding::warning(
            Topic::Audit,
            text,
            "if that is not meant, remove `audit = \"off\"`",
        ));
    }
    let unmarked: Vec<String> = actions.iter().flat_map(|action| unmarked(action)).collect();
    if !unmarked.is_empty() {
        let text = format!("values that look secret are recorded: {}", some_of(&unmarked, SHOWN));
        found.push(Finding::warning(
            Topic::Audit,
            text,
            "add `#[field(secret)]`, or `Audit::redact`",
        ));
    }
    found.extend(of_store(trail).await);
    found
}

/// The fields of an action that look secret and are not marked.
fn unmarked(action: &ActionDescriptor) -> Vec<String> {
    let Some(form) = action.declared_form() else {
        return Vec::new();
    };
    let looks_secret = |name: &str| {
        let name = name.to_lowercase();
        SECRETS.iter().any(|secret| name.contains(secret))
    };
    let fields = form
        .fields
        .iter()
        .filter(|field| !field.is_secret() && looks_secret(field.name()));
    fields
        .map(|field| format!("`{}` of {}: {}", field.name(), action.collection, action.name))
        .collect()
}

async fn of_store(trail: &AuditTrail) -> Vec<Finding> {
    if !trail.is_readable() {
        return Vec::new();
    }
    let old = AuditQuery {
        status: Some(AuditStatus::Pending),
        to: Utc::now().checked_sub_signed(TimeDelta::hours(1)),
        limit: 1,
        ..AuditQuery::default()
    };
    let answers = (trail.query(&old).await, trail.findings().await);
    let (Ok(pending), Ok(notes)) = answers else {
        return vec![Finding::problem(
            Topic::Audit,
            "the trail cannot be read",
            "see the log for the cause; the history of records is not shown",
        )];
    };
    let mut found: Vec<Finding> = notes.into_iter().map(|note| Finding::ok(Topic::Audit, note)).collect();
    if pending.count > 0 {
        found.push(Finding::warning(
            Topic::Audit,
            format!("{} rows are pending for more than an hour", pending.count),
            "their programs died in the middle, or the rows could not be confirmed: see what they changed",
        ));
    }
    found
}
