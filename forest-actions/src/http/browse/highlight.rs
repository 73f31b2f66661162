//! The search matches in a page of records (protocol: search highlight).

use serde_json::{Map, Value, json};

use crate::records::Record;

/// By the index of the record in the page: its attribute `id`, if any, and the fields of `searched` that contain the search
/// text, ignoring case. `None` without a match.
pub(super) fn decorators(records: &[Record], searched: &[String], text: &str) -> Option<Map<String, Value>> {
    let text = text.trim().to_lowercase();
    if text.is_empty() {
        return None;
    }
    let mut decorators = Map::new();
    for (index, record) in records.iter().enumerate() {
        let is_found = |field: &&String| record.attributes.get(*field).is_some_and(|value| has(value, &text));
        let found: Vec<&String> = searched.iter().filter(is_found).collect();
        if found.is_empty() {
            continue;
        }
        let mut entry = Map::new();
        if let Some(id) = record.attributes.get("id") {
            entry.insert("id".to_owned(), id.clone());
        }
        entry.insert("search".to_owned(), json!(found));
        decorators.insert(index.to_string(), Value::Object(entry));
    }
    (!decorators.is_empty()).then_some(decorators)
}

/// Compares the value as text with a text in lower case.
fn has(value: &Value, text: &str) -> bool {
    match value {
        Value::String(value) => value.to_lowercase().contains(text),
        Value::Number(number) => number.to_string().contains(text),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::record;
    use super::*;

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn page() -> Vec<Record> {
        vec![
            record(
                7,
                json!({"id": 7, "email": "Alice@EXAMPLE.com", "notes": "likes example", "age": 31, "vip": true}),
            ),
            record(8, json!({"id": 8, "email": null, "notes": "100% (sure)", "age": 42})),
            record(9, json!({"last_name": "Examplesson", "notes": ["example"]})),
        ]
    }

    #[test]
    fn fields_that_hold_the_text_are_listed_by_the_index_of_their_record() {
        let searched = names(&["email", "notes", "last_name", "age", "vip", "gone"]);
        let found = decorators(&page(), &searched, " eXample ").unwrap();
        assert_eq!(
            Value::Object(found),
            json!({"0": {"id": 7, "search": ["email", "notes"]}, "2": {"search": ["last_name"]}})
        );
    }

    #[test]
    fn the_text_is_literal_and_numbers_are_looked_at_as_text() {
        let searched = names(&["notes", "age"]);
        let found = decorators(&page(), &searched, "% (S").unwrap();
        assert_eq!(Value::Object(found), json!({"1": {"id": 8, "search": ["notes"]}}));
        let found = decorators(&page(), &searched, "42").unwrap();
        assert_eq!(Value::Object(found), json!({"1": {"id": 8, "search": ["age"]}}));
        assert_eq!(decorators(&page(), &searched, ".*"), None);
    }

    #[test]
    fn nothing_to_show_is_no_meta() {
        assert_eq!(decorators(&page(), &names(&["email"]), "nobody"), None);
        assert_eq!(decorators(&page(), &names(&["email"]), "  "), None);
        assert_eq!(decorators(&page(), &[], "alice"), None);
        assert_eq!(decorators(&[], &names(&["email"]), "alice"), None);
        // a text in a field that no search looks at is nothing to show either
        assert_eq!(decorators(&page(), &names(&["age"]), "alice"), None);
    }
}
