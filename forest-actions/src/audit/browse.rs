//! The trail as a collection of the back office, next to those of the program's record source.

use std::sync::Arc;

use crate::records::{
    Aggregation, CollectionModel, Filter, Group, Key, Operator, Page, Record, RecordError, RecordQuery, RecordSource,
    SourceFuture, SourceProblem, SqlRecords, WriteTx,
};

/// The name of the collection.
const COLLECTION: &str = "forest_audit";

/// The operations that were refused.
const REFUSED: [&str; 4] = ["action_refused", "create_refused", "update_refused", "delete_refused"];

/// The columns, and the names of their fields, which are those of the vendor's reading routes.
const RENAMED: [(&str, &str); 14] = [
    ("record_id", "recordId"),
    ("user_id", "userId"),
    ("user_first_name", "userFirstName"),
    ("user_last_name", "userLastName"),
    ("user_email", "userEmail"),
    ("action_name", "actionName"),
    ("correlation_key", "correlationKey"),
    ("previous_values", "previousValues"),
    ("new_values", "newValues"),
    ("previous_record_id", "previousRecordId"),
    ("user_key", "userKey"),
    ("requester_id", "requesterId"),
    ("run_id", "runId"),
    ("duration_ms", "durationMs"),
];

/// The table as a read-only collection.
pub(super) fn collection(records: SqlRecords, table: &str) -> SqlRecords {
    let operation = |value: &str| Filter::leaf("operation", Operator::Equal, value);
    records.only([table]).collection(table, |rows| {
        let rows = RENAMED
            .into_iter()
            .fold(rows, |rows, (old, new)| rows.rename_field(old, new));
        rows.segment("Refused", Filter::or(REFUSED.map(operation)))
            .segment("Failed", operation("action_failed"))
            .segment("Pending", Filter::leaf("status", Operator::Equal, "pending"))
            .search_fields([
                "actionName",
                "collection",
                "recordId",
                "userEmail",
                "correlationKey",
                "reason",
            ])
            .read_only()
            .rename(COLLECTION)
    })
}

/// The program's record source with the collection of the trail.
pub(crate) struct WithTrail {
    pub(crate) host: Option<Arc<dyn RecordSource>>,
    pub(crate) trail: Arc<SqlRecords>,
}

impl WithTrail {
    fn of(&self, collection: &str) -> &dyn RecordSource {
        match &self.host {
            Some(host) if collection != COLLECTION => &**host,
            _ => &*self.trail,
        }
    }
}

impl RecordSource for WithTrail {
    fn collections(&self) -> Vec<CollectionModel> {
        let mut collections = self.host.as_ref().map(|host| host.collections()).unwrap_or_default();
        collections.extend(self.trail.collections());
        collections
    }

    fn problems(&self) -> Vec<SourceProblem> {
        let mut problems = self.host.as_ref().map(|host| host.problems()).unwrap_or_default();
        problems.extend(self.trail.problems());
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

    /// The trail itself is read-only.
    fn begin<'a>(&'a self) -> SourceFuture<'a, Box<dyn WriteTx + 'a>> {
        match &self.host {
            Some(host) => host.begin(),
            None => Box::pin(async { Err(RecordError::unsupported("the audit trail is read only")) }),
        }
    }
}
