//! Aggregations, compared with the values that pages show.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::engines::{moment, own};
use super::pages::attributes;
use crate::records::aggregate::{Aggregation, Aggregator, Group, Grouping};
use crate::records::condition::{Condition, FieldPath, Test};
use crate::records::source::{RecordQuery, RecordSource as _};
use crate::records::sql::SqlRecords;
use crate::records::value::Value;

on_each_engine!(
    numbers_are_those_of_the_records,
    groups_are_the_shown_values,
    intervals_leave_out_what_is_beyond_their_bounds,
    records_that_cannot_match_are_not_looked_for,
);

async fn aggregate(source: &SqlRecords, condition: Condition, aggregation: Aggregation) -> Vec<Group> {
    let query = RecordQuery::new("companies", condition);
    source.aggregate(&query, &aggregation).await.unwrap()
}

fn of(aggregator: Aggregator, field: &str) -> Aggregation {
    Aggregation::of(aggregator, Some(FieldPath::own(field)))
}

fn number(value: &Json) -> Option<f64> {
    match value {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => text.parse().ok(),
        _ => None,
    }
}

async fn numbers_are_those_of_the_records(source: &SqlRecords) {
    for field in ["employees", "revenue", "doubled"] {
        let records = attributes(source, "companies", &[field]).await;
        let numbers: Vec<f64> = records.iter().filter_map(|record| number(&record[field])).collect();
        assert!(numbers.len() > 1, "{field}");
        let sum: f64 = numbers.iter().sum();
        for (aggregator, expected) in [
            (Aggregator::Count, numbers.len() as f64),
            (Aggregator::Sum, sum),
            (Aggregator::Avg, sum / numbers.len() as f64),
            (Aggregator::Max, numbers.iter().copied().fold(f64::MIN, f64::max)),
            (Aggregator::Min, numbers.iter().copied().fold(f64::MAX, f64::min)),
        ] {
            let found = aggregate(source, Condition::always(), of(aggregator, field)).await;
            let [group] = found.as_slice() else { panic!("{found:?}") };
            let value: f64 = group.value.as_ref().unwrap().to_string().parse().unwrap();
            let tolerance = expected.abs().max(1.0) * 1e-9;
            assert!(
                (value - expected).abs() < tolerance,
                "{field} {aggregator:?}: {value} is not {expected}"
            );
        }
    }
}

async fn groups_are_the_shown_values(source: &SqlRecords) {
    for field in [
        "name",
        "employees",
        "revenue",
        "is_active",
        "external_ref",
        "founded_on",
        "created_at",
        "shout",
        "doubled",
    ] {
        let mut expected: BTreeMap<String, u64> = BTreeMap::new();
        for record in attributes(source, "companies", &[field]).await {
            *expected.entry(record[field].to_string()).or_default() += 1;
        }
        let grouping = Grouping::Field(FieldPath::own(field));
        let aggregation = Aggregation::of(Aggregator::Count, None).by(grouping, 100);
        let groups = aggregate(source, Condition::always(), aggregation).await;
        assert!(
            groups
                .iter()
                .map(|group| group.value.as_ref().map(ToString::to_string))
                .is_sorted_by(|left, right| left >= right),
            "{groups:?}"
        );
        let mut found: BTreeMap<String, u64> = BTreeMap::new();
        for group in groups {
            // numbers of PostgreSQL that differ in their digits are one group
            let count: u64 = group.value.unwrap().to_string().parse().unwrap();
            *found.entry(group.key.to_string()).or_default() += count;
        }
        assert_eq!(found.values().sum::<u64>(), expected.values().sum::<u64>(), "{field}");
        if field != "revenue" && field != "created_at" {
            assert_eq!(found, expected, "{field}");
        }
    }
}

async fn intervals_leave_out_what_is_beyond_their_bounds(source: &SqlRecords) {
    let mut moments: Vec<String> = attributes(source, "companies", &["created_at"])
        .await
        .iter()
        .filter_map(|record| record["created_at"].as_str().map(str::to_owned))
        .filter(|text| text.len() == 24)
        .collect();
    moments.sort();
    moments.dedup();
    let (Some(first), Some(last)) = (moments.first(), moments.last()) else {
        panic!("no moments")
    };
    for bounds in [
        vec![first.as_str(), last],
        vec!["1900-01-01T00:00:00Z", first, last, "2100-01-01T00:00:00Z"],
        vec!["1900-01-01T00:00:00Z", "1900-01-02T00:00:00Z"],
    ] {
        let parsed: Vec<Value> = bounds.iter().map(|bound| moment(bound)).collect();
        let grouping = Grouping::Intervals {
            field: FieldPath::own("created_at"),
            bounds: parsed.clone(),
        };
        let groups = aggregate(
            source,
            Condition::always(),
            of(Aggregator::Count, "id").by(grouping, 10),
        )
        .await;
        let mut found = vec![0; bounds.len() - 1];
        for group in groups {
            let index = usize::try_from(group.key.as_u64().unwrap()).unwrap();
            found[index] = group.value.unwrap().to_string().parse::<u64>().unwrap();
        }
        for (index, pair) in parsed.windows(2).enumerate() {
            let [from, to] = pair else { continue };
            let within = own("created_at", Test::GreaterOrEqual(from.clone()));
            let within = within.and(own("created_at", Test::Less(to.clone())));
            let expected = source
                .count(&RecordQuery::new("companies", within), None)
                .await
                .unwrap();
            assert_eq!(found[index], expected, "{bounds:?} {index}");
        }
    }
}

async fn records_that_cannot_match_are_not_looked_for(source: &SqlRecords) {
    let count = aggregate(source, Condition::never(), Aggregation::of(Aggregator::Count, None)).await;
    assert_eq!(count, [Group::new(Json::Null, Some(Value::Integer(0)))]);
    let sum = aggregate(source, Condition::never(), of(Aggregator::Sum, "employees")).await;
    assert_eq!(sum, [Group::new(Json::Null, None)]);
    let grouping = Grouping::Field(FieldPath::own("name"));
    let groups = Aggregation::of(Aggregator::Count, None).by(grouping, 10);
    assert_eq!(aggregate(source, Condition::never(), groups).await, []);
}
