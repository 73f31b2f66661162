//! The record source of an agent, with its collections.

use std::sync::Arc;

use chrono::Utc;
use chrono_tz::Tz;

use super::error::SourceProblem;
use super::filter::Filter;
use super::models::Models;
use super::resolve::Resolver;
use super::source::RecordSource;
use super::writable::{Writable, WritableCollections};

/// A record source with its collections, which are read once at start.
#[derive(Clone)]
pub(crate) struct RecordStore {
    pub(crate) source: Arc<dyn RecordSource>,
    pub(crate) models: Arc<Models>,
    pub(crate) writable: Arc<WritableCollections>,
}

impl RecordStore {
    /// Reads the collections of a source, and checks them. All except the writable ones become read-only.
    ///
    /// # Errors
    /// The problems of the source, of its collections, of the filters of its segments, and of what is to be writable.
    pub(crate) fn open(
        source: Arc<dyn RecordSource>,
        writable: &[(String, Writable)],
    ) -> Result<Self, Vec<SourceProblem>> {
        let collections = WritableCollections::new(writable);
        let mut models = source.collections();
        let mut problems = source.problems();
        problems.extend(collections.apply(&mut models, source.can_write(), writable));
        let models = Models::new(models);
        problems.extend(models.check());
        problems.extend(segment_problems(&models));
        if problems.is_empty() {
            Ok(Self {
                source,
                models: Arc::new(models),
                writable: Arc::new(collections),
            })
        } else {
            Err(problems)
        }
    }
}

impl RecordStore {
    /// The reason why a filter of the program does not fit a collection.
    pub(crate) fn filter_problem(&self, collection: &str, filter: &Filter) -> Option<String> {
        let resolver = Resolver {
            models: &self.models,
            now: Utc::now(),
            zone: Ok(Tz::UTC),
        };
        let collection = self.models.get(collection)?;
        let resolved = resolver.trusted_filter(collection, filter);
        resolved.err().map(|error| error.to_string())
    }
}

/// Segments with a filter that does not fit the collection would otherwise fail when a user opens them.
fn segment_problems(models: &Models) -> Vec<SourceProblem> {
    let resolver = Resolver {
        models,
        now: Utc::now(),
        zone: Ok(Tz::UTC),
    };
    let mut problems = Vec::new();
    for collection in models.iter() {
        for (name, _) in &collection.segments {
            if let Err(error) = resolver.segment(collection, name) {
                let problem = format!("segment `{name}` of `{}`: {error}", collection.name);
                problems.push(SourceProblem::new(problem));
            }
        }
    }
    problems
}
