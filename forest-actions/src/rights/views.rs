//! The record rules of roles in renderings, worked out once for each pair and kept while the facts behind them are.
//!
//! Reading the scopes of a thousand collections for each request would cost more than the request. What is kept is found by
//! the rendering and the role, and used only while both readings are the ones that it was made from, so it is never older than
//! they are.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::rendering::record_rules;
use crate::decide::Actor;
use crate::decide::facts::{EnvironmentPermissions, RenderingFacts};
use crate::records::{Models, RecordRules};
use crate::server::{Reading, Token};

/// More pairs than people work in at a time; beyond it, all are forgotten and made again.
const MOST: usize = 1_024;

/// The rules that were made.
#[derive(Default)]
pub(super) struct Views {
    made: Mutex<HashMap<(String, Actor), Made>>,
}

struct Made {
    rendering: Token,
    environment: Token,
    rules: Arc<RecordRules>,
}

impl Views {
    /// The rules of this role in this rendering.
    pub(super) fn of(
        &self,
        rendering_id: &str,
        rendering: &Reading<RenderingFacts>,
        environment: &Reading<EnvironmentPermissions>,
        actor: Actor,
        models: &Models,
    ) -> Arc<RecordRules> {
        let key = (rendering_id.to_owned(), actor);
        let (from_rendering, from_environment) = (rendering.token(), environment.token());
        {
            let made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(made) = made.get(&key)
                && made.rendering == from_rendering
                && made.environment == from_environment
            {
                return Arc::clone(&made.rules);
            }
        }
        // not under the lock: another worker that does the same meanwhile does no harm
        let rules = Arc::new(record_rules(rendering, environment, actor, models));
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if made.len() >= MOST {
            made.clear();
        }
        made.insert(
            key,
            Made {
                rendering: from_rendering,
                environment: from_environment,
                rules: Arc::clone(&rules),
            },
        );
        rules
    }
}
