//! Substitution of the template variables in a scope's filter.
//!
//! It happens before fields and types are checked: a value that consists of one variable becomes the variable's typed value,
//! and is converted to the type of its column later (PER-17). Filters of lists must not be substituted: only those of charts have
//! variables. Values that are inserted are not scanned again.

use serde_json::Value as Json;

use super::error::QueryError;
use super::filter::Filter;
use super::operator::Operator;
use super::variables::{Part, Variables, parts, value_of};

/// Replaces the variables in the values of a filter.
pub(crate) fn substitute(filter: &Filter, variables: &dyn Variables) -> Result<Filter, QueryError> {
    let each = |filters: &[Filter]| {
        filters
            .iter()
            .map(|filter| substitute(filter, variables))
            .collect::<Result<Vec<_>, _>>()
    };
    Ok(match filter {
        Filter::And(filters) => Filter::And(each(filters)?),
        Filter::Or(filters) => Filter::Or(each(filters)?),
        Filter::Leaf { field, operator, value } => Filter::Leaf {
            field: field.clone(),
            operator: *operator,
            value: match replaced(value, variables)? {
                // tags come from administrators and may hold several values with commas between them; users write their other
                // attributes themselves
                Json::String(text)
                    if matches!(operator, Operator::In | Operator::NotIn)
                        && value
                            .as_str()
                            .is_some_and(|template| template != text && !template.contains("currentUser.tags.")) =>
                {
                    Json::Array(vec![Json::String(text)])
                }
                one @ (Json::Number(_) | Json::Bool(_))
                    if matches!(operator, Operator::In | Operator::NotIn) && value.is_string() =>
                {
                    Json::Array(vec![one])
                }
                other => other,
            },
        },
    })
}

/// Replaces the variables in a value that is not part of a filter.
pub(crate) fn substitute_value(value: &Json, variables: &dyn Variables) -> Result<Json, QueryError> {
    replaced(value, variables)
}

fn replaced(value: &Json, variables: &dyn Variables) -> Result<Json, QueryError> {
    match value {
        Json::String(text) => replaced_text(text, variables),
        Json::Array(list) => {
            let mut values = Vec::with_capacity(list.len());
            for element in list {
                match replaced(element, variables)? {
                    // a list is inserted element by element
                    Json::Array(elements) if element.is_string() => values.extend(elements),
                    other => values.push(other),
                }
            }
            Ok(Json::Array(values))
        }
        other => Ok(other.clone()),
    }
}

fn replaced_text(text: &str, variables: &dyn Variables) -> Result<Json, QueryError> {
    let parts = parts(text);
    if let [Part::Variable(name)] = parts.as_slice() {
        return value_of(name, variables);
    }
    let mut replaced = String::with_capacity(text.len());
    for part in parts {
        match part {
            Part::Text(text) => replaced.push_str(text),
            Part::Variable(name) => match value_of(name, variables)? {
                Json::String(value) => replaced.push_str(&value),
                Json::Array(_) | Json::Object(_) => {
                    return Err(QueryError::VariableInText(name.to_owned()));
                }
                other => replaced.push_str(&other.to_string()),
            },
        }
    }
    Ok(Json::String(replaced))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::caller::Caller;
    use crate::records::Operator;

    struct Attributes(Json);

    impl Variables for Attributes {
        fn variable(&self, name: &str) -> Option<Json> {
            self.0.get(name).cloned()
        }
    }

    fn value(value: Json, variables: &Json) -> Result<Json, String> {
        let filter = Filter::leaf("owner", Operator::Equal, value);
        match substitute(&filter, &Attributes(variables.clone())) {
            Ok(Filter::Leaf { value, .. }) => Ok(value),
            Ok(other) => panic!("{other:?}"),
            Err(error) => {
                let (status, text) = error.answered();
                assert_eq!(status, 403);
                Err(text)
            }
        }
    }

    #[test]
    fn per_17_a_value_that_is_one_variable_keeps_its_type() {
        let variables = json!({"id": 7, "regions": ["eu", "us"], "vip": true, "name": "Ada"});
        for (template, expected) in [
            (json!("{{id}}"), json!(7)),
            (json!("{{ id }}"), json!(7)),
            (json!("{{regions}}"), json!(["eu", "us"])),
            (json!("{{vip}}"), json!(true)),
            (json!(["{{id}}", 8]), json!([7, 8])),
            (json!(["asia", "{{regions}}"]), json!(["asia", "eu", "us"])),
            (json!([["{{id}}"]]), json!([[7]])),
            (json!("user {{id}} {{name}}"), json!("user 7 Ada")),
            (json!("{{id}}{{vip}}"), json!("7true")),
            (json!(" {{id}}"), json!(" 7")),
            (json!("$currentUser.id"), json!("$currentUser.id")),
            (json!("100%"), json!("100%")),
            (json!(3), json!(3)),
            (json!(null), json!(null)),
            (json!({"{{id}}": "{{id}}"}), json!({"{{id}}": "{{id}}"})),
        ] {
            assert_eq!(value(template.clone(), &variables), Ok(expected), "{template}");
        }
    }

    #[test]
    fn per_15_the_other_values_of_a_scope_keep_their_types() {
        let scope = json!({"aggregator": "and", "conditions": [
            {"field": "vip", "operator": "equal", "value": true},
            {"field": "age", "operator": "greater_than", "value": 18.5},
            {"field": "owner", "operator": "equal", "value": "{{currentUser.id}}"},
        ]});
        let scope = Filter::parse(&scope).unwrap().unwrap();
        let expected = Filter::and([
            Filter::leaf("vip", Operator::Equal, true),
            Filter::leaf("age", Operator::GreaterThan, 18.5),
            Filter::leaf("owner", Operator::Equal, 7),
        ]);
        assert_eq!(substitute(&scope, &Caller::new("7", "a@b.c")).unwrap(), expected);
    }

    #[test]
    fn per_16_an_unknown_variable_is_refused_with_its_name() {
        let variables = json!({"id": 7, "nothing": null, "list": [1]});
        for (template, named) in [
            (json!("{{currentUser.nope}}"), "'currentUser.nope'"),
            (json!("a {{nope}} b"), "'nope'"),
            (json!(["{{id}}", "{{nope}}"]), "'nope'"),
            (json!("{{nothing}}"), "'nothing'"),
            (json!("{{}}"), "''"),
            (json!("{{list}}!"), "'list'"),
        ] {
            let refusal = value(template, &variables).unwrap_err();
            assert!(refusal.contains(named), "{refusal}");
        }
    }

    #[test]
    fn per_16_variables_in_inserted_values_are_not_replaced() {
        let variables = json!({"a": "{{a}}", "b": "{{c}}{{a}}", "list": ["{{list}}"]});
        assert_eq!(value(json!("{{a}}"), &variables), Ok(json!("{{a}}")));
        assert_eq!(value(json!("x{{b}}"), &variables), Ok(json!("x{{c}}{{a}}")));
        assert_eq!(value(json!(["{{list}}"]), &variables), Ok(json!(["{{list}}"])));
    }
}
