//! The parameters that determine the records of a list: filters, search, segment and live query.
//!
//! A list, its count, its export and a "select all" of it share this code (SEL-01). The parameters come from a URL, or from
//! the subset query of "select all".

use std::borrow::Cow;

use chrono_tz::Tz;
use serde_json::{Map, Value as Json};

use super::calendar::zone_named;
use super::condition::Condition;
use super::error::QueryError;
use super::filter::Filter;
use super::live_query::LiveQueries;
use super::model::CollectionModel;
use super::resolve::Resolver;
use super::variables::Variables;
use crate::caller::{Caller, Zone};

/// Parsed parameters, not yet checked against a collection.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ListQuery {
    pub(crate) filters: Option<Filter>,
    pub(crate) search: Option<String>,
    pub(crate) search_extended: bool,
    pub(crate) segment: Option<String>,
    pub(crate) segment_query: Option<String>,
    pub(crate) connection_name: Option<String>,
    /// The time zone of this list; it overrides the one of the request.
    pub(crate) timezone: Option<Result<Tz, String>>,
}

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ListCondition {
    pub(crate) condition: Condition,
    /// The searched fields of the collection itself.
    pub(crate) searched: Vec<String>,
}

impl ListQuery {
    /// Parses the flat object of "select all" (protocol: subset query). Unknown keys and nulls are ignored.
    pub(crate) fn from_subset(subset: &Map<String, Json>) -> Result<Self, QueryError> {
        let mut query = Self::default();
        for (key, value) in subset {
            match value {
                Json::Null => {}
                Json::String(text) => query.read(key, Cow::Borrowed(text))?,
                // some clients send the tree instead of its text
                _ if key == "filters" => query.filters = Filter::parse(value)?,
                Json::Bool(_) | Json::Number(_) => query.read(key, Cow::Owned(value.to_string()))?,
                Json::Array(_) | Json::Object(_) if is_known(key) => {
                    return Err(QueryError::InvalidParameter(key.clone()));
                }
                Json::Array(_) | Json::Object(_) => {}
            }
        }
        Ok(query)
    }

    /// Parses the parameters of a URL. Unknown ones are ignored, and the last of several with the same name wins.
    pub(crate) fn from_pairs<'p>(
        pairs: impl IntoIterator<Item = (Cow<'p, str>, Cow<'p, str>)>,
    ) -> Result<Self, QueryError> {
        let mut query = Self::default();
        for (key, value) in pairs {
            query.read(&key, value)?;
        }
        Ok(query)
    }

    /// Takes the live query from the URL of the request if the list does not have one (SEL-02).
    pub(crate) fn with_live_query_of(&self, query_string: &str) -> Self {
        let mut list = self.clone();
        for (key, value) in url::form_urlencoded::parse(query_string.as_bytes()) {
            let place = match &*key {
                "segmentQuery" => &mut list.segment_query,
                "connectionName" => &mut list.connection_name,
                _ => continue,
            };
            if place.is_none() && !value.is_empty() {
                *place = Some(value.into_owned());
            }
        }
        list
    }

    /// The time zone of this list, if it has one of its own.
    pub(crate) fn zone(&self) -> Option<Zone<'_>> {
        let zone = self.timezone.as_ref()?;
        Some(zone.as_ref().copied().map_err(String::as_str))
    }

    fn read(&mut self, key: &str, value: Cow<'_, str>) -> Result<(), QueryError> {
        let text = |value: Cow<'_, str>| (!value.is_empty()).then(|| value.into_owned());
        match key {
            "filters" => self.filters = Filter::parse_text(&value)?,
            "search" => self.search = text(value),
            "searchExtended" => self.search_extended = is_on(&value),
            "segment" => self.segment = text(value),
            "segmentQuery" => self.segment_query = text(value),
            "connectionName" => self.connection_name = text(value),
            "timezone" => self.timezone = text(value).map(|name| zone_named(&name).ok_or(name)),
            _ => {}
        }
        Ok(())
    }

    /// The condition of all parameters together, without the scope. `granted` has the live queries that the caller may run
    /// on this collection.
    pub(crate) fn condition(
        &self,
        resolver: &Resolver<'_>,
        collection: &CollectionModel,
        granted: &LiveQueries,
        caller: &Caller,
        variables: &dyn Variables,
    ) -> Result<ListCondition, QueryError> {
        let resolver = Resolver {
            zone: self.zone().unwrap_or(resolver.zone),
            ..*resolver
        };
        let mut condition = Condition::always();
        if let Some(filters) = &self.filters {
            condition = condition.and(resolver.filter(collection, filters)?);
        }
        let mut searched = Vec::new();
        if let Some(text) = &self.search {
            let search = resolver.search(collection, text, self.search_extended)?;
            condition = condition.and(search.condition);
            searched = search.fields;
        }
        if let Some(name) = &self.segment {
            condition = condition.and(resolver.segment(collection, name)?);
        }
        if let Some(sql) = &self.segment_query {
            let connection = self.connection_name.as_deref();
            let query = granted.check(sql, connection, &collection.name, caller, variables)?;
            condition = condition.and(Condition::Query(query));
        }
        Ok(ListCondition { condition, searched })
    }
}

