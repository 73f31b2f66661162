//! The finding about rules with a day relative to now, such as "today", which depends on the time zone that a caller sends.

use super::finding::{Finding, Topic};
use super::screen::some_of;
#[cfg(feature = "server")]
use crate::decide::facts::{EnvironmentPermissions, RawFilter, RenderingFacts};
#[cfg(feature = "server")]
use crate::records::Filter;
use crate::records::Scope;
use crate::rights::LocalRights;

/// Maximum number of rules that the line names.
const MOST_RULES: usize = 4;

/// Returns a warning that names the rules; `None` without one.
pub(super) fn finding(mut rules: Vec<String>) -> Option<Finding> {
    rules.sort_unstable();
    rules.dedup();
    if rules.is_empty() {
        return None;
    }
    let rules = some_of(&rules, MOST_RULES);
    let text = format!("the caller's time zone decides the day in {rules}");
    let advice = "set the zone of these rules in code: `.trusted_timezone(…)`";
    Some(Finding::warning(Topic::Permissions, text, advice))
}

/// The scopes of local mode.
pub(super) fn locally(rights: &LocalRights) -> Vec<String> {
    let scopes = rights.0.iter().flat_map(|role| &role.records.scopes);
    scopes
        .filter(|(_, scope)| match scope {
            Scope::Filter(filter) => filter.depends_on_zone(),
            #[cfg(feature = "server")]
            Scope::Unreadable(_) => false,
        })
        .map(|(collection, _)| scope_of(collection))
        .collect()
}

/// The conditions of roles, and the scopes of the renderings that are in memory.
#[cfg(feature = "server")]
pub(super) fn connected(environment: Option<&EnvironmentPermissions>, renderings: &[&RenderingFacts]) -> Vec<String> {
    let mut rules = Vec::new();
    if let Some(EnvironmentPermissions::Rules { collections }) = environment {
        for (collection, rights) in collections {
            let conditional = rights.actions.iter().filter(|(_, rights)| {
                let conditions = [
                    &rights.trigger_conditions,
                    &rights.approval_required_conditions,
                    &rights.user_approval_conditions,
                ];
                let mut conditions = conditions.into_iter().flat_map(|conditions| conditions.iter());
                conditions.any(|(_, filter)| depends_on_zone(filter))
            });
            rules.extend(conditional.map(|(action, _)| format!("a condition of {collection}: {action}")));
        }
    }
    let scopes = renderings.iter().flat_map(|rendering| &rendering.collections);
    let scopes = scopes.filter(|(_, rendered)| rendered.scope.as_ref().is_some_and(depends_on_zone));
    rules.extend(scopes.map(|(collection, _)| scope_of(collection)));
    rules
}

fn scope_of(collection: &str) -> String {
    format!("the scope of {collection}")
}

#[cfg(feature = "server")]
fn depends_on_zone(filter: &RawFilter) -> bool {
    matches!(Filter::parse_text(filter.as_json()), Ok(Some(filter)) if filter.depends_on_zone())
}
