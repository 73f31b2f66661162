//! Findings about actions, one each: declared, in the schema file, known to the permissions, and for which roles. Pure: facts
//! in, findings out. What is worst about an action is its finding; the rest of the line says what holds anyway.

use std::collections::HashMap;

use super::finding::{Finding, Severity, Topic};
use super::screen::{plural, some_of};
use crate::decide::approvers;
use crate::decide::facts::{ActionRights, EnvironmentPermissions, Right, RoleConditions, RoleId, Users};
use crate::declare::ActionDescriptor;
use crate::rights::LocalRights;
use crate::schema::{Change, SchemaDiff};
use crate::text::excerpt;

/// How many roles a line names.
const MOST_ROLES: usize = 4;

/// Where the rights on actions come from.
pub(super) enum RightsFacts<'a> {
    /// Roles that are given in code.
    Local(&'a LocalRights),
    /// The permissions of the environment, and how many users hold each role when that is known.
    Server(&'a EnvironmentPermissions, Option<Holders>),
    /// Nobody could tell; that is a finding about the server.
    Unknown,
}

/// How many users hold each role.
pub(super) struct Holders(HashMap<RoleId, usize>);

impl Holders {
    pub(super) fn of(users: &Users) -> Self {
        let mut holders = HashMap::new();
        for role in users.iter().filter_map(|user| user.role) {
            *holders.entry(role).or_insert(0) += 1;
        }
        Self(holders)
    }
}

/// One finding for each action of the code, and one for each that only the committed file has. `committed` is the
/// difference from the file, in production.
pub(super) fn findings(
    actions: &[&'static ActionDescriptor],
    committed: Option<&SchemaDiff>,
    rights: &RightsFacts<'_>,
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
            of_action(action, &changes, rights).about(action.collection, action.name)
        })
        .collect();
    // what is left has no action in the code
    let mut left: Vec<(&str, &str)> = changes.into_keys().collect();
    left.sort_unstable();
    found.extend(left.into_iter().map(|(collection, action)| {
        Finding::problem(
            Topic::Action,
            "in the schema file and not in the code: the back office shows it, and running it answers 404",
            "export the schema again and commit it, or link the crate that has the action",
        )
        .about(collection, action)
    }));
    found
}

fn of_action(action: &ActionDescriptor, changes: &[&Change], rights: &RightsFacts<'_>) -> Finding {
    if changes.iter().any(|change| matches!(change, Change::OnlyInCode)) {
        return Finding::problem(
            Topic::Action,
            "in the code and not in the schema file: the back office does not show it",
            "export the schema again and commit it",
        );
    }
    let by_rights = by_rights(action, rights);
    if by_rights.severity == Severity::Ok
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
    by_rights
}

fn by_rights(action: &ActionDescriptor, rights: &RightsFacts<'_>) -> Finding {
    if !action.protected {
        return Finding::warning(
            Topic::Action,
            "unprotected: every logged-in user may run it, whatever their role",
            format!(
                "if that is not meant, remove `unprotected` at {}:{}",
                action.origin.file, action.origin.line
            ),
        );
    }
    match rights {
        RightsFacts::Local(rights) => match rights.denied_roles(action).as_slice() {
            [] => Finding::ok(Topic::Action, "every role"),
            denied => Finding::ok(Topic::Action, format!("every role but {}", some_of(denied, MOST_ROLES))),
        },
        RightsFacts::Unknown => Finding::ok(Topic::Action, "declared; who may run it is not known now"),
        RightsFacts::Server(environment, holders) => {
            if environment.is_development() {
                return Finding::ok(Topic::Action, "everybody (environment for development)");
            }
            match environment.action(action.collection, action.name) {
                Some(rights) => by_roles(rights, holders.as_ref()),
                None => Finding::problem(
                    Topic::Action,
                    "not known to the permissions, so it is refused to everybody",
                    "publish the schema of this environment, then give roles the right to run it",
                ),
            }
        }
    }
}

fn by_roles(rights: &ActionRights, holders: Option<&Holders>) -> Finding {
    let run = match &rights.trigger {
        Right::Everybody => "every user".to_owned(),
        right if right.roles().is_empty() => {
            return Finding::warning(
                Topic::Action,
                "no role may run it",
                "give roles the right to run it, in the project settings, Roles",
            );
        }
        right => roles(right.roles(), &rights.trigger_conditions, holders),
    };
    match approval(rights, holders) {
        None => Finding::ok(Topic::Action, run),
        Some(Ok(approval)) => Finding::ok(Topic::Action, format!("{run}; {approval}")),
        Some(Err(needing)) => Finding::warning(
            Topic::Action,
            format!("{run}; {needing}, and nobody may approve"),
            "give a role the right to approve it, in the project settings, Roles",
        ),
    }
}

/// Whose runs need an approval, and by whom; an error when nobody can give one. `None` when none is needed.
fn approval(rights: &ActionRights, holders: Option<&Holders>) -> Option<Result<String, String>> {
    let conditions = &rights.approval_required_conditions;
    let needing = match &rights.approval_required {
        Right::Everybody => "approval needed".to_owned(),
        right => {
            let needing: Vec<RoleId> = right
                .roles()
                .iter()
                .copied()
                .filter(|role| rights.trigger.allows(Some(*role)))
                .collect();
            if needing.is_empty() {
                return None;
            }
            format!("approval needed for {}", roles(&needing, conditions, None))
        }
    };
    let by = match approvers_in_words(rights, holders) {
        Some(by) => by,
        None if rights.self_approval == Right::Everybody || !rights.self_approval.roles().is_empty() => {
            "whoever asks for it".to_owned()
        }
        None => return Some(Err(needing)),
    };
    Some(Ok(format!("{needing}, by {by}")))
}

/// Who may approve what others ask for; `None` when nobody may.
pub(super) fn approvers_in_words(rights: &ActionRights, holders: Option<&Holders>) -> Option<String> {
    if rights.user_approval == Right::Everybody {
        return Some("every user".to_owned());
    }
    // the roles that a refused caller is told
    let approvers = approvers(rights);
    let conditional = approvers.conditional.iter().flat_map(|group| &group.roles);
    let all: Vec<RoleId> = approvers.base.iter().chain(conditional).copied().collect();
    (!all.is_empty()).then(|| roles(&all, &rights.user_approval_conditions, holders))
}

/// `roles 10 (2 users), 20 (no user, on a condition) and 3 more`
fn roles(roles: &[RoleId], conditions: &RoleConditions, holders: Option<&Holders>) -> String {
    let named: Vec<String> = roles
        .iter()
        .take(MOST_ROLES)
        .map(|role| {
            let mut notes = Vec::new();
            if let Some(Holders(holders)) = holders {
                notes.push(match holders.get(role) {
                    None => "no user".to_owned(),
                    Some(number) => plural(*number, "user"),
                });
            }
            if conditions.of(*role).is_some() {
                notes.push("on a condition".to_owned());
            }
            if notes.is_empty() {
                role.to_string()
            } else {
                format!("{role} ({})", notes.join(", "))
            }
        })
        .collect();
    let word = if roles.len() == 1 { "role" } else { "roles" };
    match roles.len().saturating_sub(MOST_ROLES) {
        0 => format!("{word} {}", named.join(", ")),
        more => format!("{word} {} and {more} more", named.join(", ")),
    }
}
