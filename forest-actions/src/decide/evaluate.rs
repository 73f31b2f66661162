//! The part of a decision that needs records: conditions counted over what was selected.
//!
//! Owns how few questions that takes, what an empty selection means, what happens to conditions where there is nothing to
//! count, and that whatever goes wrong refuses (protocol: selection and counting; roles allowed to approve). Rights were
//! decided by `trigger` and `approve`; records are counted by a [`RecordSource`]. Knows no request and no server. Called by
//! the pipeline after the selection was made within the caller's scope (PER-13).

use super::approve::Approve;
use super::approvers::approvers;
use super::facts::{ActionRights, RawFilter, RoleId};
use super::refusal::{Cause, Problem, Refusal};
use super::trigger::{Approval, Trigger};
use crate::records::{
    CollectionModel, Condition, Filter, Key, RecordError, RecordQuery, RecordSource, Resolver, Variables, substitute,
};
use crate::response::chain_of;

/// How many records an approval covers, unless `approval_cap` says otherwise: as many as the Forest server takes (APP-06).
pub(crate) const DEFAULT_APPROVAL_CAP: usize = 500;

/// What was selected, as conditions see it.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// No record: a global action, or nothing. Every condition holds for all of them, and for none.
    Nothing,
    /// These records, which were found within the caller's scope.
    Given(Counter<'a>, &'a [Key]),
    /// "Select all": the records of this query, which has the caller's scope in it.
    All(Counter<'a>, &'a RecordQuery),
    /// Ids of a collection that no record source knows. Conditions are left out there, as if the role had none: a right is
    /// unconditional, and so is the need for an approval (PER-10).
    Virtual,
}

/// What counting takes.
#[derive(Clone, Copy)]
pub(crate) struct Counter<'a> {
    /// The store.
    pub(crate) source: &'a dyn RecordSource,
    /// The action's collection, whose key may have any name and number of parts (PER-09).
    pub(crate) collection: &'a CollectionModel,
    /// Resolves names, and dates in the caller's zone.
    pub(crate) resolver: Resolver<'a>,
    /// The values of template variables (PER-17).
    pub(crate) variables: &'a dyn Variables,
}

/// Finishes a decision about a trigger; gives the condition that the selected records meet. `approval_cap` is how many records of "select all" an approval covers.
///
/// Asks the source at most, for given records: once for each of the two conditions, and once for each distinct condition of
/// approvers. For "select all" the first condition takes two questions, and an approval one more, for the ids.
///
/// # Errors
/// The refusal.
pub(crate) async fn finish_trigger(
    trigger: Trigger<'_>,
    subject: Subject<'_>,
    approval_cap: usize,
) -> Result<Condition, Refusal> {
    let conditions = match trigger {
        Trigger::Refused(cause) => return Err(Refusal::Trigger(cause)),
        Trigger::Allowed => return Ok(Condition::always()),
        Trigger::Depends(conditions) => conditions,
    };
    let mut held = Condition::always();
    if let Some((role, filter)) = conditions.all_must_match {
        // boxed: few requests meet a condition, and the others should not carry what counts records
        if !Box::pin(subject.all_match(filter)).await? {
            return Err(Refusal::Trigger(Cause::ConditionFails(role)));
        }
        held = subject.condition(filter)?;
    }
    let needs_approval = match conditions.approval {
        Approval::Never => false,
        Approval::Always => true,
        Approval::WhenAny(filter) => Box::pin(subject.any_matches(filter)).await?,
    };
    if needs_approval {
        Err(Box::pin(requires_approval(conditions.rights, subject, approval_cap)).await?)
    } else {
        Ok(held)
    }
}

/// Finishes a decision about an approval; gives the condition that the selected records meet.
///
/// # Errors
/// The refusal.
pub(crate) async fn finish_approve(approve: Approve<'_>, subject: Subject<'_>) -> Result<Condition, Refusal> {
    let (cause, rights) = match approve {
        Approve::Allowed => return Ok(Condition::always()),
        Approve::Refused { cause, rights } => (cause, rights),
        Approve::Depends {
            role,
            all_must_match,
            rights,
        } => {
            if Box::pin(subject.all_match(all_must_match)).await? {
                return subject.condition(all_must_match);
            }
            (Cause::ConditionFails(role), Some(rights))
        }
    };
    let roles = match rights {
        None => Vec::new(),
        Some(rights) => Box::pin(roles_allowed_to_approve(rights, subject)).await?,
    };
    Err(Refusal::Approve { cause, roles })
}

/// The call for an approval. What "select all" stands for is read first: it is what the approval covers (APP-05), and it
/// may be too much (APP-06).
async fn requires_approval(
    rights: &ActionRights,
    subject: Subject<'_>,
    approval_cap: usize,
) -> Result<Refusal, Refusal> {
    let Subject::All(counter, query) = subject else {
        let roles = Box::pin(roles_allowed_to_approve(rights, subject)).await?;
        return Ok(Refusal::RequiresApproval { roles, records: None });
    };
    let keys = counter
        .source
        .keys(query, None, approval_cap.saturating_add(1))
        .await
        .map_err(uncounted)?;
    if keys.len() > approval_cap {
        return Ok(Refusal::ApprovalSelectionTooLarge { at_most: approval_cap });
    }
    let roles = roles_allowed_to_approve(rights, Subject::Given(counter, &keys)).await?;
    let records = keys.iter().map(ToString::to_string).collect();
    Ok(Refusal::RequiresApproval {
        roles,
        records: Some(records),
    })
}

