//! The records that one caller may see.
//!
//! Selections of actions and hooks, browsing, and the conditions of roles get their conditions here, so that each of them
//! applies the scope.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use chrono::{DateTime, Utc};
use chrono_tz::Tz;

use super::condition::{Condition, Parent};
use super::error::QueryError;
use super::filter::Filter;
use super::list_query::{ListCondition, ListQuery};
use super::live_query::LiveQueries;
use super::model::CollectionModel;
use super::models::Models;
use super::resolve::Resolver;
use super::scope::substitute;
use super::source::RecordQuery;
use super::store::RecordStore;
use super::variables::Variables;
use crate::caller::{Caller, Zone};

/// The limit on the records of a collection for one caller.
#[derive(Debug, Clone)]
pub(crate) enum Scope {
    /// A filter, which may contain variables.
    Filter(Filter),
    /// A scope that could not be parsed, with the reason for the log. No records are shown.
    #[cfg(feature = "server")]
    Unreadable(String),
}

/// The limits on a role's access to the records.
#[derive(Debug, Default, Clone)]
pub(crate) struct RecordRules {
    /// By collection.
    pub(crate) scopes: HashMap<String, Scope>,
    /// The granted live queries, by collection.
    pub(crate) live_queries: HashMap<String, LiveQueries>,
    pub(crate) not_browsed: HashSet<String>,
    /// The collections without relations to those that may not be browsed; `None` if all may.
    pub(crate) visible: Option<Arc<Models>>,
}

/// One caller's access to the records during one request.
#[derive(Clone)]
pub(crate) struct RecordAccess {
    pub(crate) store: RecordStore,
    pub(crate) rules: Arc<RecordRules>,
    /// The values of variables in the rules.
    pub(crate) variables: Arc<dyn Variables + Send + Sync>,
    /// The moment of the request, to which its date operators are relative.
    pub(crate) now: DateTime<Utc>,
    /// The time zone of scopes and conditions, if it is not that of the caller.
    pub(crate) trusted_timezone: Option<Tz>,
    pub(crate) caller: Caller,
}

impl RecordAccess {
    /// Checks that a parent's id does not lead to several records, whose related records would be mixed.
    ///
    /// # Errors
    /// [`QueryError::KeyNotUnique`], or a store that cannot be read.
    pub(crate) async fn check_parent(&self, parent: &Parent) -> Result<(), QueryError> {
        let may_repeat = self
            .models()
            .get(&parent.collection)
            .is_some_and(|model| model.key_may_repeat);
        if may_repeat {
            let these = Condition::KeyIn(parent.key.clone().spellings());
            let query = RecordQuery::new(&parent.collection, these);
            if self.store.source.count(&query, Some(2)).await? > 1 {
                return Err(QueryError::KeyNotUnique(parent.collection.clone()));
            }
        }
        Ok(())
    }

    /// The collection of that name, if the caller may see it.
    pub(crate) fn collection(&self, name: &str) -> Result<&CollectionModel, QueryError> {
        self.models()
            .get(name)
            .ok_or_else(|| QueryError::UnknownCollection(name.to_owned()))
    }

    /// The collections that the caller may see.
    pub(crate) fn models(&self) -> &Models {
        self.rules.visible.as_deref().unwrap_or(&self.store.models)
    }

    /// The resolver for the filters of this request.
    pub(crate) fn resolver(&self) -> Resolver<'_> {
        self.resolver_in(self.caller.zone())
    }

    fn resolver_in<'a>(&'a self, zone: Zone<'a>) -> Resolver<'a> {
        Resolver {
            models: self.models(),
            now: self.now,
            zone,
        }
    }

    /// The resolver for conditions by administrators, which may use collections that the caller may not see.
    #[cfg(feature = "server")]
    pub(crate) fn trusted_resolver(&self) -> Resolver<'_> {
        self.trusted_resolver_in(self.caller.zone())
    }

    fn trusted_resolver_in<'a>(&'a self, zone: Zone<'a>) -> Resolver<'a> {
        Resolver {
            models: &self.store.models,
            now: self.now,
            zone: self.trusted_timezone.map_or(zone, Ok),
        }
    }

    /// The condition of the caller's scope on a collection.
    ///
    /// # Errors
    /// A variable without a value for the caller (PER-16), or a scope that does not fit the collection.
    pub(crate) fn scope(&self, collection: &CollectionModel) -> Result<Condition, QueryError> {
        self.scope_in(collection, self.caller.zone())
    }

    fn scope_in(&self, collection: &CollectionModel, zone: Zone<'_>) -> Result<Condition, QueryError> {
        match self.rules.scopes.get(&collection.name) {
            None => Ok(Condition::always()),
            Some(Scope::Filter(filter)) => {
                let filter = substitute(filter, &*self.variables)?;
                let resolver = self.trusted_resolver_in(zone);
                resolver
                    .trusted_filter(resolver.models.get(&collection.name).unwrap_or(collection), &filter)
                    .map_err(|error| match error {
                        QueryError::UnknownTimeZone(_) => error,
                        _ => QueryError::InapplicableScope {
                            collection: collection.name.clone(),
                            cause: Box::new(error),
                        },
                    })
            }
            #[cfg(feature = "server")]
            Some(Scope::Unreadable(cause)) => Err(QueryError::UnreadableScope {
                collection: collection.name.clone(),
                cause: cause.clone(),
            }),
        }
    }

    /// The condition of a filter in the code of the program.
    ///
    /// # Errors
    /// The filter does not fit the collection.
    pub(crate) fn rule(&self, collection: &str, filter: &Filter) -> Result<Condition, QueryError> {
        let resolver = self.trusted_resolver_in(self.caller.zone());
        let collection = resolver.models.get(collection).ok_or(QueryError::NoRecordSource)?;
        resolver.trusted_filter(collection, filter)
    }

    /// The condition of a filter from a request, within the scope.
    pub(crate) fn filtered(
        &self,
        collection: &CollectionModel,
        filter: Option<&Filter>,
    ) -> Result<Condition, QueryError> {
        let scope = self.scope(collection)?;
        match filter {
            Some(filter) => Ok(scope.and(self.resolver().filter(collection, filter)?)),
            None => Ok(scope),
        }
    }

    /// The condition of a filter for the period before its own, within the scope; `None` for a filter without a period.
    pub(crate) fn filtered_before(
        &self,
        collection: &CollectionModel,
        filter: &Filter,
    ) -> Result<Option<Condition>, QueryError> {
        let scope = self.scope(collection)?;
        let before = self.resolver().filter_before(collection, filter)?;
        Ok(before.map(|before| scope.and(before)))
    }

    /// The condition of a list within the scope.
    pub(crate) fn list(&self, collection: &CollectionModel, list: &ListQuery) -> Result<ListCondition, QueryError> {
        let zone = list.zone().unwrap_or(self.caller.zone());
        let nothing = LiveQueries::default();
        let granted = self.rules.live_queries.get(&collection.name).unwrap_or(&nothing);
        let mut listed = list.condition(
            &self.resolver_in(zone),
            collection,
            granted,
            &self.caller,
            &*self.variables,
        )?;
        if list.segment_query.is_some() && !self.store.source.has_connection(list.connection_name.as_deref()) {
            return Err(match &list.connection_name {
                Some(name) => QueryError::UnknownConnection(name.clone()),
                None => QueryError::NoLiveQueries,
            });
        }
        listed.condition = self.scope_in(collection, zone)?.and(listed.condition);
        Ok(listed)
    }
}
