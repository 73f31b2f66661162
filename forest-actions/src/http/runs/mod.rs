//! Runs in the background: their submission, the workers that carry them out, and what people and programs see of them.
//!
//! A worker sends the stored request through the application of the program, like a browser, and with it the [`Slice`] that
//! takes the place of its token. So the handler runs behind the checks of [`execute`](super::execute), with all extractors,
//! and every attempt decides the rights of the user anew.

mod actions;
mod answer;
mod end;
mod error;
mod page;
mod routes;
mod slice;
mod submit;
mod tokens;
mod worker;

use std::fmt;
use std::sync::Arc;

use tokio::sync::Notify;

pub(crate) use actions::own_actions;
pub(super) use actions::{Agent, is_own};
pub(crate) use error::RunRefusal;
pub(super) use routes::{SEGMENT, serve};
pub(super) use slice::{Slice, Stored, run_slice};
pub(super) use submit::{Submission, submission};
pub(crate) use worker::work;

use self::tokens::PageTokens;
use crate::declare::ActionDescriptor;
use crate::runs::{RunRow, RunSettings, Seal, StoreError};

/// The runs of an agent.
pub(crate) struct Runs {
    pub(super) settings: RunSettings,
    pub(super) seal: Seal,
    pub(super) tokens: PageTokens,
    /// The endpoints that this program can carry out, as a JSON list.
    pub(super) endpoints: String,
    /// A run of this process has ended.
    pub(super) ended: Arc<Notify>,
}

impl Runs {
    pub(super) fn new(settings: RunSettings, secret: &[u8], actions: &[&'static ActionDescriptor]) -> Self {
        let endpoints = actions.iter().filter(|action| action.background.is_some());
        let endpoints: Vec<&str> = endpoints.map(|action| action.endpoint).collect();
        Self {
            settings,
            seal: Seal::new(secret),
            tokens: PageTokens::new(secret),
            endpoints: serde_json::json!(endpoints).to_string(),
            ended: Arc::default(),
        }
    }

    /// Announces a run to workers. A queue that fails delays it at most.
    pub(super) async fn announce(&self, run: &str) {
        if let Err(error) = self.settings.queue.push(run).await {
            let error = crate::response::chain_of(&error);
            tracing::warn!(
                run,
                error,
                "a run could not be announced to other processes, which look for it by themselves"
            );
        }
    }

    /// The run of this id.
    pub(crate) async fn get(&self, id: &str) -> Result<Option<RunRow>, StoreError> {
        self.settings.store.get(id).await
    }
}

impl fmt::Debug for Runs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Runs")
            .field("endpoints", &self.endpoints)
            .finish_non_exhaustive()
    }
}
