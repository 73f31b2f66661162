//! What the test client asks of the fake server besides what every test can: whether the agent has done what it does at its
//! start, and what has changed since it last looked.

use super::approval::{Approval, ApprovalRequest};
use super::error::FakeForestError;
use super::schema::PublishedSchema;
use super::server::FakeForest;

impl FakeForest {
    /// A number that grows with every change of what agents keep.
    pub(in crate::testing) fn revision(&self) -> u64 {
        self.shared().revision()
    }

    /// Whether anything is told to go wrong.
    pub(in crate::testing) fn is_faulty(&self) -> bool {
        self.shared().faults().patterns().next().is_some()
    }

    pub(in crate::testing) fn has_role(&self, name: &str) -> bool {
        self.shared().state().known_role_id(name).is_some()
    }

    /// The name of a role; of one that is unknown, its number.
    pub(in crate::testing) fn role_name(&self, id: u64) -> String {
        let state = self.shared().state();
        let role = state.roles.iter().find(|role| role.id == id);
        role.map_or_else(|| id.to_string(), |role| role.name.clone())
    }

    pub(in crate::testing) fn file(&self, requester: u64, request: ApprovalRequest) -> (u64, Approval) {
        let filed = self.shared().state().file_approval(requester, request);
        (filed.id(), filed)
    }

    /// Waits until the schema with this hash is the published one.
    pub(in crate::testing) async fn wait_for_schema(&self, hash: String) -> Result<(), FakeForestError> {
        self.until(
            "the schema to be published".to_owned(),
            move |shared| {
                let state = shared.state();
                (state.schemas.last().and_then(PublishedSchema::hash) == Some(hash.as_str())).then_some(())
            },
            |shared| format!("there are {}", shared.state().schemas.len()),
        )
        .await
    }

    /// Waits until more agents listen to events than these.
    pub(in crate::testing) async fn wait_for_more_subscribers(&self, number: usize) -> Result<(), FakeForestError> {
        self.until(
            format!("more than {number} event subscribers"),
            move |shared| (shared.events.count() > number).then_some(()),
            |shared| format!("there are {}", shared.events.count()),
        )
        .await
    }
}
