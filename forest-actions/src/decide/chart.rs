//! The right to see a chart (protocol: charts).

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::facts::{RenderingFacts, UserFacts};

/// The members that make two charts the same one.
const MEMBERS: [&str; 17] = [
    "type",
    "apiRoute",
    "smartRoute",
    "query",
    "connectionName",
    "labelFieldName",
    "filter",
    "sourceCollectionName",
    "aggregator",
    "aggregateFieldName",
    "groupByFieldName",
    "relationshipFieldName",
    "limit",
    "timeRange",
    "objective",
    "numeratorChartId",
    "denominatorChartId",
];

/// The permission levels that may see any chart.
const LEVELS: [&str; 3] = ["admin", "developer", "editor"];

/// The definition of a chart: its members as JSON, in one spelling.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ChartDefinition(Box<str>);

impl ChartDefinition {
    /// The definition in a request, or in the charts of a rendering. Absent members and nulls are the same.
    pub(crate) fn of(chart: &Map<String, Value>) -> Self {
        let members = MEMBERS.iter().filter_map(|name| {
            let value = chart.get(*name).filter(|value| !value.is_null())?;
            Some((*name, sorted(value)))
        });
        let members: BTreeMap<&str, Value> = members.collect();
        Self(serde_json::to_string(&members).unwrap_or_default().into())
    }
}

/// Checks that a user may see a chart of a rendering.
pub(crate) fn may_see(user: Option<&UserFacts>, rendering: &RenderingFacts, chart: &ChartDefinition) -> bool {
    user.is_some_and(|user| sees_all(user) || rendering.charts.contains(chart))
}

/// Returns `true` for a user who may see any chart.
pub(crate) fn sees_all(user: &UserFacts) -> bool {
    LEVELS.contains(&&*user.permission_level)
}

/// The same value with sorted members and, as in JavaScript, one type of number.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(members) => {
            let members: BTreeMap<&String, Value> = members.iter().map(|(name, value)| (name, sorted(value))).collect();
            members.into_iter().map(|(name, value)| (name.clone(), value)).collect()
        }
        Value::Array(values) => values.iter().map(sorted).collect(),
        Value::Number(number) => match number.as_f64() {
            Some(float) => Value::from(float),
            None => value.clone(),
        },
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition(chart: Value) -> ChartDefinition {
        ChartDefinition::of(chart.as_object().unwrap())
    }

    fn user(level: &str) -> UserFacts {
        UserFacts {
            permission_level: level.into(),
            ..UserFacts::default()
        }
    }

    #[test]
    fn charts_are_the_same_by_their_listed_members() {
        let chart = json!({"type": "Value", "aggregator": "Count", "limit": 5, "filter": {"field": "a", "value": [1, {"b": 2, "c": null}]}});
        let same = json!({"filter": {"value": [1.0, {"c": null, "b": 2}], "field": "a"}, "limit": 5.0, "aggregator": "Count",
            "aggregateFieldName": null, "type": "Value", "contextVariables": {"recordId": 1}, "timezone": "UTC", "id": 7});
        assert_eq!(definition(chart.clone()), definition(same));
        for (member, value) in [
            ("type", json!("Pie")),
            ("aggregator", json!("Sum")),
            ("aggregator", json!("count")),
            ("limit", json!(6)),
            ("limit", json!("5")),
            ("limit", json!(null)),
            ("filter", json!(null)),
            ("filter", json!({"field": "a", "value": [{"b": 2, "c": null}, 1]})),
            ("filter", json!({"field": "a", "value": [1, {"b": 2}]})),
            ("query", json!("SELECT 1")),
            ("sourceCollectionName", json!("secrets")),
        ] {
            let mut other = chart.clone();
            other[member] = value;
            assert_ne!(definition(chart.clone()), definition(other.clone()), "{other}");
        }
    }

    #[test]
    fn members_do_not_run_into_each_other() {
        assert_ne!(
            definition(json!({"type": "a", "query": "b"})),
            definition(json!({"type": "a\",\"query\":\"b"}))
        );
        assert_ne!(
            definition(json!({"objective": 1})),
            definition(json!({"objective": "1"}))
        );
    }

    #[test]
    fn levels_decide_before_the_charts_of_the_rendering() {
        let chart = definition(json!({"type": "Value"}));
        let other = definition(json!({"type": "Pie"}));
        let rendering = RenderingFacts {
            charts: [chart.clone()].into(),
            ..RenderingFacts::default()
        };
        for level in ["admin", "developer", "editor"] {
            assert!(may_see(Some(&user(level)), &rendering, &other), "{level}");
        }
        for level in ["user", "manager", "", "Admin"] {
            assert!(!may_see(Some(&user(level)), &rendering, &other), "{level}");
            assert!(may_see(Some(&user(level)), &rendering, &chart), "{level}");
        }
        assert!(!may_see(None, &rendering, &chart));
    }
}
