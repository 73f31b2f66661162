//! Test your agent against a Forest server that you control. Feature `testing`.
//!
//! [`TestForest`] starts an agent with your actions inside of your own application, and acts as people of a project: they
//! trigger actions, open forms, ask for approvals and give them. It needs the feature `server` as well, which is on by
//! default. [`FakeForest`] is a Forest server on this machine: people log in through it, roles decide what they may do, it keeps
//! the schema that is published, files and signs approvals, sends events, and misbehaves when it is told to. It shares no
//! code with the agent's side; only the local page, which shows one, and what lets a test reach into an agent know of it.
//!
//! # From another program
//!
//! What the methods do can also be done over HTTP, from this machine only: by hand on the page at `/`, or with
//! `POST /control/…` and a JSON object (or a form). Every change is told to the agents by its event. `GET /control/state`
//! shows what there is.
//!
//! | command | fields |
//! | --- | --- |
//! | `rights` | `role`, `collection`, `action`, `right` (`trigger`, `approval_required`, `approve`, `self_approve`), `allowed`, `condition` (optional; `null` ends it) |
//! | `collection-rights` | `role`, `collection`, `right` (`browse`, `read`, `edit`, `add`, `delete`, `export`), `allowed` |
//! | `development` | `on` |
//! | `users` | `id`, `email`; optional `first_name` with `last_name`, `role`, `team`, `permission_level`. Without `email`, changes a user |
//! | `users/remove` | `id` |
//! | `scope` | `rendering`, `collection`, `filter` (`null` ends it) |
//! | `ip-rules` | `enabled`, `rules` (as the protocol writes them) |
//! | `events` | `event` and optional `data`; or `close` (`cut`, `end`); or `silent` |
//! | `faults` | `route`, `fault` (`status`, `redirect`, `garbage`, `half_body`, `slow_drip`, `delay`, `hang`, `close`, `endless`), optional `times`; `status`, `body`, `content_type`, `location`, `bytes`, `milliseconds` where they mean something |
//! | `faults/heal` | `route`; without it, all |
//! | `approvals/<number>/approve` | `reviewer`. Answers the signed request and the body to post |
//! | `approvals/<number>/reject` | `reviewer`, optional `message` |
//!
//! ```sh
//! curl http://127.0.0.1:3311/control/rights -H 'Content-Type: application/json' \
//!   -d '{"role": "Support", "collection": "customers", "action": "Charge credit card", "right": "trigger", "allowed": true}'
//! ```

#[cfg(feature = "server")]
mod client;
mod fake;

#[cfg(feature = "server")]
pub use client::{
    TestAnswer, TestApproval, TestFile, TestForest, TestForestError, TestForm, TestOpening, TestTrigger, TestUser,
    TestWebhook,
};
pub use fake::{
    ActionRight, Approval, ApprovalComment, ApprovalEvent, ApprovalRequest, ApprovalStatus, ApprovalStep,
    ApprovedRequest, CollectionRight, FakeForest, FakeForestBuilder, FakeForestError, FakeRendering, FakeRole,
    FakeUser, Fault, ForestEvent, Gate, IpRule, LoginRefusal, PublishedSchema, RecordedRequest, RegisteredClient,
    Right, TestToken, TokenAlgorithm,
};
