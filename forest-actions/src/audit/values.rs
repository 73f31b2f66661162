//! The values that the trail keeps: secrets redacted, files summarised, large values cut.

use std::collections::{BTreeMap, HashSet};

use aws_lc_rs::digest::{SHA256, digest};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

use crate::declare::ActionDescriptor;
use crate::form::{FieldSpec, FormFile};
use crate::records::{Filter, ListQuery};
use crate::request::{ActionRequest, PREVIEW_TOKEN, Selected};

/// Stands for a secret.
const REDACTED: &str = "[redacted]";
/// Maximum length of a value, in bytes; the rest is cut.
const MAX_VALUE: usize = 16 * 1024;
/// Maximum number of values of a form.
const MAX_FIELDS: usize = 500;
/// Maximum length of all values of a form, in bytes; later ones are left out.
const MAX_VALUES: usize = 512 * 1024;
/// Maximum number of ids that are excluded from a "select all"; more are counted only.
const MAX_EXCLUDED: usize = 100;

/// The fields whose values are never kept, besides those that are secret by their type.
#[derive(Debug, Clone, Default)]
pub(crate) struct Redaction(HashSet<(String, String)>);

impl Redaction {
    pub(crate) fn add(&mut self, collection: &str, field: &str) {
        self.0.insert((collection.to_owned(), field.to_owned()));
    }

    fn has(&self, collection: &str, field: &str) -> bool {
        !self.0.is_empty() && self.0.contains(&(collection.to_owned(), field.to_owned()))
    }

    /// Values of a record, with secrets redacted and large values cut.
    pub(crate) fn of_record(&self, collection: &str, values: Map<String, Value>) -> Map<String, Value> {
        let redact = |(field, value): (String, Value)| {
            let value = match self.has(collection, &field) {
                true => REDACTED.into(),
                false => cut(value),
            };
            (plain(&field), value)
        };
        values.into_iter().map(redact).collect()
    }
}

/// The submitted form of a request.
pub(crate) fn submitted(
    request: &ActionRequest,
    action: &ActionDescriptor,
    redaction: &Redaction,
) -> Map<String, Value> {
    let (text, _) = request.raw_values();
    let Ok(values) = serde_json::from_str::<BTreeMap<String, &RawValue>>(text) else {
        return Map::new();
    };
    let form = action.declared_form();
    let fields = form.as_ref().map(|form| form.fields).unwrap_or_default();
    let mut kept = Map::new();
    let mut length = 0;
    for (name, raw) in values.into_iter().take(MAX_FIELDS) {
        // the key to a run, and nothing that the user has entered
        if name == PREVIEW_TOKEN {
            continue;
        }
        let spec = fields.iter().find(|field| field.name() == name);
        let is_secret = spec.is_some_and(FieldSpec::is_secret) || redaction.has(action.collection, &name);
        let value = match is_secret {
            true => REDACTED.into(),
            false => kept_value(raw),
        };
        length += name.len() + raw.get().len().min(MAX_VALUE);
        if length > MAX_VALUES {
            break;
        }
        kept.insert(plain(&name), value);
    }
    kept
}

/// A submitted value. Any text may be a file: a hook can add fields that the form does not declare.
fn kept_value(raw: &RawValue) -> Value {
    let text = raw.get();
    if text.starts_with('[')
        && text.contains("\"data:")
        && let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(text)
    {
        return elements.into_iter().take(MAX_FIELDS).map(kept_value).collect();
    }
    let value: Value = serde_json::from_str(text).unwrap_or_default();
    match value {
        Value::String(uri) if uri.starts_with("data:") => match FormFile::parse(uri.as_str()) {
            Ok(file) => summary(&file),
            Err(_) => cut(Value::String(uri)),
        },
        other => cut(other),
    }
}

fn summary(file: &FormFile) -> Value {
    let mut summary = summary_of_bytes(&file.bytes());
    summary.insert("name".to_owned(), file.name().map(plain).into());
    summary.insert("type".to_owned(), plain(file.media_type()).into());
    summary.into()
}

/// The value, or the beginning of its text and its length when it is too long.
pub(crate) fn cut(value: Value) -> Value {
    let text = match value {
        Value::String(text) if text.len() <= MAX_VALUE => return plain(&text).into(),
        Value::String(text) => text,
        Value::Null | Value::Bool(_) | Value::Number(_) => return value,
        Value::Array(_) | Value::Object(_) => {
            let text = value.to_string();
            if text.len() <= MAX_VALUE {
                return without_nul(value);
            }
            text
        }
    };
    format!("{}… ({} bytes)", plain(beginning(&text, MAX_VALUE)), text.len()).into()
}

/// At most this many bytes of a text, in whole characters.
pub(crate) fn beginning(text: &str, at_most: usize) -> &str {
    let end = (0..=at_most.min(text.len()))
        .rev()
        .find(|end| text.is_char_boundary(*end));
    text.get(..end.unwrap_or(0)).unwrap_or_default()
}

/// PostgreSQL has no NUL character in texts.
pub(crate) fn plain(text: &str) -> String {
    text.replace('\0', "\u{fffd}")
}

fn without_nul(value: Value) -> Value {
    match value {
        Value::String(text) => plain(&text).into(),
        Value::Array(elements) => elements.into_iter().map(without_nul).collect(),
        Value::Object(members) => members
            .into_iter()
            .map(|(name, value)| (plain(&name), without_nul(value)))
            .collect::<Map<_, _>>()
            .into(),
        other => other,
    }
}

