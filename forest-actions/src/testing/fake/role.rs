//! A role in the hands of a test. `state` keeps what a role may do; this names it in words that read well.

use std::sync::Arc;

use serde_json::Value;

use super::events::ForestEvent;
use super::rights::{ActionRight, CollectionRight};
use super::shared::Shared;

/// A role of the fake project, to be changed: every method acts at once, and gives the role back for the next one.
///
/// Actions are named by their collection and their label, in exact case, as in the permissions that an agent reads.
///
/// ```
/// # use forest_actions::testing::FakeForest;
/// # use serde_json::json;
/// # #[actix_web::main]
/// # async fn main() -> Result<(), forest_actions::testing::FakeForestError> {
/// let fake = FakeForest::start().await?;
/// let large = json!({"field": "amount", "operator": "greater_than", "value": 1000, "source": "data"});
/// fake.role("Support")
///     .may_trigger("orders", "Refund order")
///     .requires_approval_if("orders", "Refund order", large);
/// fake.role("Manager").may_approve("orders", "Refund order");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone)]
pub struct FakeRole {
    shared: Arc<Shared>,
    id: u64,
}

impl FakeRole {
    pub(super) fn new(shared: Arc<Shared>, name: &str) -> Self {
        let id = shared.state().role_id(name);
        Self { shared, id }
    }

    /// The id under which agents know it: 10, 20, 30, … in the order in which roles were first named.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Gives a right about an action.
    pub fn allow(self, right: ActionRight, collection: &str, action: &str) -> Self {
        self.set(right, collection, action, true)
    }

    /// Takes a right about an action. "Everybody" becomes every other role.
    pub fn refuse(self, right: ActionRight, collection: &str, action: &str) -> Self {
        self.set(right, collection, action, false)
    }

    fn set(self, right: ActionRight, collection: &str, action: &str, allowed: bool) -> Self {
        let place = (collection, action);
        self.shared.state().set_action_right(self.id, right, place, allowed);
        self.shared.roles_changed();
        self
    }

    /// Sets the condition under which a right holds for this role: a condition tree, sent as it is. It gives no right, and
    /// says nothing while the right is a boolean. Self-approval has the conditions of approval.
    pub fn condition(self, right: ActionRight, collection: &str, action: &str, filter: Value) -> Self {
        self.set_condition(right, collection, action, Some(filter))
    }

    /// The right holds without a condition again.
    pub fn no_condition(self, right: ActionRight, collection: &str, action: &str) -> Self {
        self.set_condition(right, collection, action, None)
    }

    fn set_condition(self, right: ActionRight, collection: &str, action: &str, filter: Option<Value>) -> Self {
        let mut state = self.shared.state();
        state.action(collection, action).set_condition(right, self.id, filter);
        drop(state);
        self.shared.roles_changed();
        self
    }

    /// The role may run the action.
    pub fn may_trigger(self, collection: &str, action: &str) -> Self {
        self.allow(ActionRight::Trigger, collection, action)
    }

    /// The role may run the action on records that all match this.
    pub fn may_trigger_if(self, collection: &str, action: &str, filter: Value) -> Self {
        self.allow(ActionRight::Trigger, collection, action)
            .condition(ActionRight::Trigger, collection, action, filter)
    }

    /// The role may not run the action.
    pub fn may_not_trigger(self, collection: &str, action: &str) -> Self {
        self.refuse(ActionRight::Trigger, collection, action)
    }

    /// When the role runs the action, somebody has to approve it. It gives no right to run it.
    pub fn requires_approval(self, collection: &str, action: &str) -> Self {
        self.allow(ActionRight::ApprovalRequired, collection, action)
    }

    /// The same, when any record matches this.
    pub fn requires_approval_if(self, collection: &str, action: &str, filter: Value) -> Self {
        self.allow(ActionRight::ApprovalRequired, collection, action).condition(
            ActionRight::ApprovalRequired,
            collection,
            action,
            filter,
        )
    }

    /// The role runs the action without being approved.
    pub fn requires_no_approval(self, collection: &str, action: &str) -> Self {
        self.refuse(ActionRight::ApprovalRequired, collection, action)
    }

    /// The role may approve what others ask for.
    pub fn may_approve(self, collection: &str, action: &str) -> Self {
        self.allow(ActionRight::Approve, collection, action)
    }

    /// The role may approve it for records that all match this.
    pub fn may_approve_if(self, collection: &str, action: &str, filter: Value) -> Self {
        self.allow(ActionRight::Approve, collection, action)
            .condition(ActionRight::Approve, collection, action, filter)
    }

    /// The role may not approve.
    pub fn may_not_approve(self, collection: &str, action: &str) -> Self {
        self.refuse(ActionRight::Approve, collection, action)
    }

    /// People of the role may approve what they asked for themselves.
    pub fn may_approve_own(self, collection: &str, action: &str) -> Self {
        self.allow(ActionRight::SelfApprove, collection, action)
    }

    /// People of the role may not approve what they asked for themselves.
    pub fn may_not_approve_own(self, collection: &str, action: &str) -> Self {
        self.refuse(ActionRight::SelfApprove, collection, action)
    }

    /// Gives a right about a collection's records.
    pub fn may(self, right: CollectionRight, collection: &str) -> Self {
        self.set_collection(right, collection, true)
    }

    /// Takes a right about a collection's records.
    pub fn may_not(self, right: CollectionRight, collection: &str) -> Self {
        self.set_collection(right, collection, false)
    }

    fn set_collection(self, right: CollectionRight, collection: &str, allowed: bool) -> Self {
        self.shared
            .state()
            .set_collection_right(self.id, right, collection, allowed);
        self.shared.roles_changed();
        self
    }

    /// The role may list, read and export a collection's records.
    pub fn may_browse(self, collection: &str) -> Self {
        [CollectionRight::Browse, CollectionRight::Read, CollectionRight::Export]
            .into_iter()
            .fold(self, |role, right| role.may(right, collection))
    }

    /// The role has every right about records and may trigger every action: those that are there, and those that
    /// appear later, by being named or by a published schema. What is taken afterwards stays taken.
    pub fn may_do_everything(self) -> Self {
        self.shared.state().give_everything(self.id);
        self.shared.roles_changed();
        self
    }

    /// Tells the agents that roles have changed.
    pub fn push(self) -> Self {
        self.shared.events.push(&ForestEvent::RefreshRoles);
        self
    }
}
