//! The trail as a collection of the back office.

use crate::records::{Filter, Operator, SqlRecords};

/// The name of the collection.
pub(super) const COLLECTION: &str = "forest_audit";

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