/// The selection of a request.
pub(crate) fn selection(request: &ActionRequest) -> Option<Value> {
    match request.selected() {
        Selected::None => None,
        Selected::Given(ids) => Some(json!({ "count": ids.len() })),
        Selected::All(all) => {
            let mut selection = list(&all.list);
            selection.insert("all".to_owned(), true.into());
            let excluded: Vec<Value> = all
                .excluded
                .iter()
                .map(|id| plain(&id.0).into())
                .take(MAX_EXCLUDED)
                .collect();
            if all.excluded.len() > excluded.len() {
                selection.insert("exceptCount".to_owned(), all.excluded.len().into());
            }
            if !excluded.is_empty() {
                selection.insert("except".to_owned(), excluded.into());
            }
            Some(cut(selection.into()))
        }
    }
}

fn list(list: &ListQuery) -> Map<String, Value> {
    let mut members = Map::new();
    let mut set = |name: &str, value: Option<Value>| members.extend(value.map(|value| (name.to_owned(), value)));
    set("filter", list.filters.as_ref().map(filter));
    set("search", list.search.clone().map(Value::from));
    set("segment", list.segment.clone().map(Value::from));
    set("segmentQuery", list.segment_query.clone().map(Value::from));
    members
}

fn filter(tree: &Filter) -> Value {
    let all = |aggregator: &str, filters: &[Filter]| {
        let conditions: Vec<Value> = filters.iter().map(filter).collect();
        json!({ "aggregator": aggregator, "conditions": conditions })
    };
    match tree {
        Filter::And(filters) => all("and", filters),
        Filter::Or(filters) => all("or", filters),
        Filter::Leaf { field, operator, value } => {
            json!({ "field": field, "operator": operator.as_str(), "value": value })
        }
    }
}

/// The members of two values that differ, of both sides. Objects are compared member by member, unless one of them is too long
/// to be kept: beside a value that is cut, a part of the other one would look like the whole.
pub(crate) fn changed(before: Value, after: Value) -> (Map<String, Value>, Map<String, Value>) {
    let members = |value| match value {
        Value::Object(members) => members,
        Value::Null => Map::new(),
        other => Map::from_iter([("value".to_owned(), other)]),
    };
    let is_short = |value: &Value| value.to_string().len() <= MAX_VALUE;
    differing(members(before), members(after), &is_short)
}

fn differing(
    mut before: Map<String, Value>,
    mut after: Map<String, Value>,
    is_compared: &dyn Fn(&Value) -> bool,
) -> (Map<String, Value>, Map<String, Value>) {
    let names: Vec<String> = before
        .keys()
        .filter(|name| after.contains_key(*name))
        .cloned()
        .collect();
    for name in names {
        let (Some(old), Some(new)) = (before.remove(&name), after.remove(&name)) else {
            continue;
        };
        if old == new {
            continue;
        }
        let (old, new) = match (old, new) {
            (Value::Object(old), Value::Object(new)) => {
                let (old, new) = (Value::Object(old), Value::Object(new));
                match (is_compared(&old) && is_compared(&new), old, new) {
                    (true, Value::Object(old), Value::Object(new)) => {
                        let (old, new) = differing(old, new, &|_| true);
                        (old.into(), new.into())
                    }
                    (_, old, new) => (old, new),
                }
            }
            other => other,
        };
        before.insert(name.clone(), old);
        after.insert(name, new);
    }
    (before, after)
}

/// The size and the digest of bytes.
pub(crate) fn summary_of_bytes(bytes: &[u8]) -> Map<String, Value> {
    let digest = digest(&SHA256, bytes);
    let hex: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Map::from_iter([
        ("size".to_owned(), bytes.len().into()),
        ("sha256".to_owned(), hex.into()),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_values_are_cut_with_their_length() {
        let long = cut(Value::String("é".repeat(MAX_VALUE)));
        let text = long.as_str().unwrap();
        assert!(
            text.ends_with("… (32768 bytes)") && text.len() < MAX_VALUE + 40,
            "{}",
            text.len()
        );
        assert_eq!(cut(json!("a\0b")), json!("a\u{fffd}b"));
        let list = cut(json!([json!("x".repeat(MAX_VALUE))]));
        assert!(list.as_str().unwrap().starts_with("[\"xxx"));
        assert_eq!(cut(json!({"a\0": ["b\0"]})), json!({"a\u{fffd}": ["b\u{fffd}"]}));
    }

    #[test]
    fn only_what_differs_is_kept_of_a_change() {
        let before = json!({"id": 1, "name": "Ada", "gone": 1, "at": {"city": "Rome", "zip": 1}});
        let after = json!({"id": 1, "name": "Eve", "new": 2, "at": {"city": "Rome", "zip": 2}});
        let (before, after) = changed(before, after);
        assert_eq!(Value::from(before), json!({"name": "Ada", "gone": 1, "at": {"zip": 1}}));
        assert_eq!(Value::from(after), json!({"name": "Eve", "new": 2, "at": {"zip": 2}}));
    }

    #[test]
    fn long_objects_are_kept_whole_on_both_sides() {
        let before = json!({"at": {"a": 1, "b": 2}});
        let after = json!({"at": {"a": 1, "b": 2, "big": "x".repeat(MAX_VALUE)}});
        let (old, new) = changed(before.clone(), after.clone());
        assert_eq!((Value::from(old), Value::from(new)), (before, after));
    }

    #[test]
    fn files_are_summarised_in_any_field_and_list() {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let file = "\"data:text/plain;name=a.txt;base64,aGVsbG8=\"";
        let hello = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824";
        let expected = json!({"name": "a.txt", "type": "text/plain", "size": 5, "sha256": hello});
        assert_eq!(kept_value(&raw(file)), expected);
        assert_eq!(kept_value(&raw(&format!("[{file}, 1]"))), json!([expected, 1]));
        assert_eq!(kept_value(&raw("\"data: none\"")), json!("data: none"));
    }
}
