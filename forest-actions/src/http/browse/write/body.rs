//! The bodies of requests that write one record, or name others to link.

use serde_json::{Map, Value};

use crate::json::{MAX_VALUES, is_too_large};
use crate::records::PackedId;
use crate::request::{RequestError, id_of};

/// `{"data": {"attributes": {…}, "relationships": {…}}}`. `type` and `id` are not read: clients send different things there.
#[derive(Debug, Default)]
pub(super) struct RecordBody {
    pub(super) attributes: Map<String, Value>,
    pub(super) relationships: Map<String, Value>,
}

impl RecordBody {
    /// # Errors
    /// 400 for another shape.
    pub(super) fn parse(body: &[u8]) -> Result<Self, RequestError> {
        let mut data = data_of(body)?;
        let Value::Object(members) = &mut data else {
            return Err(invalid("`data` must be an object with `attributes`"));
        };
        let mut member = |name: &str| match members.remove(name) {
            None | Some(Value::Null) => Ok(Map::new()),
            Some(Value::Object(map)) => Ok(map),
            // programs in PHP write an empty map so
            Some(Value::Array(list)) if list.is_empty() => Ok(Map::new()),
            Some(_) => Err(invalid(&format!("`data.{name}` must be an object"))),
        };
        Ok(Self {
            attributes: member("attributes")?,
            relationships: member("relationships")?,
        })
    }
}

/// The records of a relationship: null, one, or a list.
#[derive(Debug, PartialEq)]
pub(super) enum Linkage {
    Nothing,
    One(PackedId),
    Many(Vec<PackedId>),
}

impl Linkage {
    /// Reads `data` of a relationship, or of the body of a relationship's route.
    ///
    /// # Errors
    /// 400 for another shape, and for more than `at_most` records.
    pub(super) fn of(data: &Value, place: &str) -> Result<Self, RequestError> {
        let id = |value: &Value| {
            let id = value.get("id").and_then(id_of);
            id.ok_or_else(|| invalid(&format!("`{place}` must name records, each an object with `id`")))
        };
        Ok(match data {
            Value::Null => Self::Nothing,
            Value::Array(list) => Self::Many(list.iter().map(id).collect::<Result<_, _>>()?),
            one => Self::One(id(one)?),
        })
    }

    pub(super) fn parse(body: &[u8]) -> Result<Self, RequestError> {
        Self::of(&data_of(body)?, "data")
    }
}

/// `data` of a body; null if it is missing.
pub(super) fn data_of(body: &[u8]) -> Result<Value, RequestError> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let not_json = |reason: String| RequestError::NotJson { reason };
    let text = std::str::from_utf8(body).map_err(|error| not_json(error.to_string()))?;
    if is_too_large(text) {
        return Err(invalid(&format!("it has more than {MAX_VALUES} values")));
    }
    let body: Value = serde_json::from_str(text).map_err(|error| not_json(error.to_string()))?;
    match body {
        Value::Object(mut members) => members.remove("data").ok_or_else(|| invalid("`data` is missing")),
        _ => Err(invalid("it must be an object with `data`")),
    }
}

pub(super) fn invalid(reason: &str) -> RequestError {
    RequestError::InvalidBody {
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn malformed_bodies_are_refused_with_the_place() {
        for (body, named) in [
            ("", "not JSON"),
            ("{", "not JSON"),
            ("[]", "an object with `data`"),
            ("{}", "`data` is missing"),
            (r#"{"data":7}"#, "`data` must be an object"),
            (r#"{"data":{"attributes":7}}"#, "`data.attributes`"),
            (r#"{"data":{"relationships":[1]}}"#, "`data.relationships`"),
        ] {
            let refused = RecordBody::parse(body.as_bytes()).unwrap_err().to_string();
            assert!(refused.contains(named), "{body}: {refused}");
        }
        let deep = format!(r#"{{"data":{{"attributes":{}"#, r#"{"a":"#.repeat(10_000));
        assert!(RecordBody::parse(deep.as_bytes()).is_err());
        let wide = format!(r#"{{"data":{{"attributes":{{"a":[{}1]}}}}}}"#, "1,".repeat(60_000));
        assert!(
            RecordBody::parse(wide.as_bytes())
                .unwrap_err()
                .to_string()
                .contains("50000 values")
        );
        assert!(
            RecordBody::parse(b"\xef\xbb\xbf{\"data\":{}}")
                .unwrap()
                .attributes
                .is_empty()
        );
    }

    #[test]
    fn linked_records_are_null_one_or_a_list() {
        let linkage = |data| Linkage::of(&data, "data");
        assert_eq!(linkage(json!(null)).unwrap(), Linkage::Nothing);
        let seven = || PackedId("7".to_owned());
        assert_eq!(linkage(json!({"id": 7, "type": "x"})).unwrap(), Linkage::One(seven()));
        assert_eq!(linkage(json!([{"id": "7"}])).unwrap(), Linkage::Many(vec![seven()]));
        for wrong in [
            json!("7"),
            json!({}),
            json!({"id": null}),
            json!({"id": ""}),
            json!([7]),
            json!({"id": {}}),
        ] {
            assert!(linkage(wrong.clone()).is_err(), "{wrong}");
        }
    }
}
