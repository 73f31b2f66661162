//! The rule of an action over its records: `can_run`, and what a refused record means for the rest.

use std::fmt;

use super::descriptor::ActionDescriptor;
use super::registry::ActionProblem;
use crate::records::{Filter, Judge, RecordStore};

/// The rule of an action, as the attribute declares it.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct CanRun {
    pub(crate) rule: Rule,
    /// One refused record ends the run before it begins; otherwise the handler gets the others.
    pub(crate) stops: bool,
}

#[derive(Clone, Copy)]
pub(crate) enum Rule {
    /// Judges one record after the other.
    Records(Judge),
    /// Allows the records of a filter, and refuses the others for one reason.
    Filter {
        filter: fn() -> Filter,
        reason: &'static str,
    },
}

#[doc(hidden)]
impl CanRun {
    #[must_use]
    pub const fn records(judge: Judge, stops: bool) -> Self {
        Self {
            rule: Rule::Records(judge),
            stops,
        }
    }

    #[must_use]
    pub const fn filter(filter: fn() -> Filter, reason: &'static str, stops: bool) -> Self {
        Self {
            rule: Rule::Filter { filter, reason },
            stops,
        }
    }
}

/// The rules that cannot be evaluated: without a record source, or with a filter that does not fit.
pub(crate) fn rule_problems(actions: &[&'static ActionDescriptor], store: Option<&RecordStore>) -> Vec<ActionProblem> {
    let problem = |action: &&'static ActionDescriptor| {
        let CanRun { rule, .. } = action.can_run.as_ref()?;
        let store = store.filter(|store| store.models.get(action.collection).is_some());
        let reason = match (store, rule) {
            (None, _) => format!(
                "its rule `can_run` needs the records of `{}`, and no record source has that collection",
                action.collection
            ),
            (Some(store), Rule::Filter { filter, .. }) => {
                let problem = store.filter_problem(action.collection, &filter())?;
                format!("the filter of its rule `can_run` does not fit: {problem}")
            }
            (Some(_), Rule::Records(_)) => return None,
        };
        Some(ActionProblem::new(action, reason))
    };
    actions.iter().filter_map(problem).collect()
}

impl fmt::Debug for CanRun {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CanRun")
            .field("stops", &self.stops)
            .finish_non_exhaustive()
    }
}
