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
use super::variables::Variables;
use crate::caller::Caller;
use crate::response::ActionError;
use crate::text::shortened;

/// A record source and its collections, looked up once at start.
#[derive(Clone)]
pub(crate) struct RecordStore {
    pub(crate) source: Arc<dyn RecordSource>,
    pub(crate) models: Arc<Models>,
}

/// The records of a collection that exist for a caller.
#[derive(Debug, Clone)]
pub(crate) enum Scope {
    /// Those for which this holds; it may hold variables.
    Filter(Filter),
    /// None, because it could not be read; why, for the log.
    #[cfg(feature = "server")]
    Unreadable(String),
}

/// What limits a role's view of the records.
#[derive(Debug, Default, Clone)]
pub(crate) struct RecordRules {
    /// By collection: what exists for the caller, where that is not everything.
    pub(crate) scopes: HashMap<String, Scope>,
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
    /// What limits the caller.
    pub(crate) rules: Arc<RecordRules>,
    /// The values of variables in it.
    pub(crate) variables: Arc<dyn Variables + Send + Sync>,
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
        self.rules.visible.as_deref().unwrap_or(&self.store.models)
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

    /// What resolves conditions that administrators wrote: they may name what the caller may not.
    #[cfg(feature = "server")]
    pub(crate) fn trusted_resolver(&self) -> Resolver<'_> {
        self.trusted_resolver_in(self.timezone)
    }

    fn trusted_resolver_in(&self, timezone: Tz) -> Resolver<'_> {
        Resolver {
            models: &self.store.models,
            now: self.now,
            timezone,
        }
    }

    /// The condition that the caller's scope puts on a collection; one that always holds when there is none.
    ///
    /// # Errors
    /// 403 when the scope uses a variable that the caller does not have (PER-16), and when it does not fit the collection:
    /// a scope that cannot be applied shows nothing. Its fields and values are no business of whom it limits, so only the
    /// log has them.
    pub(crate) fn scope(&self, collection: &CollectionModel) -> Result<Condition, ActionError> {
        self.scope_in(collection, self.timezone)
    }

    fn scope_in(&self, collection: &CollectionModel, timezone: Tz) -> Result<Condition, ActionError> {
        match self.rules.scopes.get(&collection.name) {
            None => Ok(Condition::always()),
            Some(Scope::Filter(filter)) => {
                let filter = substitute(filter, &*self.variables)?;
                let resolver = self.trusted_resolver_in(timezone);
                resolver
                    .trusted_filter(resolver.models.get(&collection.name).unwrap_or(collection), &filter)
                    .map_err(|error| inapplicable(collection, format!("cannot be applied: {}", error.chain())))
            }
            #[cfg(feature = "server")]
            Some(Scope::Unreadable(cause)) => Err(inapplicable(collection, format!("cannot be read: {cause}"))),
        }
    }

    /// Everything that a list shows: its filters, search, segment and live query, within the scope.
    ///
    /// # Errors
    /// 4xx naming what does not fit the collection.
    pub(crate) fn list(&self, collection: &CollectionModel, list: &ListQuery) -> Result<ListCondition, ActionError> {
        let timezone = list.timezone.unwrap_or(self.timezone);
        let nothing = LiveQueries::default();
        let granted = self.rules.live_queries.get(&collection.name).unwrap_or(&nothing);
        let mut listed = list.condition(
            &self.resolver_in(timezone),
            collection,
            granted,
            &self.caller,
            &*self.variables,
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

/// A scope that says nothing about the records.
fn inapplicable(collection: &CollectionModel, problem: String) -> ActionError {
    ActionError::forbidden(
        "The records that you may see cannot be told, so none are shown. Please contact an administrator.",
    )
    .name("InvalidScopeError")
    .because(format!("the scope of `{}` {problem}", collection.name))
}
