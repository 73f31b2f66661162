//! Findings about actions: one per action, with the most severe problem and the roles that may run it.

use std::collections::HashMap;

use super::finding::{Finding, Severity, Topic};
use super::screen::some_of;
use crate::declare::ActionDescriptor;
use crate::rights::LocalRights;
use crate::schema::{Change, SchemaDiff};
use crate::text::excerpt;

/// Maximum number of roles that a line names.
pub(super) const MOST_ROLES: usize = 4;

/// Returns a finding per action of the code, and one per action that only the committed file has. `committed` is the
/// difference from that file in production; `by_rights` judges protected actions.
pub(super) fn findings(
    actions: &[&'static ActionDescriptor],
    committed: Option<&SchemaDiff>,
    by_rights: impl Fn(&ActionDescriptor) -> Finding,
) -> Vec<Finding> {
    let mut changes: HashMap<(&str, &str), Vec<&Change>> = HashMap::new();
    for difference in committed.into_iter().flat_map(SchemaDiff::actions) {
        if let Some(action) = &difference.action {
            let place = (difference.collection.as_str(), action.as_str());
            changes.entry(place).or_default().push(&difference.change);
        }
    }
    let mut found: Vec<Finding> = actions
        .iter()
        .map(|action| {
            let changes = changes.remove(&(action.collection, action.name)).unwrap_or_default();
            of_action(action, &changes, &by_rights).about(action.collection, action.name)
        })
        .collect();
    let mut only_in_file: Vec<(&str, &str)> = changes.into_keys().collect();
    only_in_file.sort_unstable();
    found.extend(only_in_file.into_iter().map(|(collection, action)| {
        Finding::problem(
            Topic::Action,
            "in the schema file and not in the code: the back office shows it, and running it answers 404",
            "export the schema again and commit it, or link the crate that has the action",
        )
        .about(collection, action)
    }));
    found
}

fn of_action(
    action: &ActionDescriptor,
    changes: &[&Change],
    by_rights: impl Fn(&ActionDescriptor) -> Finding,
) -> Finding {
    if changes.iter().any(|change| matches!(change, Change::OnlyInCode)) {
        return Finding::problem(
            Topic::Action,
            "in the code and not in the schema file: the back office does not show it",
            "export the schema again and commit it",
        );
    }
    let found = if action.protected {
        by_rights(action)
    } else {
        unprotected(action)
    };
    if found.severity == Severity::Ok
        && let Some(Change::Property { name, .. }) = changes.first()
    {
        return Finding::warning(
            Topic::Action,
            format!(
                "`{}` is not the same in the schema file and in the code",
                excerpt(name, 60)
            ),
            "export the schema again and commit it: the back office goes by the file",
        );
    }
    found
}

fn unprotected(action: &ActionDescriptor) -> Finding {
    Finding::warning(
        Topic::Action,
        "unprotected: every logged-in user may run it, whatever their role",
        format!(
            "if that is not meant, remove `unprotected` at {}:{}",
            action.origin.file, action.origin.line
        ),
    )
}

/// The rights of local mode.
pub(super) fn locally(rights: &LocalRights, action: &ActionDescriptor) -> Finding {
    match rights.denied_roles(action).as_slice() {
        [] => Finding::ok(Topic::Action, "every role"),
        denied => Finding::ok(Topic::Action, format!("every role but {}", some_of(denied, MOST_ROLES))),
    }
}
