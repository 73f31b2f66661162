//! Approval requests, filed at the fake Forest server as the UI files them.

use std::fmt;

use serde_json::{Map, Value};

use super::project::TestForest;
use super::request::Sent;
use crate::declare::ActionDescriptor;
use crate::testing::{Approval, ApprovalRequest};

/// A filed approval request, made by [`TestAnswer::request_approval`](super::TestAnswer::request_approval).
///
/// ```
/// # use actix_web::App;
/// # use forest_actions::prelude::*;
/// # use forest_actions::testing::TestForest;
/// # #[smart_action(collection = "orders", name = "Refund order", kind = "single")]
/// # async fn refund(id: RecordId<i64>) -> String { format!("Refunded {}", *id) }
/// # #[actix_web::main]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let agent = Forest::builder().actions(actions![refund]);
/// # let forest = TestForest::start(agent, |forest| App::new().configure(forest.routes())).await?;
/// forest.fake().grant("Support", "orders", "Refund order").requires_approval("orders", "Refund order");
/// forest.fake().role("Manager").may_approve("orders", "Refund order");
/// let (sam, maria) = (forest.user("Support"), forest.user("Manager"));
///
/// let answer = sam.trigger("orders", "Refund order").ids([7]).await;
/// assert_eq!(answer.approvers(), ["Manager"]);
///
/// let approval = answer.request_approval();
/// assert_eq!(sam.approve(&approval).await.error_name(), "ApprovalNotAllowedError");
/// assert_eq!(maria.approve(&approval).await.success(), "Refunded 7");
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct TestApproval {
    forest: TestForest,
    id: u64,
    action: &'static ActionDescriptor,
    /// The request as filed, in case the server has dropped it.
    filed: Approval,
}

/// Attributes that are signed beside the records and the values.
const SIGNED_ALONG: [&str; 6] = [
    "parent_collection_name",
    "parent_collection_id",
    "parent_association_name",
    "all_records",
    "all_records_ids_excluded",
    "all_records_subset_query",
];

impl TestApproval {
    pub(super) fn file(sent: &Sent) -> Self {
        let get = |name: &str| sent.attributes.get(name);
        let ids = get("ids").and_then(Value::as_array).into_iter().flatten();
        let ids = ids.filter_map(|id| id.as_str().map(str::to_owned));
        let mut request = ApprovalRequest::new(sent.action.collection, sent.action.name).records(ids);
        let values = get("values").and_then(Value::as_object).cloned();
        for (name, value) in values.unwrap_or_else(Map::new) {
            request = request.value(name, value);
        }
        for name in SIGNED_ALONG {
            if let Some(value) = get(name) {
                request = request.attribute(name, value.clone());
            }
        }
        let forest = sent.user.forest().clone();
        let (id, filed) = forest.fake().file(sent.user.id(), request);
        Self {
            forest,
            id,
            action: sent.action,
            filed,
        }
    }

    /// The id at the fake Forest server.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// The current state of the request at the Forest server: status, comments, history.
    #[must_use]
    pub fn filed(&self) -> Approval {
        self.forest
            .fake()
            .approval(self.id)
            .unwrap_or_else(|_| self.filed.clone())
    }

    pub(super) fn action(&self) -> &'static ActionDescriptor {
        self.action
    }
}

impl fmt::Debug for TestApproval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TestApproval").field(&self.id).finish()
    }
}
