//! The log of the start: one line for each action, and warnings.

use secrecy::ExposeSecret as _;

use crate::audit::AuditTrail;
use crate::config::{Config, Environment, MIN_AUTH_SECRET};
use crate::declare::{ActionDescriptor, ActionProblem, AuditMode, Charts};
use crate::request::indistinct;
use crate::schema::SchemaDiff;
use crate::text::{nearest, one_line};

/// Logs the actions, the mode, and warnings about unprotected actions and weak secrets.
pub(super) fn report(config: &Config, actions: &[&'static ActionDescriptor]) {
    if actions.is_empty() {
        tracing::warn!(
            "no smart action is linked into this program: name the crate that holds them with `forest_actions::link!(my_actions)`, \
             or list them with `.actions(actions![…])`"
        );
    }
    for (name, meant) in &config.slips {
        tracing::warn!("the environment variable {name} is unknown: did you mean {meant}?");
    }
    for action in actions {
        tracing::info!(
            collection = action.collection,
            action = action.name,
            kind = %action.kind,
            endpoint = %format_args!("{} {}", action.http_method, action.endpoint),
            origin = %action.origin,
            "smart action"
        );
    }
    for action in actions.iter().filter(|action| !action.protected) {
        tracing::warn!(
            collection = action.collection,
            action = action.name,
            origin = %action.origin,
            "unprotected: every logged-in user may run this action, whatever their role"
        );
    }
    if !config.is_local() {
        for (one, other) in indistinct(actions) {
            tracing::warn!(
                collection = one.collection,
                action = one.name,
                other = other.name,
                "the back office gives these two actions one id, so their approvals are refused: put a letter from a to z, or a digit, into \
                 one of the names"
            );
        }
    }
    if config.is_local() {
        tracing::info!(
            actions = actions.len(),
            "forest-actions runs in local mode: no account, loopback only"
        );
    } else {
        if !config.has_usual_env_secret() {
            tracing::warn!(
                "FOREST_ENV_SECRET has characters other than 0-9 and a-f, which no secret of Forest Admin has: \
                 copy it again if the Forest server does not know it"
            );
        }
        let environment = match config.environment {
            Environment::Development => "development",
            Environment::Production => "production",
        };
        tracing::info!(
            actions = actions.len(),
            environment,
            server = config.server_url,
            "forest-actions runs connected"
        );
        if config.auth_secret.expose_secret().len() < MIN_AUTH_SECRET {
            tracing::warn!(
                "FOREST_AUTH_SECRET is shorter than {MIN_AUTH_SECRET} bytes, which production refuses: anyone with one session token can find it by \
                 trying, and sign tokens for any user"
            );
        }
    }
}

/// Logs the charts in code, and warns of those of a collection that does not exist.
pub(super) fn report_charts(charts: &Charts, described: &[String]) {
    for chart in charts.iter() {
        tracing::info!(
            chart = chart.name,
            collection = chart.collection,
            origin = %chart.origin,
            "smart chart"
        );
        if let Some(collection) = chart
            .collection
            .filter(|name| !described.iter().any(|known| known == name))
        {
            let known = described.iter().map(String::as_str);
            let hint = nearest(collection, known).map_or_else(String::new, |name| format!("; did you mean `{name}`?"));
            tracing::warn!(
                chart = chart.name,
                origin = %chart.origin,
                "this chart is of the collection `{collection}`, which does not exist{hint}"
            );
        }
    }
}

/// Logs the mode of the audit trail, and the actions that are not recorded.
pub(super) fn report_audit(audit: &AuditTrail, actions: &[&'static ActionDescriptor]) {
    let mode = if audit.is_strict() { "strict" } else { "normal" };
    tracing::info!(mode, "runs of actions are recorded in the audit trail");
    for action in actions.iter().filter(|action| audit.mode(action) == AuditMode::Off) {
        tracing::warn!(
            collection = action.collection,
            action = action.name,
            origin = %action.origin,
            "runs of this action are not recorded in the audit trail"
        );
    }
}

/// Logs the differences between the committed schema file, which the UI shows, and the code.
pub(super) fn report_difference(difference: &SchemaDiff) {
    for entry in difference.iter() {
        tracing::warn!(
            difference = one_line(entry),
            "the committed schema differs from the code: export it again and commit it"
        );
    }
}

/// Warns of probable mistakes in actions.
pub(super) fn report_doubts(doubts: &[ActionProblem]) {
    for doubt in doubts {
        tracing::warn!("{}", one_line(doubt));
    }
}

/// Warns of a collection that only actions name when its name resembles that of a described one.
pub(super) fn report_near_misses(described: &[String], actions: &[&'static ActionDescriptor]) {
    let mut last = None;
    for action in actions
        .iter()
        .filter(|action| !described.iter().any(|name| name == action.collection))
    {
        if last == Some(action.collection) {
            continue;
        }
        last = Some(action.collection);
        if let Some(nearest) = nearest(action.collection, described.iter().map(String::as_str)) {
            tracing::warn!(
                collection = action.collection,
                origin = %action.origin,
                "only actions name this collection, so it is a virtual one; did you mean `{nearest}`?"
            );
        }
    }
}