fn is_known(key: &str) -> bool {
    matches!(
        key,
        "filters" | "search" | "searchExtended" | "segment" | "segmentQuery" | "connectionName" | "timezone"
    )
}

/// `true`, or a text that starts with an integer other than zero.
fn is_on(text: &str) -> bool {
    let text = text.trim();
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    text.eq_ignore_ascii_case("true")
        || unsigned
            .bytes()
            .take_while(u8::is_ascii_digit)
            .any(|digit| digit != b'0')
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::records::live_query::GrantedQuery;
    use crate::records::{FieldModel, FieldPath, Models, Operator, Test, Value, ValueType};

    fn subset(json: Json) -> Result<ListQuery, (u16, String)> {
        ListQuery::from_subset(json.as_object().unwrap()).map_err(QueryError::answered)
    }

    #[test]
    fn sel_01_a_subset_and_a_url_are_parsed_alike() {
        let filters = r#"{"field":"a","operator":"equal","value":1}"#;
        let pairs = [
            ("filters", filters),
            ("search", "acme"),
            ("searchExtended", "1"),
            ("segment", "Large"),
            ("segmentQuery", "SELECT id FROM a"),
            ("connectionName", "main"),
            ("timezone", "Europe/Paris"),
            ("sort", "-id"),
            ("page[number]", "1"),
            ("fields[a]", "id"),
        ];
        let from_url = ListQuery::from_pairs(pairs.map(|(key, value)| (key.into(), value.into()))).unwrap();
        let object: Map<String, Json> = pairs
            .iter()
            .map(|(key, value)| ((*key).to_owned(), json!(value)))
            .collect();
        assert_eq!(ListQuery::from_subset(&object).unwrap(), from_url);
        assert_eq!(from_url.filters, Some(Filter::leaf("a", Operator::Equal, 1)));
        assert_eq!(from_url.search.as_deref(), Some("acme"));
        assert!(from_url.search_extended);
        assert_eq!(from_url.timezone, Some(Ok(Tz::Europe__Paris)));
        assert_eq!(from_url.connection_name.as_deref(), Some("main"));

        let as_object = subset(json!({"filters": {"field": "a", "operator": "Equal", "value": 1}})).unwrap();
        assert_eq!(as_object.filters, from_url.filters);
    }

    #[test]
    fn empty_values_count_as_absent() {
        let empty = json!({"filters": null, "search": null, "searchExtended": false, "segment": "", "segmentQuery": "",
            "connectionName": "", "timezone": null, "page[size]": [1], "other": {"a": 1}});
        assert_eq!(subset(empty), Ok(ListQuery::default()));
        assert_eq!(subset(json!({"filters": "null"})), Ok(ListQuery::default()));
        assert_eq!(subset(json!({"search": 42})).unwrap().search.as_deref(), Some("42"));
    }

    #[test]
    fn an_extended_search_is_switched_on_by_a_number_or_true() {
        for (value, on) in [
            (json!(1), true),
            (json!("1"), true),
            (json!("2x"), true),
            (json!("-1"), true),
            (json!("10"), true),
            (json!(true), true),
            (json!("true"), true),
            (json!(0), false),
            (json!("0"), false),
            (json!("00"), false),
            (json!("0.5"), false),
            (json!(false), false),
            (json!("false"), false),
            (json!("yes"), false),
            (json!(""), false),
        ] {
            assert_eq!(
                subset(json!({"searchExtended": value})).unwrap().search_extended,
                on,
                "{value}"
            );
        }
    }

    #[test]
    fn sel_13_wrong_types_are_refused_with_the_name_of_the_parameter() {
        for key in [
            "search",
            "searchExtended",
            "segment",
            "segmentQuery",
            "connectionName",
            "timezone",
        ] {
            let (status, text) = subset(json!({key: ["x"]})).unwrap_err();
            assert_eq!(status, 400);
            assert!(text.contains(&format!("'{key}'")), "{text}");
        }
        assert_eq!(
            subset(json!({"filters": []})),
            Err((422, "Empty condition in filter".into()))
        );
        assert_eq!(
            subset(json!({"filters": [1]})),
            Err((422, "Filters cannot be a raw array".into()))
        );
        assert_eq!(
            subset(json!({"filters": "{"})),
            Err((422, "Invalid filters JSON format".into()))
        );
    }

    #[test]
    fn sel_01_everything_that_narrows_a_list_is_in_its_condition() {
        let sql = "SELECT id FROM companies";
        let collection = CollectionModel::new("companies")
            .field(FieldModel::new("name", ValueType::Text))
            .field(FieldModel::new("size", ValueType::Integer))
            .field(FieldModel::new("since", ValueType::Instant))
            .segment("Large", Filter::leaf("size", Operator::GreaterThan, 100));
        let models = Models::new(vec![collection]);
        let collection = models.get("companies").unwrap();
        let resolver = Resolver {
            models: &models,
            now: chrono::DateTime::UNIX_EPOCH,
            zone: Ok(Tz::UTC),
        };
        let granted = LiveQueries(vec![GrantedQuery {
            connection: None,
            sql: sql.into(),
        }]);
        let caller = Caller::new("1", "a@b.c");
        let query = subset(
            json!({"filters": {"field": "name", "operator": "equal", "value": "a"}, "search": "acme",
            "segment": "Large", "segmentQuery": sql}),
        )
        .unwrap();
        let list = query
            .condition(&resolver, collection, &granted, &caller, &caller)
            .unwrap();
        assert_eq!(list.searched, ["name"]);
        let Condition::All(all) = list.condition else { panic!() };
        assert_eq!(all.len(), 4);
        let name = |test| Condition::Field(FieldPath::own("name"), test);
        assert_eq!(all[0], name(Test::Equal(Value::from("a"))));
        assert!(matches!(&all[1], Condition::Any(any) if any.len() == 1));
        assert_eq!(
            all[2],
            Condition::Field(FieldPath::own("size"), Test::Greater(Value::Integer(100)))
        );
        assert!(matches!(&all[3], Condition::Query(_)));

        let none = ListQuery::default();
        let list = none
            .condition(&resolver, collection, &granted, &caller, &caller)
            .unwrap();
        assert_eq!(list.condition, Condition::always());

        let in_tokyo = subset(
            json!({"filters": {"field": "since", "operator": "today", "value": null}, "timezone": "Asia/Tokyo"}),
        );
        let list = in_tokyo
            .unwrap()
            .condition(&resolver, collection, &granted, &caller, &caller)
            .unwrap();
        assert!(format!("{:?}", list.condition).contains("1969-12-31T15:00:00Z"));

        // an unknown zone is refused where the day depends on it
        let today = json!({"field": "since", "operator": "today", "value": null});
        let name = json!({"field": "name", "operator": "equal", "value": "a"});
        for (filter, refusal) in [
            (
                today,
                Some((400, "Invalid timezone: \"Mars/Olympus\"\\u{1b}\"".to_owned())),
            ),
            (name, None),
        ] {
            let query = subset(json!({"filters": filter, "timezone": "Mars/Olympus\"\u{1b}"})).unwrap();
            let condition = query.condition(&resolver, collection, &granted, &caller, &caller);
            assert_eq!(condition.err().map(QueryError::answered), refusal);
        }

        let unknown = subset(json!({"segment": "Nope"})).unwrap();
        let error = unknown
            .condition(&resolver, collection, &granted, &caller, &caller)
            .unwrap_err();
        assert_eq!(error.to_string(), "Invalid segment: \"Nope\"");
    }
}
