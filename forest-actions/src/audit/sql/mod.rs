//! The trail in a table of a database: the vendor's columns, and additional ones that the vendor's agents accept.
//!
//! Rows travel as one parameter, a JSON list, so that a statement has the same text for any number of them.

#[cfg(feature = "postgres")]
pub(super) mod postgres;
mod query;
#[cfg(feature = "sqlite")]
pub(super) mod sqlite;

use chrono::{DateTime, Utc};
use serde_json::{Map, Value, json};

use super::row::{AuditOperation, AuditRow, AuditStatus};
use super::sink::SinkError;

/// The type of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Moment,
    /// At most 255 characters in PostgreSQL.
    Name,
    Text,
    Integer,
    Number,
    /// A JSON document that is never null.
    Values,
    /// A JSON document.
    Document,
}

/// A column: its name, its type, whether it may be null.
type ColumnOf = (&'static str, Kind, bool);

/// The columns of the vendor's table, without `id`.
const VENDOR: [ColumnOf; 13] = [
    ("timestamp", Kind::Moment, false),
    ("operation", Kind::Name, false),
    ("collection", Kind::Name, false),
    ("record_id", Kind::Text, true),
    ("user_id", Kind::Integer, true),
    ("user_first_name", Kind::Text, true),
    ("user_last_name", Kind::Text, true),
    ("user_email", Kind::Text, true),
    ("action_name", Kind::Text, true),
    ("correlation_key", Kind::Name, true),
    ("previous_values", Kind::Values, false),
    ("new_values", Kind::Values, false),
    ("status", Kind::Name, false),
];

/// The additional columns, which may be null.
const ADDITIONAL: [ColumnOf; 11] = [
    ("previous_record_id", Kind::Text, true),
    ("user_key", Kind::Text, true),
    ("requester_id", Kind::Text, true),
    ("surface", Kind::Text, true),
    ("run_id", Kind::Text, true),
    ("selection", Kind::Document, true),
    ("counts", Kind::Document, true),
    ("reason", Kind::Text, true),
    ("reference", Kind::Text, true),
    ("duration_ms", Kind::Number, true),
    ("ip", Kind::Text, true),
];

/// The indexed columns.
const INDEXED: [&str; 4] = ["record_id", "correlation_key", "user_id", "run_id"];

/// The names of the migrations: the vendor's, and that of the additional columns.
const MIGRATIONS: [&str; 2] = ["001-create-audit-logs", "forest-actions-001-columns"];

fn columns() -> impl Iterator<Item = ColumnOf> {
    VENDOR.into_iter().chain(ADDITIONAL)
}

/// A name as SQL quotes it.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// The names of all columns but `id`, quoted.
fn column_list() -> String {
    let names: Vec<String> = columns().map(|(name, ..)| quoted(name)).collect();
    names.join(", ")
}

/// Checks that a table that exists has the columns of the vendor's.
fn check_layout(table: &str, present: &[String]) -> Result<(), SinkError> {
    let vendor = VENDOR.iter().map(|(name, ..)| *name).chain(["id"]);
    let missing: Vec<&str> = vendor
        .filter(|name| present.iter().all(|column| column != name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(SinkError::Layout(format!(
        "\"{table}\" already exists but is missing column(s) {}: it does not look like a Forest audit-trail table",
        missing.join(", ")
    )))
}

/// The longest name that a column of 255 characters takes.
fn name(text: &str) -> String {
    text.chars().take(255).collect()
}

/// Rows as a JSON list of objects with the names of the columns. `moment` writes a time as the database stores it.
fn encoded(rows: &[AuditRow], moment: fn(DateTime<Utc>) -> String) -> String {
    let rows: Vec<Value> = rows
        .iter()
        .map(|row| {
            json!({
                "timestamp": moment(row.timestamp),
                "operation": name(row.operation.as_str()),
                "collection": name(&row.collection),
                "record_id": row.record_id,
                "user_id": row.user_id,
                "user_first_name": row.user_first_name,
                "user_last_name": row.user_last_name,
                "user_email": row.user_email,
                "action_name": row.action_name,
                "correlation_key": row.correlation_key.as_deref().map(name),
                "previous_values": row.previous_values,
                "new_values": row.new_values,
                "status": row.status.as_str(),
                "previous_record_id": row.previous_record_id,
                "user_key": row.user_key,
                "requester_id": row.requester_id,
                "surface": row.surface,
                "run_id": row.run_id,
                "selection": row.selection,
                "counts": row.counts,
                "reason": row.reason,
                "reference": row.reference,
                "duration_ms": row.duration_ms,
                "ip": row.ip,
            })
        })
        .collect();
    // PostgreSQL has no such character, and the escape is not otherwise in JSON text
    without_nul(&Value::from(rows).to_string())
}

/// Replaces escaped NUL characters, which are not those after an escaped backslash.
fn without_nul(json: &str) -> String {
    if !json.contains("\\u0000") {
        return json.to_owned();
    }
    let mut text = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(place) = rest.find('\\') {
        let (before, from) = rest.split_at(place);
        text.push_str(before);
        let (escape, after) = match from.strip_prefix("\\u0000") {
            Some(after) => ("\\ufffd", after),
            None => from.split_at_checked(2).unwrap_or((from, "")),
        };
        text.push_str(escape);
        rest = after;
    }
    text.push_str(rest);
    text
}

/// The objects of a JSON document; empty for anything else, such as what other programs have written.
fn object(text: Option<String>) -> Map<String, Value> {
    text.and_then(|text| serde_json::from_str(&text).ok())
        .unwrap_or_default()
}

fn document(text: Option<String>) -> Option<Value> {
    text.and_then(|text| serde_json::from_str(&text).ok())
}

/// A row whose columns are read by name with the methods of the driver. JSON documents are selected as texts.
macro_rules! decode {
    ($row:expr, $timestamp:expr) => {{
        let row = $row;
        let text = |column: &str| sqlx::Row::try_get::<Option<String>, _>(row, column);
        let operation: String = sqlx::Row::try_get(row, "operation")?;
        let status: String = sqlx::Row::try_get(row, "status")?;
        $crate::audit::sql::Decoded {
            id: sqlx::Row::try_get(row, "id")?,
            timestamp: $timestamp,
            operation,
            collection: sqlx::Row::try_get(row, "collection")?,
            status,
            record_id: text("record_id")?,
            user_id: sqlx::Row::try_get(row, "user_id")?,
            user_first_name: text("user_first_name")?,
            user_last_name: text("user_last_name")?,
            user_email: text("user_email")?,
            action_name: text("action_name")?,
            correlation_key: text("correlation_key")?,
            previous_values: text("previous_values")?,
            new_values: text("new_values")?,
            previous_record_id: text("previous_record_id")?,
            user_key: text("user_key")?,
            requester_id: text("requester_id")?,
            surface: text("surface")?,
            run_id: text("run_id")?,
            selection: text("selection")?,
            counts: text("counts")?,
            reason: text("reason")?,
            reference: text("reference")?,
            duration_ms: sqlx::Row::try_get(row, "duration_ms")?,
            ip: text("ip")?,
        }
        .into_row()
    }};
}
use decode;

/// The columns of a row, as the drivers give them.
struct Decoded {
    id: i64,
    timestamp: DateTime<Utc>,
    operation: String,
    collection: String,
    status: String,
    record_id: Option<String>,
    user_id: Option<i32>,
    user_first_name: Option<String>,
    user_last_name: Option<String>,
    user_email: Option<String>,
    action_name: Option<String>,
    correlation_key: Option<String>,
    previous_values: Option<String>,
    new_values: Option<String>,
    previous_record_id: Option<String>,
    user_key: Option<String>,
    requester_id: Option<String>,
    surface: Option<String>,
    run_id: Option<String>,
    selection: Option<String>,
    counts: Option<String>,
    reason: Option<String>,
    reference: Option<String>,
    duration_ms: Option<i64>,
    ip: Option<String>,
}

impl Decoded {
    fn into_row(self) -> AuditRow {
        AuditRow {
            id: self.id,
            timestamp: self.timestamp,
            record_id: self.record_id,
            user_id: self.user_id,
            user_first_name: self.user_first_name,
            user_last_name: self.user_last_name,
            user_email: self.user_email,
            action_name: self.action_name,
            correlation_key: self.correlation_key,
            previous_values: object(self.previous_values),
            new_values: object(self.new_values),
            status: AuditStatus::from_text(&self.status),
            previous_record_id: self.previous_record_id,
            user_key: self.user_key,
            requester_id: self.requester_id,
            surface: self.surface,
            run_id: self.run_id,
            selection: document(self.selection),
            counts: document(self.counts),
            reason: self.reason,
            reference: self.reference,
            duration_ms: self.duration_ms,
            ip: self.ip,
            ..AuditRow::new(AuditOperation::from_text(&self.operation), self.collection)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nul_characters_are_replaced_and_backslashes_are_not() {
        let text = json!({"a\0": "\0b\\u0000", "c": "\\\0"}).to_string();
        let value: Value = serde_json::from_str(&without_nul(&text)).unwrap();
        assert_eq!(value, json!({"a\u{fffd}": "\u{fffd}b\\u0000", "c": "\\\u{fffd}"}));
    }

    #[test]
    fn the_rows_of_a_statement_have_a_value_for_each_column() {
        let rows = encoded(&[AuditRow::new(AuditOperation::Action, "a")], |moment| {
            moment.to_rfc3339()
        });
        let rows: Vec<Map<String, Value>> = serde_json::from_str(&rows).unwrap();
        let mut names: Vec<&str> = columns().map(|(name, ..)| name).collect();
        names.sort_unstable();
        assert_eq!(rows[0].keys().collect::<Vec<_>>(), names);
    }
}
