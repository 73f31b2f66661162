//! The operators that the fields of collections support (protocol: capabilities).

use serde::Serialize;
use serde_json::{Map, Value};

use super::error::BrowseError;
use crate::json::is_too_large;
use crate::records::{CollectionModel, Models, Operator, QueryError, ValueType, field_type};
use crate::response::ActionError;
use crate::schema::FieldType;

const MAX_COLLECTIONS: usize = 10_000;

/// The collections named in a body.
///
/// # Errors
/// 400 for a body of another form, 404 for a collection that does not exist.
pub(super) fn asked<'m>(models: &'m Models, body: &[u8]) -> Result<Vec<&'m CollectionModel>, ActionError> {
    let names = names(body)?.into_iter();
    let found = names.map(|name| models.get(&name).ok_or(QueryError::UnknownCollection(name)));
    Ok(found.collect::<Result<_, _>>()?)
}

/// The document for these collections; without any, for the agent as a whole.
pub(super) fn capabilities(asked: &[&CollectionModel], can_use_audit_trail: bool) -> Result<Vec<u8>, ActionError> {
    let collections = asked.iter().map(|collection| of_collection(collection)).collect();
    let document = Document {
        // connections have no names that could be listed: a live query names one, and the source says whether it is its
        native_query_connections: [],
        agent_capabilities: AgentCapabilities {
            can_use_projection_on_get_one: false,
            can_use_projection_via_header: false,
            can_use_projection_via_header_on_list: false,
            can_use_multiple_fields_projection_on_relation: true,
            can_use_audit_trail,
        },
        collections,
    };
    serde_json::to_vec(&document).map_err(ActionError::internal)
}

/// The names in `{"collectionNames": [...]}`, each once.
fn names(body: &[u8]) -> Result<Vec<String>, BrowseError> {
    if body.is_empty() {
        return Ok(Vec::new());
    }
    let body = std::str::from_utf8(body).map_err(|_| BrowseError::InvalidBody)?;
    if is_too_large(body) {
        return Err(BrowseError::InvalidCollectionNames);
    }
    let body: Map<String, Value> = serde_json::from_str(body).map_err(|_| BrowseError::InvalidBody)?;
    let names = match body.get("collectionNames") {
        None | Some(Value::Null) => return Ok(Vec::new()),
        Some(Value::Array(names)) if names.len() <= MAX_COLLECTIONS => names,
        Some(_) => return Err(BrowseError::InvalidCollectionNames),
    };
    let mut known = std::collections::HashSet::new();
    let mut unique = Vec::new();
    for name in names {
        let name = name.as_str().ok_or(BrowseError::InvalidCollectionNames)?;
        if known.insert(name) {
            unique.push(name.to_owned());
        }
    }
    Ok(unique)
}

fn of_collection(collection: &CollectionModel) -> Collection<'_> {
    let fields = collection.fields.iter().filter(|field| !field.is_hidden);
    Collection {
        name: &collection.name,
        fields: fields
            .map(|field| Field {
                name: &field.name,
                field_type: field_type(&field.value_type),
                operators: operators(&field.value_type),
                is_groupable: false,
            })
            .collect(),
        aggregation_capabilities: AggregationCapabilities {
            support_groups: false,
            supported_date_operations: [],
        },
    }
}

