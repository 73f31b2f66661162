//! What one caller may see of the records, and what a request's list means for them.
//!
//! Every surface (selections of actions and hooks, browsing, and later the conditions of roles) gets its condition here,
//! so that none can leave out a scope. Owns no rule of its own: filters, segments, searches and live queries are
//! resolved by their modules, scopes come from whoever decides.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::condition::Condition;
use super::filter::Filter;
use super::list_query::{ListCondition, ListQuery};
use super::live_query::LiveQueries;
use super::model::CollectionModel;
use super::models::Models;
use super::resolve::Resolver;
use super::scope::substitute;
use super::source::RecordSource;
use crate::request::Caller;
use crate::response::ActionError;

/// A record source and its collections, looked up once at start.
#[derive(Clone)]
pub(crate) struct RecordStore {
    pub(crate) source: Arc<dyn RecordSource>,
    pub(crate) models: Arc<Models>,
}

/// What limits a role's view of the records.
#[derive(Debug, Default, Clone)]
pub(crate) struct RecordRules {
    /// By collection: only the records for which the filter holds exist for the caller. It may hold variables.
    pub(crate) scopes: HashMap<String, Filter>,
    /// By collection: the live queries that somebody granted.
    pub(crate) live_queries: HashMap<String, LiveQueries>,
    /// The collections that may not be browsed.
    pub(crate) not_browsed: HashSet<String>,
    /// The collections without the relations to those, when there are some: what may not be looked at may not be looked
    /// at through a relation either.
    pub(crate) visible: Option<Arc<Models>>,
}

/// The records, as one caller may see them during one request.
#[derive(Clone)]
pub(crate) struct RecordAccess {
    pub(crate) store: RecordStore,
    /// `None` when they cannot be told: then nothing is shown, because missing rules never mean none (PER-02).
    pub(crate) rules: Option<Arc<RecordRules>>,
    /// The moment of the request: every date of it is seen from here.
    pub(crate) now: DateTime<Utc>,
    /// The zone of the caller, unless the list has one of its own.
    pub(crate) timezone: Tz,
    pub(crate) caller: Caller,
}

impl RecordAccess {
    /// The collection of that name.
    ///
    /// # Errors
    /// 404 when the source has none, or the caller may not know of it.
    pub(crate) fn collection(&self, name: &str) -> Result<&CollectionModel, ActionError> {
        self.models()
            .get(name)
            .ok_or_else(|| ActionError::not_found(format!("there is no collection `{}`", shortened(name))))
    }

    /// The collections as the caller may know of them.
    pub(crate) fn models(&self) -> &Models {
        let visible = self.rules.as_ref().and_then(|rules| rules.visible.as_deref());
        visible.unwrap_or(&self.store.models)
    }

    /// What resolves the filters of this request.
    pub(crate) fn resolver(&self) -> Resolver<'_> {
        self.resolver_in(self.timezone)
    }

    fn resolver_in(&self, timezone: Tz) -> Resolver<'_> {
        Resolver {
            models: self.models(),
            now: self.now,
            timezone,
        }
    }

    fn rules(&self) -> Result<&RecordRules, ActionError> {
        self.rules.as_deref().ok_or_else(|| {
            ActionError::forbidden(
                "The records that you may see cannot be told, so none are shown. Please contact an administrator.",
            )
            .name("PermissionsUnavailableError")
        })
    }

    /// The condition that the caller's scope puts on a collection; one that always holds when there is none.
    ///
    /// # Errors
    /// 403 when the scope uses a variable that the caller does not have (PER-16), 4xx when it does not fit the
    /// collection: a scope that cannot be applied shows nothing.
    pub(crate) fn scope(&self, collection: &CollectionModel) -> Result<Condition, ActionError> {
        self.scope_in(collection, self.timezone)
    }

    fn scope_in(&self, collection: &CollectionModel, timezone: Tz) -> Result<Condition, ActionError> {
        match self.rules()?.scopes.get(&collection.name) {
            None => Ok(Condition::always()),
            Some(filter) => {
                let filter = substitute(filter, &self.caller)?;
                // it may name what the caller may not
                let models = &*self.store.models;
                let resolver = Resolver {
                    models,
                    ..self.resolver_in(timezone)
                };
                resolver.trusted_filter(models.get(&collection.name).unwrap_or(collection), &filter)
            }
        }
    }

    /// Everything that a list shows: its filters, search, segment and live query, within the scope.
    ///
    /// # Errors
    /// 4xx naming what does not fit the collection.
    pub(crate) fn list(&self, collection: &CollectionModel, list: &ListQuery) -> Result<ListCondition, ActionError> {
        let timezone = list.timezone.unwrap_or(self.timezone);
        let nothing = LiveQueries::default();
        let granted = self.rules()?.live_queries.get(&collection.name).unwrap_or(&nothing);
        let mut listed = list.condition(
            &self.resolver_in(timezone),
            collection,
            granted,
            &self.caller,
            &self.caller,
        )?;
        if list.segment_query.is_some() && !self.store.source.has_connection(list.connection_name.as_deref()) {
            return Err(match &list.connection_name {
                Some(name) => ActionError::bad_request(format!("there is no connection `{}`", shortened(name))),
                None => ActionError::unprocessable("this record source has no live queries"),
            });
        }
        listed.condition = self.scope_in(collection, timezone)?.and(listed.condition);
        Ok(listed)
    }
}

/// The start of a name that came from outside, fit for a message.
pub(crate) fn shortened(name: &str) -> String {
    const SHOWN: usize = 64;
    let start: String = name.chars().take(SHOWN).flat_map(char::escape_debug).collect();
    if name.chars().nth(SHOWN).is_some() {
        format!("{start}…")
    } else {
        start
    }
}
