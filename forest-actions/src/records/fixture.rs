//! The collections of the protocol's record vectors, for unit tests.

use chrono_tz::Tz;

use super::condition::{Condition, FieldPath, Test};
use super::filter::Filter;
use super::model::{CollectionModel, FieldModel};
use super::models::Models;
use super::operator::Operator;
use super::relation::{RelationModel, Through};
use super::resolve::Resolver;
use super::value::{Decimal, Value};
use super::value_type::ValueType;

fn foreign_key(name: &str, value_type: ValueType) -> FieldModel {
    let mut field = FieldModel::new(name, value_type);
    field.is_foreign_key = true;
    field
}

fn companies() -> CollectionModel {
    let mut secret = FieldModel::new("secret", ValueType::Text);
    secret.is_hidden = true;
    CollectionModel::new("companies")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("name", ValueType::Text))
        .field(FieldModel::new("industry", ValueType::Enum).enum_values(["retail", "tech", "food", "media"]))
        .field(FieldModel::new("city", ValueType::Text))
        .field(FieldModel::new("employees", ValueType::Integer))
        .field(FieldModel::new("revenue", ValueType::Decimal))
        .field(FieldModel::new("is_active", ValueType::Boolean))
        .field(FieldModel::new("external_ref", ValueType::Uuid))
        .field(FieldModel::new("founded_on", ValueType::Day))
        .field(FieldModel::new("opens_at", ValueType::Time))
        .field(FieldModel::new("created_at", ValueType::Instant))
        .field(FieldModel::new("tags", ValueType::List(Box::new(ValueType::Text))))
        .field(FieldModel::new("metadata", ValueType::Json))
        .field(FieldModel::new("place", ValueType::Point))
        .field(FieldModel::new("logo", ValueType::Binary))
        .field(secret)
        .key(["id"])
        .relation(RelationModel::has_many("emitted", "transactions", "id", "emitter_id"))
        .relation(RelationModel::belongs_to_many(
            "advisors",
            "customers",
            "id",
            "id",
            Through::new("assignments", "company_id", "customer_id"),
        ))
        .segment(
            "Secret",
            Filter::leaf("secret", Operator::Present, serde_json::Value::Null),
        )
}

fn customers() -> CollectionModel {
    CollectionModel::new("customers")
        .field(FieldModel::new("id", ValueType::Uuid))
        .field(FieldModel::new("last_name", ValueType::Text))
        .field(FieldModel::new("age", ValueType::Integer))
        .field(foreign_key("company_id", ValueType::Integer))
        .key(["id"])
        .relation(RelationModel::belongs_to("company", "companies", "company_id", "id"))
}

fn transactions() -> CollectionModel {
    CollectionModel::new("transactions")
        .field(FieldModel::new("id", ValueType::Integer))
        .field(FieldModel::new("label", ValueType::Text))
        .field(FieldModel::new("status", ValueType::Enum).enum_values(["pending", "paid", "refused", "refunded"]))
        .field(FieldModel::new("amount", ValueType::Decimal))
        .field(FieldModel::new("created_at", ValueType::Instant))
        .field(foreign_key("customer_id", ValueType::Uuid))
        .field(foreign_key("emitter_id", ValueType::Integer))
        .key(["id"])
        .relation(RelationModel::belongs_to("customer", "customers", "customer_id", "id"))
        .relation(RelationModel::belongs_to("emitter", "companies", "emitter_id", "id"))
        .relation(RelationModel::belongs_to("lost", "nowhere", "emitter_id", "id"))
        .segment("Large", Filter::leaf("amount", Operator::GreaterThanOrEqual, 100))
        .segment("Everything", Filter::and([]))
}

fn assignments() -> CollectionModel {
    CollectionModel::new("assignments")
        .field(foreign_key("customer_id", ValueType::Uuid))
        .field(foreign_key("company_id", ValueType::Integer))
        .field(FieldModel::new("role", ValueType::Text))
        .key(["customer_id", "company_id"])
}

pub(super) fn models() -> Models {
    Models::new(vec![companies(), customers(), transactions(), assignments()])
}

/// The transactions with these search fields.
pub(super) fn models_searching(fields: &[&str]) -> Models {
    Models::new(vec![companies(), transactions().search_fields(fields.iter().copied())])
}

pub(super) fn resolver(models: &Models) -> Resolver<'_> {
    Resolver {
        models,
        now: "2024-05-15T10:30:00Z".parse().unwrap(),
        zone: Ok(Tz::Europe__Paris),
    }
}

/// A condition on a field or `relation:field`.
pub(super) fn on(field: &str, test: Test) -> Condition {
    let path = match field.split_once(':') {
        Some((relation, field)) => FieldPath::of_relation(relation, field),
        None => FieldPath::own(field),
    };
    Condition::Field(path, test)
}

pub(super) fn number(text: &str) -> Value {
    Value::Decimal(Decimal::parse(text).unwrap())
}
