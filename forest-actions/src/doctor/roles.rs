//! The rights of the Forest server in words: the roles that may run an action, and the decision about one user.

use std::collections::HashMap;

use super::actions::MOST_ROLES;
use super::explain::{Explanation, Outcome, Question};
use super::finding::{Finding, Topic};
use super::screen::plural;
use crate::decide::facts::{
    ActionRights, EnvironmentPermissions, RawFilter, Right, RoleConditions, RoleId, UserFacts, Users,
};
use crate::decide::{
    ActionName, Actor, Approval, Approve, Cause, Trigger, TriggerConditions, approve, approvers, trigger,
};
use crate::declare::ActionDescriptor;
use crate::text::excerpt;

/// The number of users per role.
pub(super) struct Holders(HashMap<RoleId, usize>);

impl Holders {
    pub(super) fn new(users: &Users) -> Self {
        let mut holders = HashMap::new();
        for role in users.iter().filter_map(|user| user.role) {
            *holders.entry(role).or_insert(0) += 1;
        }
        Self(holders)
    }
}

/// The rights on a protected action. `holders` is `None` when the users could not be read.
pub(super) fn of_action(
    environment: &EnvironmentPermissions,
    holders: Option<&Holders>,
    action: &ActionDescriptor,
) -> Finding {
    if environment.is_development() {
        return Finding::ok(Topic::Action, "everybody (environment for development)");
    }
    match environment.action(action.collection, action.name) {
        Some(rights) => by_roles(rights, holders),
        None => Finding::problem(
            Topic::Action,
            "not known to the permissions, so it is refused to everybody",
            "publish the schema of this environment, then give roles the right to run it",
        ),
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
    let Some(needing) = needing_approval(rights) else {
        return Finding::ok(Topic::Action, run);
    };
    let by_requester = rights.self_approval == Right::Everybody || !rights.self_approval.roles().is_empty();
    let approvers = approvers_in_words(rights, holders).or(by_requester.then(|| "the requester".to_owned()));
    match approvers {
        Some(by) => Finding::ok(Topic::Action, format!("{run}; {needing}, by {by}")),
        None => Finding::warning(
            Topic::Action,
            format!("{run}; {needing}, and nobody may approve"),
            "give a role the right to approve it, in the project settings, Roles",
        ),
    }
}

/// Names the roles that may run the action and need an approval.
fn needing_approval(rights: &ActionRights) -> Option<String> {
    if rights.approval_required == Right::Everybody {
        return Some("approval needed".to_owned());
    }
    let needing = rights.approval_required.roles().iter().copied();
    let needing: Vec<RoleId> = needing.filter(|role| rights.trigger.allows(Some(*role))).collect();
    let conditions = &rights.approval_required_conditions;
    (!needing.is_empty()).then(|| format!("approval needed for {}", roles(&needing, conditions, None)))
}

/// Names the approvers of the requests of other users; `None` without any.
fn approvers_in_words(rights: &ActionRights, holders: Option<&Holders>) -> Option<String> {
    if rights.user_approval == Right::Everybody {
        return Some("every user".to_owned());
    }
    // the roles that a refusal names
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

impl Question<'_> {
    pub(super) fn unknown(&self, cause: &str, hint: &str) -> Explanation {
        let cause = format!("the Forest server gave no permissions ({cause}), and no answer never means allowed");
        self.answer(Outcome::Unknown, cause, Some(hint.to_owned()))
    }

    /// Explains the decision about a user of the project; `None` stands for an unknown id.
    pub(super) fn connected(&self, environment: &EnvironmentPermissions, user: Option<&UserFacts>) -> Explanation {
        let name = ActionName {
            collection: self.collection,
            action: self.action,
        };
        let actor = Actor::from(user);
        match trigger(environment, name, actor) {
            Err(cause) => self.answer(Outcome::Refused, cause.to_string(), Some(advice(cause))),
            Ok(Trigger::Allowed) if environment.is_development() => self.answer(
                Outcome::Allowed,
                "this is an environment for development, in which everybody may run everything",
                None,
            ),
            Ok(Trigger::Allowed) => self.answer(
                Outcome::Allowed,
                match actor {
                    Actor::Role(role) => format!("role {role} has the right, without condition or approval"),
                    Actor::WithoutRole | Actor::Unknown => "the right is given to everybody".to_owned(),
                },
                None,
            ),
            Ok(Trigger::Depends(conditions)) => {
                let own = matches!(
                    approve(environment, name, actor, true),
                    Approve::Allowed | Approve::Depends { .. }
                );
                self.depending(&conditions, own)
            }
        }
    }

    /// `own` is `true` when the user may approve their own request.
    fn depending(&self, conditions: &TriggerConditions, own: bool) -> Explanation {
        let mut causes = Vec::new();
        if let Some((role, filter)) = &conditions.all_must_match {
            causes.push(format!(
                "role {role} has the right for records that all match {}",
                condition(filter)
            ));
        }
        match &conditions.approval {
            Approval::Never => {}
            Approval::Always => causes.push("an approval is needed in any case".to_owned()),
            Approval::WhenAny(filter) => causes.push(format!(
                "an approval is needed when a record matches {}",
                condition(filter)
            )),
        }
        let (outcome, advice) = match conditions.approval {
            Approval::Never => (
                Outcome::DependsOnRecords,
                "select records that match, or change the condition in the project settings, Roles".to_owned(),
            ),
            Approval::Always => (Outcome::NeedsApproval, who_approves(&conditions.rights, own)),
            Approval::WhenAny(_) => (Outcome::DependsOnRecords, who_approves(&conditions.rights, own)),
        };
        self.answer(outcome, causes.join("; "), Some(advice))
    }
}

fn condition(filter: &RawFilter) -> String {
    excerpt(filter.as_json(), 300)
}

fn who_approves(rights: &ActionRights, own: bool) -> String {
    let by = match (approvers_in_words(rights, None), own) {
        (Some(by), true) => format!("{by} may approve it, and so may the person who asks"),
        (Some(by), false) => format!("{by} may approve it"),
        (None, true) => "only the person who asks may approve it".to_owned(),
        (None, false) => {
            return "nobody may approve it: give a role that right in the project settings, Roles".to_owned();
        }
    };
    format!("{by}; who needs an approval is changed in the project settings, Roles")
}

fn advice(cause: Cause) -> String {
    match cause {
        Cause::UnknownCollection | Cause::UnknownAction => {
            "publish the schema of this environment, then give a role the right, in the project settings, Roles"
                .to_owned()
        }
        Cause::UnknownUser => "invite the person to the project, or take the id that their user has there".to_owned(),
        Cause::NoRole => "give the user a role, in the project settings, Users".to_owned(),
        Cause::RoleLacksRight(role) | Cause::ConditionFails(role) => {
            format!("give role {role} the right to run the action, in the project settings, Roles")
        }
    }
}
