//! Collections of the library next to those of the program's record source.

use std::sync::Arc;

use super::{
    Aggregation, CollectionModel, Group, Key, Page, Record, RecordError, RecordQuery, RecordSource, SourceFuture,
    SourceProblem, SqlRecords, WriteTx,
};

/// The record source of the program, with collections of the library, which are read-only.
pub(crate) struct Beside {
    pub(crate) host: Option<Arc<dyn RecordSource>>,
    pub(crate) own: Arc<SqlRecords>,
    /// The names of the library's collections.
    pub(crate) names: &'static [&'static str],
}

impl Beside {
    fn of(&self, collection: &str) -> &dyn RecordSource {
        match &self.host {
            Some(host) if !self.names.contains(&collection) => &**host,
            _ => &*self.own,
        }
    }
}

impl RecordSource for Beside {
    fn collections(&self) -> Vec<CollectionModel> {
        let mut collections = self.host.as_ref().map(|host| host.collections()).unwrap_or_default();
        collections.extend(self.own.collections());
        collections
    }

    fn problems(&self) -> Vec<SourceProblem> {
        let mut problems = self.host.as_ref().map(|host| host.problems()).unwrap_or_default();
        problems.extend(self.own.problems());
        problems
    }

    fn count<'a>(&'a self, query: &'a RecordQuery, at_most: Option<u64>) -> SourceFuture<'a, u64> {
        self.of(&query.collection).count(query, at_most)
    }

    fn keys<'a>(&'a self, query: &'a RecordQuery, after: Option<&'a Key>, limit: usize) -> SourceFuture<'a, Vec<Key>> {
        self.of(&query.collection).keys(query, after, limit)
    }

    fn records<'a>(&'a self, query: &'a RecordQuery, page: &'a Page) -> SourceFuture<'a, Vec<Record>> {
        self.of(&query.collection).records(query, page)
    }

    fn aggregate<'a>(&'a self, query: &'a RecordQuery, aggregation: &'a Aggregation) -> SourceFuture<'a, Vec<Group>> {
        self.of(&query.collection).aggregate(query, aggregation)
    }

    fn batch_size(&self) -> usize {
        self.of("").batch_size()
    }

    fn has_connection(&self, name: Option<&str>) -> bool {
        self.host.as_ref().is_some_and(|host| host.has_connection(name))
    }

    fn can_write(&self) -> bool {
        self.host.as_ref().is_some_and(|host| host.can_write())
    }

    fn begin<'a>(&'a self) -> SourceFuture<'a, Box<dyn WriteTx + 'a>> {
        match &self.host {
            Some(host) => host.begin(),
            None => Box::pin(async { Err(RecordError::unsupported("the records of this source are read only")) }),
        }
    }
}
