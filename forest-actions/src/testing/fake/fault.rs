//! Faults that a test injects, and the plan that picks the fault of each request. `answer` carries it out.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::watch;

use super::requests::Route;
use super::server::FakeForest;

/// A fault of one request.
///
/// With a fault that replaces the answer, the request has no effect: a failed registration does not register a client.
/// `HalfBody`, `SlowDrip`, `Delay` and `Hold` deliver the real answer, as of the moment the request arrived.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum Fault {
    /// No fault, for the requests of a sequence that succeed.
    None,
    /// This status, with the error body of the Forest server.
    Status(u16),
    /// This status with this body.
    StatusWithBody {
        /// The status code.
        status: u16,
        /// The `Content-Type`.
        content_type: String,
        /// The body, unchanged.
        body: String,
    },
    /// A redirect (302) to this address.
    Redirect(String),
    /// `200` with an invalid body of type JSON.
    Garbage,
    /// The first half of the answer, then the connection is closed.
    HalfBody,
    /// The answer, a few bytes at a time.
    SlowDrip {
        /// Bytes per piece.
        bytes: usize,
        /// Time between two pieces.
        every: Duration,
    },
    /// The answer, after this time.
    Delay(Duration),
    /// The answer, when the gate is opened.
    Hold(Gate),
    /// The request is accepted and never answered.
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

    /// Returns `true` if the real answer is delivered, if late or in part.
    pub(super) fn keeps_the_answer(&self) -> bool {
        matches!(
            self,
            Self::None | Self::HalfBody | Self::SlowDrip { .. } | Self::Delay(_) | Self::Hold(_)
        )
    }
}

/// Holds answers back until it is opened, so that a test can order events without sleeping.
///
/// ```
/// use forest_actions::testing::{Fault, Gate};
///
/// let gate = Gate::new();
/// let fault = Fault::Hold(gate.clone());
/// // … the requests arrive, and the test acts …
/// gate.open();
/// # let _ = fault;
/// ```
#[derive(Debug, Clone)]
pub struct Gate(Arc<watch::Sender<bool>>);

impl Gate {
    /// Makes a closed gate.
    #[must_use]
    pub fn new() -> Self {
        Self(Arc::new(watch::Sender::new(false)))
    }

    /// Releases all held answers, and those of later requests.
    pub fn open(&self) {
        self.0.send_replace(true);
    }

    pub(super) async fn passed(&self) {
        // fails only without a sender, which `self` holds
        let _ = self.0.subscribe().wait_for(|open| *open).await;
    }
}

impl Default for Gate {
    fn default() -> Self {
        Self::new()
    }
}

/// The pending faults, in the order in which they were added.
#[derive(Debug, Default)]
pub(super) struct FaultPlan(Vec<Rule>);

#[derive(Debug)]
struct Rule {
    pattern: String,
    route: Route,
    next: VecDeque<Fault>,
    /// The fault of every request after those.
    always: Option<Fault>,
}

impl FaultPlan {
    /// Adds a fault of every request to the route.
    pub(super) fn always(&mut self, pattern: &str, fault: Fault) {
        self.add(pattern, VecDeque::new(), Some(fault));
    }

    /// Adds faults of the next requests to the route, one each.
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

    /// Removes the faults that were added with this exact pattern.
    pub(super) fn heal(&mut self, pattern: &str) {
        self.0.retain(|rule| rule.pattern != pattern);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The fault of this request, by the oldest rule that still applies to it.
    pub(super) fn take(&mut self, method: &str, path: &str) -> Fault {
        let mut matching = self.0.iter_mut().filter(|rule| rule.route.matches(method, path));
        let fault = matching.find_map(|rule| rule.next.pop_front().or_else(|| rule.always.clone()));
        self.0.retain(|rule| !rule.next.is_empty() || rule.always.is_some());
        fault.unwrap_or(Fault::None)
    }

    /// The patterns of the pending faults.
    pub(super) fn patterns(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|rule| rule.pattern.as_str())
    }
}

/// Faults. A route is a text such as `GET /liana/v4/permissions/renderings/:id`. Without a method it matches every
/// method; `*` or `:name` matches one segment, a last `**` all that follow.
impl FakeForest {
    /// Adds a fault of every request to the route.
    pub fn fault(&self, route: &str, fault: Fault) {
        self.shared().faults().always(route, fault);
    }

    /// Adds faults of the next requests to the route, one each; later ones succeed again. [`Fault::None`] stands for a
    /// request in between that succeeds.
    pub fn fault_next(&self, route: &str, faults: impl IntoIterator<Item = Fault>) {
        self.shared().faults().next(route, faults);
    }

    /// Adds a fault of one request to the route: 1 for the next, 2 for the one after it, and so on.
    pub fn fault_call(&self, route: &str, number: usize, fault: Fault) {
        let before = std::iter::repeat_n(Fault::None, number.saturating_sub(1));
        self.fault_next(route, before.chain([fault]));
    }

    /// Removes the faults that were added with this exact text.
    pub fn heal(&self, route: &str) {
        self.shared().faults().heal(route);
    }

    /// Removes all faults.
    pub fn heal_all(&self) {
        self.shared().faults().clear();
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
    fn sequences_are_used_up_and_standing_faults_stay_until_healed() {
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
