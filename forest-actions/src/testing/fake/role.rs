//! Roles, in the words of a test.

use std::sync::Arc;

use serde_json::Value;

use super::events::ForestEvent;
use super::rights::{ActionRight, CollectionRight, Right};
use super::server::FakeForest;
use super::state::Shared;

/// A role of the fake project. Every method takes effect at once and returns the role for the next call.
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

    /// The id that agents see: 10, 20, 30, … in the order in which roles were first named.
    #[must_use]
    pub fn id(&self) -> u64 {
        self.id
    }

    /// Gives a right on an action.
    pub fn allow(self, right: ActionRight, collection: &str, action: &str) -> Self {
        self.set(right, collection, action, true)
    }

    /// Takes a right on an action. "Everybody" becomes every other role.
    pub fn refuse(self, right: ActionRight, collection: &str, action: &str) -> Self {
        self.set(right, collection, action, false)
    }

    fn set(self, right: ActionRight, collection: &str, action: &str, allowed: bool) -> Self {
        let place = (collection, action);
        self.shared.state().set_action_right(self.id, right, place, allowed);
        self.shared.roles_changed();
        self
    }

    /// Limits a right of this role by a condition tree, sent as it is. It does not give the right, and has no effect while the
    /// right is a boolean. Self-approval has the conditions of approval.
    pub fn condition(self, right: ActionRight, collection: &str, action: &str, filter: Value) -> Self {
        self.set_condition(right, collection, action, Some(filter))
    }

    /// Removes the condition of a right.
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

    /// Lets the role run the action.
    pub fn may_trigger(self, collection: &str, action: &str) -> Self {
        self.allow(ActionRight::Trigger, collection, action)
    }

    /// Lets the role run the action on records that all match the filter.
    pub fn may_trigger_if(self, collection: &str, action: &str, filter: Value) -> Self {
        self.allow(ActionRight::Trigger, collection, action)
            .condition(ActionRight::Trigger, collection, action, filter)
    }

    /// Takes the right to run the action.
    pub fn may_not_trigger(self, collection: &str, action: &str) -> Self {
        self.refuse(ActionRight::Trigger, collection, action)
    }

    /// Requires an approval when the role runs the action. It does not give the right to run it.
    pub fn requires_approval(self, collection: &str, action: &str) -> Self {
        self.allow(ActionRight::ApprovalRequired, collection, action)
    }

    /// Requires an approval when any record matches the filter.
    pub fn requires_approval_if(self, collection: &str, action: &str, filter: Value) -> Self {
        self.allow(ActionRight::ApprovalRequired, collection, action).condition(
            ActionRight::ApprovalRequired,
            collection,
            action,
            filter,
        )
    }

    /// Lets the role run the action without an approval.
    pub fn requires_no_approval(self, collection: &str, action: &str) -> Self {
        self.refuse(ActionRight::ApprovalRequired, collection, action)
    }

    /// Lets the role approve requests of others.
    pub fn may_approve(self, collection: &str, action: &str) -> Self {
        self.allow(ActionRight::Approve, collection, action)
    }

    /// Lets the role approve requests on records that all match the filter.
    pub fn may_approve_if(self, collection: &str, action: &str, filter: Value) -> Self {
        self.allow(ActionRight::Approve, collection, action)
            .condition(ActionRight::Approve, collection, action, filter)
    }

    /// Takes the right to approve.
    pub fn may_not_approve(self, collection: &str, action: &str) -> Self {
        self.refuse(ActionRight::Approve, collection, action)
    }

    /// Lets members of the role approve their own requests.
    pub fn may_approve_own(self, collection: &str, action: &str) -> Self {
        self.allow(ActionRight::SelfApprove, collection, action)
    }

    /// Takes the right to approve one's own requests.
    pub fn may_not_approve_own(self, collection: &str, action: &str) -> Self {
        self.refuse(ActionRight::SelfApprove, collection, action)
    }

    /// Gives a right on the records of a collection.
    pub fn may(self, right: CollectionRight, collection: &str) -> Self {
        self.set_collection(right, collection, true)
    }

    /// Takes a right on the records of a collection.
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

    /// Lets the role list, read and export the records of a collection.
    pub fn may_browse(self, collection: &str) -> Self {
        [CollectionRight::Browse, CollectionRight::Read, CollectionRight::Export]
            .into_iter()
            .fold(self, |role, right| role.may(right, collection))
    }

    /// Lets the role create, change and delete the records of a collection.
    pub fn may_write(self, collection: &str) -> Self {
        [CollectionRight::Add, CollectionRight::Edit, CollectionRight::Delete]
            .into_iter()
            .fold(self, |role, right| role.may(right, collection))
    }

    /// Gives the role every right on records and the right to trigger every action, present and future. A right that is taken
    /// afterwards stays taken.
    pub fn may_do_everything(self) -> Self {
        self.shared.state().give_everything(self.id);
        self.shared.roles_changed();
        self
    }

    /// Sends the agents the event that roles have changed.
    pub fn push(self) -> Self {
        self.shared.events.push(&ForestEvent::RefreshRoles);
        self
    }
}

/// Roles and rights.
impl FakeForest {
    /// A role, which is added if it does not exist.
    pub fn role(&self, name: &str) -> FakeRole {
        FakeRole::new(self.shared().clone(), name)
    }

    /// Lets a role run an action.
    ///
    /// # Panics
    /// An agent has published its schema, which does not have the action: the message names the nearest one. For a right on
    /// something else, use [`role`](Self::role).
    #[track_caller]
    pub fn grant(&self, role: &str, collection: &str, action: &str) -> FakeRole {
        self.require_published(collection, action);
        self.role(role).may_trigger(collection, action)
    }

    /// Takes a role's right to run an action.
    ///
    /// # Panics
    /// As [`grant`](Self::grant).
    #[track_caller]
    pub fn deny(&self, role: &str, collection: &str, action: &str) -> FakeRole {
        self.require_published(collection, action);
        self.role(role).may_not_trigger(collection, action)
    }

    /// Replaces the roles that have a right.
    pub fn set_right(&self, right: ActionRight, collection: &str, action: &str, who: Right) {
        *self.shared().state().action(collection, action).right_mut(right) = who;
        self.shared().roles_changed();
    }

    /// Removes an action from the permissions, as if it had never been published.
    pub fn forget_action(&self, collection: &str, action: &str) {
        self.shared().state().collection(collection).actions.remove(action);
        self.shared().roles_changed();
    }

    /// Removes a collection from the permissions.
    pub fn forget_collection(&self, collection: &str) {
        self.shared().state().collections.remove(collection);
        self.shared().roles_changed();
    }
}
