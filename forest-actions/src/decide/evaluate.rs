//! The part of a decision that depends on the selected records (protocol: selection and counting).
//!
//! A condition is evaluated by counting records, and any failure refuses. The selection was made within the caller's scope
//! before (PER-13). Records may change after they were counted, so the decision includes the condition that a record must meet
//! when it is handed to the handler.

use super::approve::Approve;
use super::approvers::approvers;
use super::facts::{ActionRights, RawFilter, RoleId};
use super::refusal::{Cause, InvalidCondition, Refusal};
use super::trigger::{Approval, TriggerConditions};
use crate::records::{
    CollectionModel, Condition, Filter, Key, RecordError, RecordQuery, RecordSource, Resolver, Variables, substitute,
};
use crate::response::chain_of;

/// The selected records.
#[derive(Clone, Copy)]
pub(crate) enum Subject<'a> {
    /// A global action. Every condition holds for all of its records, and for none of them.
    Nothing,
    /// The requested records.
    Given {
        counter: Counter<'a>,
        /// Those that were found within the caller's scope.
        found: &'a [Key],
        /// Those that do not exist, or are outside of it.
        missing: &'a [Key],
    },
    /// "Select all", as a query that includes the caller's scope.
    All(Counter<'a>, &'a RecordQuery),
    /// A collection without a record source. Its conditions cannot be evaluated, and refuse (PER-10).
    Virtual,
}

/// Counts records of the action's collection.
#[derive(Clone, Copy)]
pub(crate) struct Counter<'a> {
    pub(crate) source: &'a dyn RecordSource,
    /// Its key may have any name and number of parts (PER-09).
    pub(crate) collection: &'a CollectionModel,
    pub(crate) resolver: Resolver<'a>,
    /// The values of template variables (PER-17).
    pub(crate) variables: &'a dyn Variables,
}

impl TriggerConditions {
    /// Decides the trigger for the selected records. Returns a condition that the records must still meet when they are
    /// read.
    ///
    /// For given records, each condition of the role and each distinct condition of the approvers takes one query at most. For
    /// "select all", the first condition takes two, and an approval one more for the ids.
    /// `approval_cap` is the maximum number of records of "select all" that an approval covers.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) async fn finish(&self, subject: Subject<'_>, approval_cap: usize) -> Result<Condition, Refusal> {
        let mut held = Condition::always();
        if let Some((role, filter)) = &self.all_must_match {
            // boxed: few requests meet a condition, and the futures of the others stay small
            if !Box::pin(subject.all_match(filter)).await? {
                return Err(Refusal::Trigger(Cause::ConditionFails(*role)));
            }
            held = subject.condition(filter)?;
        }
        if let Approval::WhenAny(filter) = &self.approval {
            held = held.and(subject.opposite(filter)?);
        }
        let needs_approval = match &self.approval {
            Approval::Never => false,
            Approval::Always => true,
            Approval::WhenAny(filter) => Box::pin(subject.any_matches(filter)).await?,
        };
        if needs_approval {
            Err(Box::pin(requires_approval(&self.rights, subject, approval_cap)).await?)
        } else {
            Ok(held)
        }
    }
}

impl Approve {
    /// Decides the approval for the selected records. Returns a condition that the records must still meet when they are
    /// read.
    ///
    /// # Errors
    /// The refusal, with the roles that may approve the selected records.
    pub(crate) async fn finish(&self, subject: Subject<'_>) -> Result<Condition, Refusal> {
        let (cause, rights) = match self {
            Self::Allowed => return Ok(Condition::always()),
            Self::Refused { cause, rights } => (*cause, rights.as_ref()),
            Self::Depends {
                role,
                all_must_match,
                rights,
            } => {
                if Box::pin(subject.all_match(all_must_match)).await? {
                    return subject.condition(all_must_match);
                }
                (Cause::ConditionFails(*role), Some(rights))
            }
        };
        let roles = match rights {
            None => Vec::new(),
            Some(rights) => Box::pin(roles_allowed_to_approve(rights, subject)).await?,
        };
        Err(Refusal::Approve { cause, roles })
    }
}

/// Builds the refusal that asks for an approval. "Select all" is resolved first, because the approval covers exactly these
/// records (APP-05) and only a limited number of them (APP-06).
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
    if keys.is_empty() {
        return Ok(Refusal::NothingSelected);
    }
    if keys.len() > approval_cap {
        return Ok(Refusal::ApprovalSelectionTooLarge { at_most: approval_cap });
    }
    let found = &keys;
    let subject = Subject::Given {
        counter,
        found,
        missing: &[],
    };
    let roles = roles_allowed_to_approve(rights, subject).await?;
    let records = keys.iter().map(ToString::to_string).collect();
    Ok(Refusal::RequiresApproval {
        roles,
        records: Some(records),
    })
}

/// The roles that may approve the selected records. The counts ignore the caller's scope: approvers may have other scopes, and
/// their agent evaluates the condition for all requested records that they can see.
async fn roles_allowed_to_approve(rights: &ActionRights, subject: Subject<'_>) -> Result<Vec<RoleId>, Refusal> {
    let approvers = approvers(rights);
    let mut roles = approvers.base;
    // a role whose condition cannot be evaluated may not approve
    if approvers.conditional.is_empty() || matches!(subject, Subject::Virtual) {
        return Ok(roles);
    }
    let Some((counter, query, number)) = subject.requested() else {
        roles.extend(approvers.conditional.into_iter().flat_map(|group| group.roles));
        return Ok(roles);
    };
    let number = match number {
        Some(number) => number,
        None => counter.count(&query, None).await?,
    };
    for group in approvers.conditional {
        if counter.count(&counter.narrowed(&query, group.filter)?, None).await? == number {
            roles.extend(group.roles);
        }
    }
    Ok(roles)
}

