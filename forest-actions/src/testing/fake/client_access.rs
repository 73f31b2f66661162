//! Methods of [`FakeForest`] for the test client only.

use super::approval::{Approval, ApprovalRequest};
use super::schema::PublishedSchema;
use super::server::{FakeForest, FakeForestError};

impl FakeForest {
    /// Grows with every change that agents cache.
    pub(in super::super) fn revision(&self) -> u64 {
        self.shared().revision()
    }

    pub(in super::super) fn has_faults(&self) -> bool {
        self.shared().faults().patterns().next().is_some()
    }

    pub(in super::super) fn has_role(&self, name: &str) -> bool {
        self.shared().state().known_role_id(name).is_some()
    }

    /// The name of a role, or its number if it does not exist.
    pub(in super::super) fn role_name(&self, id: u64) -> String {
        let state = self.shared().state();
        let role = state.roles.iter().find(|role| role.id == id);
        role.map_or_else(|| id.to_string(), |role| role.name.clone())
    }

    pub(in super::super) fn file(&self, requester: u64, request: ApprovalRequest) -> (u64, Approval) {
        let filed = self.shared().state().file_approval(requester, request);
        (filed.id(), filed)
    }

    /// Waits until the schema with this hash is the published one.
    pub(in super::super) async fn wait_for_schema(&self, hash: String) -> Result<(), FakeForestError> {
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

    /// Waits until there are more event subscribers than `number`.
    pub(in super::super) async fn wait_for_more_subscribers(&self, number: usize) -> Result<(), FakeForestError> {
        self.until(
            format!("more than {number} event subscribers"),
            move |shared| (shared.events.count() > number).then_some(()),
            |shared| format!("there are {}", shared.events.count()),
        )
        .await
    }
}
