//! What the start says in the log: one line an action, and what deserves a second look.

use secrecy::ExposeSecret as _;

use crate::config::{Config, Environment};
use crate::declare::ActionDescriptor;
use crate::schema::SchemaDiff;
use crate::text::nearest;

/// Below this, all secrets can be tried.
const SHORT_SECRET: usize = 32;

/// The actions with their endpoints, the mode, and what is open.
pub(super) fn report(config: &Config, actions: &[&'static ActionDescriptor]) {
    if actions.is_empty() {
        tracing::warn!(
            "no smart action is linked into this program: name the crate that holds them with `forest_actions::link!(my_actions)`, \
             or list them with `.actions(actions![…])`"
        );
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
        if config.auth_secret.expose_secret().len() < SHORT_SECRET {
            tracing::warn!(
                "FOREST_AUTH_SECRET is shorter than {SHORT_SECRET} characters: whoever sees one session token can guess it, and be \
                 anybody"
            );
        }
    }
}

/// What the committed schema file does not say as the code does: the UI shows the file's actions.
pub(super) fn report_difference(difference: &SchemaDiff) {
    for entry in difference.iter() {
        tracing::warn!(difference = %entry, "the committed schema differs from the code: export it again and commit it");
    }
}

/// A collection that only actions name, and that looks like one that is declared, is probably a slip.
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
