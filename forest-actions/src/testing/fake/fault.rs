//! What a test makes go wrong, and when. The plan only says what happens to the next request of a route; `answer`
//! makes it happen.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use super::route::Route;

/// Something that goes wrong with one request.
///
/// A fault that replaces the answer also keeps the request from having any effect: a registration that fails
/// registers nobody. `HalfBody`, `SlowDrip`, `Delay` and `Hold` deliver the true answer of the moment in which the request
/// came.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fault {
    /// Nothing goes wrong: for the places of a sequence that are to succeed.
    None,
    /// This status, with the error body that the Forest server would send.
    Status(u16),
    /// This status with this body.
    StatusWithBody {
        /// The status.
        status: u16,
        /// The `Content-Type`.
        content_type: String,
        /// The body, as it is.
        body: String,
    },
    /// A redirect (302) to this address.
    Redirect(String),
    /// `200` with a body that claims to be JSON and is not.
    Garbage,
    /// The first half of the answer, then the connection is closed.
    HalfBody,
    /// The answer, a few bytes at a time.
    SlowDrip {
        /// How many bytes at a time.
        bytes: usize,
        /// How long between two pieces.
        every: Duration,
    },
    /// The answer, after this time.
    Delay(Duration),
    /// The answer, once the gate is open.
    Hold(Gate),
    /// The request is taken, and never answered.
    Hang,
    /// The connection is closed without an answer.
    Close,
    /// `200` with JSON that never ends.
    Endless,
}

impl Fault {
    /// A status with a JSON body.
    #[must_use]
    pub fn json(status: u16, body: &Value) -> Self {
        Self::StatusWithBody {
            status,
            content_type: "application/json".to_owned(),
            body: body.to_string(),
        }
    }

    /// Whether the request gets its true answer, sooner or later, whole or not.
    pub(super) fn keeps_the_answer(&self) -> bool {
        matches!(
            self,
            Self::None | Self::HalfBody | Self::SlowDrip { .. } | Self::Delay(_) | Self::Hold(_)
        )
    }
}

/// Holds answers back until it is opened, so that a test decides what happens first without sleeping.
///
/// ```
/// use forest_actions::testing::{Fault, Gate};
///
/// let gate = Gate::new();
/// let fault = Fault::Hold(gate.clone());
/// // … the requests arrive, something else happens …
/// gate.open();
/// # let _ = fault;
/// ```
#[derive(Debug, Clone)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    /// A closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Lets through what waits, and everything that comes later.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    pub(super) async fn passed(&self) {
        // an error would mean that the sender is gone, and `self` holds it
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

/// The faults that are still to come, in the order in which they were asked for.
#[derive(Debug, Default)]
pub(super) struct FaultPlan(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    pattern: String,
    route: Route,
    next: VecDeque<Fault>,
    /// What happens to every request after those.
    always: Option<Fault>,
}

impl FaultPlan {
    /// Every request of the route, until it is healed.
    pub(super) fn always(&mut self, pattern: &str, fault: Fault) {
        self.add(pattern, VecDeque::new(), Some(fault));
    }

    /// The next requests of the route, one after the other.
    pub(super) fn next(&mut self, pattern: &str, faults: impl IntoIterator<Item = Fault>) {
        self.add(pattern, faults.into_iter().collect(), None);
    }

    fn add(&mut self, pattern: &str, next: VecDeque<Fault>, always: Option<Fault>) {
        self.0.push(Rule {
            pattern: pattern.to_owned(),
            route: Route::new(pattern),
            next,
            always,
        });
    }

    /// Ends what was asked for with this very pattern.
    pub(super) fn heal(&mut self, pattern: &str) {
        self.0.retain(|rule| rule.pattern != pattern);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What happens to this request. The oldest rule that still has something to say does.
    pub(super) fn take(&mut self, method: &str, path: &str) -> Fault {
        let mut matching = self.0.iter_mut().filter(|rule| rule.route.matches(method, path));
        let fault = matching.find_map(|rule| rule.next.pop_front().or_else(|| rule.always.clone()));
        self.0.retain(|rule| !rule.next.is_empty() || rule.always.is_some());
        fault.unwrap_or(Fault::None)
    }

    /// The patterns that still have something to say.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|rule| rule.pattern.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(plan: &mut FaultPlan, requests: usize) -> Vec<u16> {
        let one = |_| match plan.take("GET", "/a") {
            Fault::Status(status) => status,
            _ => 200,
        };
        (0..requests).map(one).collect()
    }

    #[test]
    fn a_sequence_is_used_up_and_a_standing_fault_stays_until_it_is_healed() {
        let mut plan = FaultPlan::default();
        plan.next("GET /a", [Fault::Status(500), Fault::None, Fault::Status(503)]);
        plan.next("GET /b", [Fault::Status(400)]);
        assert_eq!(statuses(&mut plan, 4), [500, 200, 503, 200]);
        plan.next("/a", [Fault::Status(502)]);
        plan.always("GET /a", Fault::Status(404));
        assert_eq!(statuses(&mut plan, 3), [502, 404, 404]);
        plan.heal("GET /a");
        assert_eq!(statuses(&mut plan, 1), [200]);
        assert_eq!(plan.patterns().collect::<Vec<_>>(), ["GET /b"]);
    }
}
