//! Runs in the background: `background` and the arguments that go with it.

use std::time::Duration;

use super::descriptor::ActionDescriptor;
use super::registry::ActionProblem;
use crate::records::Models;
use crate::schema::ActionKind;

/// The runs of an action in the background, as the attribute declares them.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Background {
    /// A run on at most this many records stays in the request.
    pub(crate) over: Option<u64>,
    /// Time that the request waits for the end of the run.
    pub(crate) wait: Duration,
    /// Maximum number of attempts that fail at one place, at least 1.
    pub(crate) attempts: u32,
    /// Time without progress after which an attempt counts as failed.
    pub(crate) stall: Duration,
    /// A second run is refused until the end of the first.
    pub(crate) one_at_a_time: bool,
    /// Time that a finished run is kept.
    pub(crate) keep: Duration,
}

/// Durations are in milliseconds; the attribute checks their limits.
#[doc(hidden)]
#[expect(clippy::new_without_default, reason = "only the attribute makes one")]
impl Background {
    #[must_use]
    pub const fn new() -> Self {
        Self {
            over: None,
            wait: Duration::from_millis(800),
            attempts: 3,
            stall: Duration::from_secs(5 * 60),
            one_at_a_time: false,
            keep: Duration::from_secs(90 * 24 * 60 * 60),
        }
    }

    #[must_use]
    pub const fn over(mut self, records: u64) -> Self {
        self.over = Some(records);
        self
    }

    #[must_use]
    pub const fn wait(mut self, millis: u64) -> Self {
        self.wait = Duration::from_millis(millis);
        self
    }

    #[must_use]
    pub const fn attempts(mut self, attempts: u32) -> Self {
        self.attempts = attempts;
        self
    }

    #[must_use]
    pub const fn stall(mut self, millis: u64) -> Self {
        self.stall = Duration::from_millis(millis);
        self
    }

    #[must_use]
    pub const fn one_at_a_time(mut self) -> Self {
        self.one_at_a_time = true;
        self
    }

    #[must_use]
    pub const fn keep(mut self, millis: u64) -> Self {
        self.keep = Duration::from_millis(millis);
        self
    }
}

/// The actions whose runs could not go on in the background: without a place for their rows, or over records that cannot be read
/// on from a key.
pub(crate) fn run_problems(
    actions: &[&'static ActionDescriptor],
    has_runs: bool,
    models: Option<&Models>,
) -> Vec<ActionProblem> {
    let background = actions.iter().filter(|action| action.background.is_some());
    let problem = |action: &&'static ActionDescriptor| {
        if !has_runs {
            let text = "it is `background`, and the agent has no place for its runs: give the builder \
                        `.runs(Runs::postgres(pool))` or `.runs(Runs::sqlite(pool))`";
            return Some(ActionProblem::new(action, text));
        }
        let model = models?
            .get(action.collection)
            .filter(|_| action.kind != ActionKind::Global)?;
        (model.key.is_empty() || model.key_may_repeat).then(|| {
            let text = format!(
                "it is `background`, and `{}` has no key that is unique in the database: a run could not go on from a record",
                action.collection
            );
            ActionProblem::new(action, text)
        })
    };
    background.filter_map(problem).collect()
}
