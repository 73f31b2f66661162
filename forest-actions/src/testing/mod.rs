//! Test your agent against a Forest server that you control. Feature `testing`.
//!
//! [`TestForest`] starts an agent with your actions inside your own application, and acts as users of a project: they
//! trigger actions, open forms, request approvals and give them. It also needs the feature `server`, which is on by
//! default. [`FakeForest`] is a Forest server on this machine: users log in through it, it holds the rights of roles, keeps
//! published schemas, files and signs approvals, sends events, and fails on demand. It shares no code with the agent.
//!
//! # From another program
//!
//! The methods are also available over HTTP, from this machine only: on the page at `/`, or with `POST /control/…` and a JSON
//! object. Every change sends its event to the agents. `GET /control/state` returns the state.
//!
//! | command | fields |
//! | --- | --- |
//! | `rights` | `role`, `collection`, `action`, `right` (`trigger`, `approval_required`, `approve`, `self_approve`), `allowed`, `condition` (optional; `null` removes it) |
//! | `collection-rights` | `role`, `collection`, `right` (`browse`, `read`, `edit`, `add`, `delete`, `export`), `allowed` |
//! | `development` | `on` |
//! | `users` | `id`, `email`; optional `first_name` with `last_name`, `role`, `team`, `permission_level`. Without `email`, changes a user |
//! | `users/remove` | `id` |
//! | `scope` | `rendering`, `collection`, `filter` (`null` removes it) |
//! | `charts` | `rendering`, `definition` of a chart, which is added |
//! | `ip-rules` | `enabled`, `rules` (as in the protocol) |
//! | `events` | `event` and optional `data`; or `close` (`cut`, `end`); or `silent` |
//! | `faults` | `route`, `fault` (`status`, `redirect`, `garbage`, `half_body`, `slow_drip`, `delay`, `hang`, `close`, `endless`), optional `times`; `status`, `body`, `content_type`, `location`, `bytes`, `milliseconds` where the fault has them |
//! | `faults/heal` | `route`; without it, all |
//! | `approvals/<id>/approve` | `reviewer`. Returns the signed request and the body to post |
//! | `approvals/<id>/reject` | `reviewer`, optional `message` |
//!
//! ```sh
//! curl http://127.0.0.1:3311/control/rights -H 'Content-Type: application/json' \
//!   -d '{"role": "Support", "collection": "customers", "action": "Charge credit card", "right": "trigger", "allowed": true}'
//! ```

#[cfg(feature = "server")]
mod client;
mod fake;
#[cfg(test)]
mod tests;

use crate::local::LocalUser;

#[cfg(feature = "server")]
pub use client::{
    TestAnswer, TestApproval, TestFile, TestForest, TestForestError, TestForm, TestOpening, TestResults, TestTrigger,
    TestUser, TestWebhook,
};
pub use fake::{
    ActionRight, ActivityLog, Approval, ApprovalComment, ApprovalEvent, ApprovalRequest, ApprovalStatus, ApprovalStep,
    ApprovedRequest, CollectionRight, FakeForest, FakeForestBuilder, FakeForestError, FakeRendering, FakeRole,
    FakeUser, Fault, ForestEvent, Gate, IpRule, LoginRefusal, PublishedSchema, RecordedRequest, RegisteredClient,
    Right, TestToken, TokenAlgorithm,
};

/// The same user on a fake Forest server.
impl From<LocalUser> for FakeUser {
    fn from(user: LocalUser) -> Self {
        let fake = Self::new(user.id, user.email)
            .name(user.first_name, user.last_name)
            .team(user.team)
            .role(user.role)
            .permission_level(user.permission_level);
        user.tags
            .into_iter()
            .fold(fake, |fake, (key, value)| fake.tag(key, value))
    }
}
