//! Record rules, derived once per rendering and role. Reading the scopes of a thousand collections for each request would cost
//! more than the request.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, PoisonError};

use super::rendering::{Hidden, hidden, record_rules};
use crate::decide::Actor;
use crate::decide::facts::{EnvironmentPermissions, RenderingFacts};
use crate::records::{Models, RecordRules};

/// Maximum number of entries of a [`Derived`], which is cleared when it is full.
const CAPACITY: usize = 1_024;

#[derive(Default)]
pub(super) struct Views {
    rules: Derived<(String, Actor), RulesFacts, RecordRules>,
    hidden: Derived<Actor, Arc<EnvironmentPermissions>, Hidden>,
}

type RulesFacts = (Arc<RenderingFacts>, Arc<EnvironmentPermissions>);

impl Views {
    /// Returns the rules of a role in a rendering.
    pub(super) fn rules(
        &self,
        rendering_id: &str,
        rendering: &Arc<RenderingFacts>,
        environment: &Arc<EnvironmentPermissions>,
        actor: Actor,
        models: &Models,
    ) -> Arc<RecordRules> {
        self.rules.get(
            (rendering_id.to_owned(), actor),
            |(seen, other)| Arc::ptr_eq(seen, rendering) && Arc::ptr_eq(other, environment),
            || {
                let hidden = self.hidden.get(
                    actor,
                    |seen| Arc::ptr_eq(seen, environment),
                    || (Arc::clone(environment), hidden(environment, actor, models)),
                );
                let rules = record_rules(rendering, &hidden, models);
                ((Arc::clone(rendering), Arc::clone(environment)), rules)
            },
        )
    }
}

/// Values that are derived from facts. A value is used only while its facts are the same allocations, so it is never older.
struct Derived<K, F, V>(Mutex<HashMap<K, (F, Arc<V>)>>);

impl<K, F, V> Default for Derived<K, F, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Eq + Hash, F, V> Derived<K, F, V> {
    /// Two threads may derive the same value at the same time.
    fn get(&self, key: K, is_current: impl Fn(&F) -> bool, derive: impl FnOnce() -> (F, V)) -> Arc<V> {
        let entries = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((facts, value)) = entries().get(&key)
            && is_current(facts)
        {
            return Arc::clone(value);
        }
        let (facts, value) = derive();
        let value = Arc::new(value);
        let mut entries = entries();
        if entries.len() >= CAPACITY && !entries.contains_key(&key) {
            entries.clear();
        }
        entries.insert(key, (facts, Arc::clone(&value)));
        value
    }
}
