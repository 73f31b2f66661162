mod properties;
mod vectors;

use serde_json::{Value, json};

use super::Schema;

/// A schema with these collections, as a file would have them.
pub(crate) fn schema(collections: Value) -> Schema {
    let meta = json!({"liana": "l", "liana_version": "1"});
    serde_json::from_value(json!({"collections": collections, "meta": meta})).unwrap()
}
