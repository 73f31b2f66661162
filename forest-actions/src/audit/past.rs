//! A former state of a record: its current one, with later changes undone.

use serde_json::{Map, Value};

use super::row::{AuditOperation, AuditRow};

/// Undoes changes of a record, newest first. `None` is a record that does not exist.
pub(crate) fn undone<'r>(
    current: Option<Map<String, Value>>,
    newest_first: impl IntoIterator<Item = &'r AuditRow>,
) -> Option<Map<String, Value>> {
    let mut state = current;
    for row in newest_first {
        match row.operation {
            AuditOperation::Create => state = None,
            AuditOperation::Delete => state = Some(row.previous_values.clone()),
            AuditOperation::Update => {
                if let Some(state) = &mut state {
                    undo(state, &row.previous_values, &row.new_values);
                }
            }
            _ => {}
        }
    }
    state
}

/// Both sides have the members that differ: one that is only in the new values was added.
fn undo(state: &mut Map<String, Value>, before: &Map<String, Value>, after: &Map<String, Value>) {
    for name in after.keys().filter(|name| !before.contains_key(*name)) {
        state.remove(name);
    }
    for (name, old) in before {
        match (state.get_mut(name), old, after.get(name)) {
            (Some(Value::Object(state)), Value::Object(old), Some(Value::Object(new))) => undo(state, old, new),
            _ => {
                state.insert(name.clone(), old.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn row(operation: AuditOperation, before: Value, after: Value) -> AuditRow {
        let object = |value: Value| value.as_object().cloned().unwrap_or_default();
        let mut row = AuditRow::new(operation, "members");
        row.previous_values = object(before);
        row.new_values = object(after);
        row
    }

    fn past(current: Value, rows: &[AuditRow]) -> Value {
        undone(current.as_object().cloned(), rows).map_or(Value::Null, Value::from)
    }

    #[test]
    fn later_changes_are_undone_down_to_the_members_of_objects() {
        let rows = [
            row(
                AuditOperation::Update,
                json!({"at": {"city": "Rome"}, "tags": [1]}),
                json!({"at": {"city": "Oslo", "zip": 1}, "tags": [1, 2]}),
            ),
            row(
                AuditOperation::Update,
                json!({"name": "Ann"}),
                json!({"name": "Eve", "note": "new"}),
            ),
        ];
        let current = json!({"id": 1, "name": "Eve", "note": "new", "at": {"city": "Oslo", "zip": 1, "land": "NO"}, "tags": [1, 2]});
        let expected = json!({"id": 1, "name": "Ann", "at": {"city": "Rome", "land": "NO"}, "tags": [1]});
        assert_eq!(past(current, &rows), expected);
    }

    #[test]
    fn a_record_that_was_deleted_and_created_again_has_its_earlier_life() {
        let created_again = row(AuditOperation::Create, json!({}), json!({"id": 1, "name": "New"}));
        let deleted = row(AuditOperation::Delete, json!({"id": 1, "name": "Old"}), json!({}));
        let created = row(AuditOperation::Create, json!({}), json!({"id": 1, "name": "Old"}));
        let current = json!({"id": 1, "name": "New"});
        let all = [created_again, deleted, created];
        assert_eq!(past(current.clone(), &all[..1]), Value::Null);
        assert_eq!(past(current.clone(), &all[..2]), json!({"id": 1, "name": "Old"}));
        assert_eq!(past(current.clone(), &all), Value::Null);
        assert_eq!(past(current.clone(), &[]), current);
    }

    #[test]
    fn runs_of_actions_change_nothing() {
        let run = row(AuditOperation::Action, json!({"amount": 1}), json!({"type": "Success"}));
        assert_eq!(past(json!({"id": 1}), &[run]), json!({"id": 1}));
    }
}