/// The operators without `not`, which older clients send: programs that read this answer do not know it, and refuse all of it.
fn operators(value_type: &ValueType) -> Vec<&'static str> {
    let operators = Operator::allowed_for(value_type).filter(|operator| *operator != Operator::Not);
    operators.map(Operator::as_str).collect()
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    native_query_connections: [(); 0],
    agent_capabilities: AgentCapabilities,
    collections: Vec<Collection<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AgentCapabilities {
    can_use_projection_on_get_one: bool,
    can_use_projection_via_header: bool,
    can_use_projection_via_header_on_list: bool,
    can_use_multiple_fields_projection_on_relation: bool,
    can_use_audit_trail: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Collection<'a> {
    name: &'a str,
    fields: Vec<Field<'a>>,
    aggregation_capabilities: AggregationCapabilities,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Field<'a> {
    name: &'a str,
    #[serde(rename = "type")]
    field_type: FieldType,
    operators: Vec<&'static str>,
    is_groupable: bool,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AggregationCapabilities {
    support_groups: bool,
    supported_date_operations: [(); 0],
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::models;
    use super::*;
    use crate::response::ErrorKind;

    fn answered(body: &Value) -> Value {
        let models = models();
        let collections = asked(&models, body.to_string().as_bytes()).unwrap();
        serde_json::from_slice(&capabilities(&collections, false).unwrap()).unwrap()
    }

    #[test]
    fn fields_are_told_with_their_type_and_operators() {
        let document = answered(&json!({"collectionNames": ["assignments", "transactions", "assignments"]}));
        assert_eq!(document["nativeQueryConnections"], json!([]));
        assert_eq!(
            document["agentCapabilities"]["canUseMultipleFieldsProjectionOnRelation"],
            true
        );
        assert_eq!(document["agentCapabilities"]["canUseProjectionOnGetOne"], false);
        let collections = document["collections"].as_array().unwrap();
        assert_eq!(collections.len(), 2);
        assert_eq!(collections[0]["name"], "assignments");
        assert_eq!(
            collections[0]["aggregationCapabilities"],
            json!({"supportGroups": false, "supportedDateOperations": []})
        );
        let fields: Vec<(&str, &str)> = collections[1]["fields"]
            .as_array()
            .unwrap()
            .iter()
            .map(|field| (field["name"].as_str().unwrap(), field["type"].as_str().unwrap()))
            .collect();
        // foreign keys can be filtered; hidden fields are left out
        assert_eq!(
            fields,
            [
                ("id", "Number"),
                ("label", "String"),
                ("amount", "Number"),
                ("created_at", "Date"),
                ("due_on", "Dateonly"),
                ("customer_id", "Uuid"),
                ("emitter_id", "Number"),
            ]
        );
        let operators: Vec<&str> = Operator::allowed_for(&ValueType::Integer)
            .map(Operator::as_str)
            .filter(|operator| *operator != "not")
            .collect();
        assert_eq!(collections[1]["fields"][0]["operators"], json!(operators));
        assert_eq!(collections[1]["fields"][0]["isGroupable"], false);
    }

    #[test]
    fn operators_of_older_clients_are_accepted_and_not_named() {
        for value_type in [ValueType::Text, ValueType::Enum, ValueType::Boolean, ValueType::Day] {
            assert!(Operator::Not.fits(&value_type));
            let named = operators(&value_type);
            assert!(named.contains(&"not_equal") && !named.contains(&"not"), "{named:?}");
        }
    }

    #[test]
    fn without_names_the_agent_alone_is_told() {
        for body in ["", "{}", r#"{"collectionNames": null}"#, r#"{"collectionNames": []}"#] {
            let document = capabilities(&asked(&models(), body.as_bytes()).unwrap(), false).unwrap();
            let document: Value = serde_json::from_slice(&document).unwrap();
            assert_eq!(document["collections"], json!([]), "{body}");
        }
    }

    #[test]
    fn other_bodies_are_refused() {
        for body in [
            "[]",
            "x",
            "\u{0}",
            r#"{"collectionNames": "companies"}"#,
            r#"{"collectionNames": [1]}"#,
            r#""#,
        ] {
            match asked(&models(), body.as_bytes()) {
                Ok(_) => assert!(body.is_empty()),
                Err(refused) => assert_eq!(refused.kind(), ErrorKind::BadRequest, "{body}"),
            }
        }
        let unknown = asked(&models(), br#"{"collectionNames": ["orders"]}"#).unwrap_err();
        assert_eq!(unknown.kind(), ErrorKind::NotFound);
        assert!(unknown.message().contains("orders"));
        let many: Vec<String> = vec![String::new(); MAX_COLLECTIONS + 1];
        let body = json!({ "collectionNames": many }).to_string();
        assert_eq!(
            asked(&models(), body.as_bytes()).unwrap_err().kind(),
            ErrorKind::BadRequest
        );
    }

    #[test]
    fn lists_have_the_type_of_their_elements() {
        let list = ValueType::List(Box::new(ValueType::Enum));
        assert_eq!(serde_json::to_value(field_type(&list)).unwrap(), json!(["Enum"]));
    }
}