/// The roles that may approve exactly what was selected. The caller's scope has played its part in the selection and plays
/// none in these counts: approvers may have other scopes.
async fn roles_allowed_to_approve(rights: &ActionRights, subject: Subject<'_>) -> Result<Vec<RoleId>, Refusal> {
    let approvers = approvers(rights);
    let mut roles = approvers.base;
    if approvers.conditional.is_empty() {
        return Ok(roles);
    }
    let selected = match subject {
        Subject::All(counter, query) => counter.count(query, None).await?,
        subject => subject.given(),
    };
    for group in approvers.conditional {
        if subject.matches_all_of(selected, group.filter).await? {
            roles.extend(group.roles);
        }
    }
    Ok(roles)
}

impl Subject<'_> {
    /// How many records are selected, where that is known without asking.
    fn given(&self) -> u64 {
        match self {
            Self::Given(_, keys) => u64::try_from(keys.len()).unwrap_or(u64::MAX),
            Self::Nothing | Self::All(..) | Self::Virtual => 0,
        }
    }

    /// Whether a condition holds for every selected record. It does when there is none.
    async fn all_match(&self, filter: &RawFilter) -> Result<bool, Refusal> {
        let Self::All(counter, query) = self else {
            return self.matches_all_of(self.given(), filter).await;
        };
        let matching = counter.count(&counter.narrowed(query, filter)?, None).await?;
        // one more than match is enough to know
        Ok(counter.count(query, Some(matching.saturating_add(1))).await? == matching)
    }

    /// A condition, as the records are read by; it always holds where there is nothing to count.
    fn condition(&self, filter: &RawFilter) -> Result<Condition, Refusal> {
        match self {
            Self::Nothing | Self::Virtual => Ok(Condition::always()),
            Self::Given(counter, _) | Self::All(counter, _) => counter.condition(filter),
        }
    }

    /// Whether a condition holds for all of the selected records, which are `selected` in number.
    async fn matches_all_of(&self, selected: u64, filter: &RawFilter) -> Result<bool, Refusal> {
        match self.counter_and_query() {
            None => {
                self.leave_out();
                Ok(true)
            }
            Some((counter, query)) => {
                let matching = counter.count(&counter.narrowed(&query, filter)?, None).await?;
                Ok(matching == selected)
            }
        }
    }

    /// Whether a condition holds for one of the selected records. It does not when there is none.
    async fn any_matches(&self, filter: &RawFilter) -> Result<bool, Refusal> {
        match self.counter_and_query() {
            // without the condition, the need for an approval is unconditional
            None => {
                self.leave_out();
                Ok(matches!(self, Self::Virtual))
            }
            Some((counter, query)) => Ok(counter.count(&counter.narrowed(&query, filter)?, Some(1)).await? > 0),
        }
    }

    /// How to ask for the selected records; `None` where there is nothing to ask.
    fn counter_and_query(&self) -> Option<(&Counter<'_>, RecordQuery)> {
        match self {
            Self::Nothing | Self::Virtual | Self::Given(_, []) => None,
            Self::Given(counter, keys) => {
                let condition = Condition::KeyIn(keys.to_vec());
                Some((counter, RecordQuery::new(&counter.collection.name, condition)))
            }
            Self::All(counter, query) => Some((counter, (*query).clone())),
        }
    }

    /// Says so where a condition is left out.
    fn leave_out(&self) {
        if matches!(self, Self::Virtual) {
            tracing::warn!("a condition of a role is left out: this collection has no records that could be counted");
        }
    }
}

impl Counter<'_> {
    async fn count(&self, query: &RecordQuery, at_most: Option<u64>) -> Result<u64, Refusal> {
        self.source.count(query, at_most).await.map_err(uncounted)
    }

    /// The records of a query for which a condition holds as well.
    fn narrowed(&self, query: &RecordQuery, filter: &RawFilter) -> Result<RecordQuery, Refusal> {
        let condition = query.condition.clone().and(self.condition(filter)?);
        Ok(RecordQuery::new(&query.collection, condition))
    }

    /// A condition of a role, resolved: its variables first, then its fields and types (PER-17).
    fn condition(&self, filter: &RawFilter) -> Result<Condition, Refusal> {
        let invalid = |cause: String| Refusal::InvalidCondition(Problem::hidden(cause));
        let filter = match Filter::parse_text(filter.as_json()) {
            Ok(Some(filter)) => filter,
            Ok(None) => return Err(invalid("the condition is empty".to_owned())),
            Err(error) => return Err(invalid(error.chain())),
        };
        // what is missing is the user's, who is told its name and nothing else (PER-16)
        let filter = substitute(&filter, self.variables).map_err(|error| {
            Refusal::InvalidCondition(Problem {
                cause: error.chain(),
                reason: Some(error.message().to_owned()),
            })
        })?;
        self.resolver
            .trusted_filter(self.collection, &filter)
            .map_err(|error| invalid(error.chain()))
    }
}

/// A failure of the store while a condition is looked at: nobody knows whether it holds.
fn uncounted(error: RecordError) -> Refusal {
    Refusal::InvalidCondition(Problem::hidden(chain_of(&error)))
}

#[cfg(test)]
mod tests;