impl<'a> Subject<'a> {
    /// Checks that a condition holds for every selected record.
    async fn all_match(&self, filter: &RawFilter) -> Result<bool, Refusal> {
        let Some((counter, query)) = self.selected()? else {
            return Ok(true);
        };
        let matching = counter.count(&counter.narrowed(&query, filter)?, None).await?;
        if let Self::Given { found, .. } = self {
            return Ok(matching == size(found.len()));
        }
        // counting stops at one record more than match
        match counter.count(&query, Some(matching.saturating_add(1))).await? {
            0 => Err(Refusal::NothingSelected),
            number => Ok(number == matching),
        }
    }

    /// Checks that a condition holds for one of the selected records.
    async fn any_matches(&self, filter: &RawFilter) -> Result<bool, Refusal> {
        let Some((counter, query)) = self.selected()? else {
            return Ok(false);
        };
        if counter.count(&counter.narrowed(&query, filter)?, Some(1)).await? > 0 {
            return Ok(true);
        }
        if matches!(self, Self::All(..)) && counter.count(&query, Some(1)).await? == 0 {
            return Err(Refusal::NothingSelected);
        }
        Ok(false)
    }

    /// The resolved condition, for reading the records; always true where nothing is selected.
    fn condition(&self, filter: &RawFilter) -> Result<Condition, Refusal> {
        match self {
            Self::Nothing | Self::Virtual => Ok(Condition::always()),
            Self::Given { counter, .. } | Self::All(counter, _) => counter.condition(filter),
        }
    }

    /// The opposite of the resolved condition; always true where nothing is selected.
    fn opposite(&self, filter: &RawFilter) -> Result<Condition, Refusal> {
        match self {
            Self::Nothing | Self::Virtual => Ok(Condition::always()),
            Self::Given { .. } | Self::All(..) => Ok(self.condition(filter)?.negated()),
        }
    }

    /// The query for the selected records; `None` if there are none.
    ///
    /// # Errors
    /// A collection without a record source.
    fn selected(&self) -> Result<Option<(Counter<'a>, RecordQuery)>, Refusal> {
        match *self {
            Self::Virtual => Err(Refusal::UnsupportedCondition),
            Self::Nothing | Self::Given { found: [], .. } => Ok(None),
            Self::Given { counter, found, .. } => Ok(Some((counter, counter.among(found.to_vec())))),
            Self::All(counter, query) => Ok(Some((counter, query.clone()))),
        }
    }

    /// The query for the requested records, with their number where it is known; `None` if there are none.
    fn requested(&self) -> Option<(Counter<'a>, RecordQuery, Option<u64>)> {
        match *self {
            Self::Nothing | Self::Virtual => None,
            Self::Given {
                found: [], missing: [], ..
            } => None,
            Self::Given {
                counter,
                found,
                missing,
            } => {
                let query = counter.among([found, missing].concat());
                Some((counter, query, missing.is_empty().then(|| size(found.len()))))
            }
            Self::All(counter, query) => Some((counter, query.clone(), None)),
        }
    }
}

fn size(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}

impl Counter<'_> {
    async fn count(&self, query: &RecordQuery, at_most: Option<u64>) -> Result<u64, Refusal> {
        self.source.count(query, at_most).await.map_err(uncounted)
    }

    /// The query for these records.
    fn among(&self, keys: Vec<Key>) -> RecordQuery {
        RecordQuery::new(&self.collection.name, Condition::KeyIn(keys))
    }

    /// Adds a condition to a query.
    fn narrowed(&self, query: &RecordQuery, filter: &RawFilter) -> Result<RecordQuery, Refusal> {
        let condition = query.condition.clone().and(self.condition(filter)?);
        Ok(RecordQuery::new(&query.collection, condition))
    }

    /// Resolves a condition of a role: its variables first, then its fields and types (PER-17).
    fn condition(&self, filter: &RawFilter) -> Result<Condition, Refusal> {
        let invalid = |cause: String| Refusal::InvalidCondition(InvalidCondition::hidden(cause));
        let filter = match Filter::parse_text(filter.as_json()) {
            Ok(Some(filter)) => filter,
            Ok(None) => return Err(invalid("the condition is empty".to_owned())),
            Err(error) => return Err(invalid(error.log_text())),
        };
        // the user learns the name of the missing variable and nothing else (PER-16)
        let filter = substitute(&filter, self.variables).map_err(|error| {
            Refusal::InvalidCondition(InvalidCondition {
                cause: error.log_text(),
                reason: Some(error.to_string()),
            })
        })?;
        self.resolver
            .trusted_filter(self.collection, &filter)
            .map_err(|error| invalid(error.log_text()))
    }
}

fn uncounted(error: RecordError) -> Refusal {
    let cause = chain_of(&error);
    match error {
        RecordError::Unavailable { text, .. } => Refusal::RecordsUnavailable { text, cause },
        _ => Refusal::InvalidCondition(InvalidCondition::hidden(cause)),
    }
}

#[cfg(test)]
mod tests;
