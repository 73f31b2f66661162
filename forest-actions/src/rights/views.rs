//! The record rules of roles in renderings, worked out once for each pair and kept while the facts behind them are.
//!
//! Reading the scopes of a thousand collections for each request would cost more than the request. What is kept is found by
//! the rendering and the role, and used only while the facts are the very ones that it was made from, so it is never older than
//! they are. What a role may not browse depends on no rendering, and is worked out once for each role.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::rendering::{Hidden, hidden, record_rules};
use crate::decide::Actor;
use crate::decide::facts::{EnvironmentPermissions, RenderingFacts};
use crate::records::{Models, RecordRules};

/// More than people work in at a time; beyond it, all are forgotten and made again.
const MOST: usize = 1_024;

/// What was made.
#[derive(Default)]
pub(super) struct Views {
    rules: Mutex<HashMap<(String, Actor), MadeRules>>,
    hidden: Mutex<HashMap<Actor, MadeHidden>>,
}

struct MadeRules {
    rendering: Arc<RenderingFacts>,
    environment: Arc<EnvironmentPermissions>,
    rules: Arc<RecordRules>,
}

struct MadeHidden {
    environment: Arc<EnvironmentPermissions>,
    hidden: Arc<Hidden>,
}

impl Views {
    /// The rules of this role in this rendering. Two workers that make them at the same time do no harm.
    pub(super) fn of(
        &self,
        rendering_id: &str,
        rendering: &Arc<RenderingFacts>,
        environment: &Arc<EnvironmentPermissions>,
        actor: Actor,
        models: &Models,
    ) -> Arc<RecordRules> {
        let key = (rendering_id.to_owned(), actor);
        {
            let made = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(made) = made.get(&key)
                && Arc::ptr_eq(&made.rendering, rendering)
                && Arc::ptr_eq(&made.environment, environment)
            {
                return Arc::clone(&made.rules);
            }
        }
        let hidden = self.hidden(environment, actor, models);
        let rules = Arc::new(record_rules(rendering, &hidden, models));
        let made = MadeRules {
            rendering: Arc::clone(rendering),
            environment: Arc::clone(environment),
            rules: Arc::clone(&rules),
        };
        keep(&self.rules, key, made);
        rules
    }

    fn hidden(&self, environment: &Arc<EnvironmentPermissions>, actor: Actor, models: &Models) -> Arc<Hidden> {
        {
            let made = self.hidden.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(made) = made.get(&actor)
                && Arc::ptr_eq(&made.environment, environment)
            {
                return Arc::clone(&made.hidden);
            }
        }
        let hidden = Arc::new(hidden(environment, actor, models));
        let made = MadeHidden {
            environment: Arc::clone(environment),
            hidden: Arc::clone(&hidden),
        };
        keep(&self.hidden, actor, made);
        hidden
    }
}

fn keep<K: Eq + std::hash::Hash, V>(kept: &Mutex<HashMap<K, V>>, key: K, value: V) {
    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
    if kept.len() >= MOST && !kept.contains_key(&key) {
        kept.clear();
    }
    kept.insert(key, value);
}
