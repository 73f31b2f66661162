//! Corrections of the dataset.

use super::sqlite::dataset;
use crate::records::describe::describe;
use crate::records::filter::Filter;
use crate::records::models::Models;
use crate::records::operator::Operator;
use crate::records::relation::RelationModel;
use crate::records::source::RecordSource as _;
use crate::records::sql::{SqlRecords, Storage};
use crate::records::value_type::ValueType;

fn assert_sound(records: &SqlRecords) {
    assert_eq!(records.problems, []);
    assert_eq!(records.checked(), Vec::<String>::new());
}

#[tokio::test]
async fn a_renamed_collection_is_renamed_in_every_relation() {
    let records = dataset()
        .await
        .collection("companies", |companies| companies.rename("Companies"))
        .collection("assignments", |assignments| assignments.rename("Advices"))
        .collection("Companies", |companies| companies.countable(false));
    assert_sound(&records);
    let companies = records.at("Companies");
    assert_eq!(companies.model.stored_name(), "companies");
    assert!(!companies.model.is_countable);
    assert_eq!(
        records.at("customers").relations(),
        [
            "company BelongsTo Companies",
            "transactions HasMany transactions",
            "companies BelongsToMany Companies"
        ]
    );
    let through = records.at("customers").model.relations[2].through.clone().unwrap();
    assert_eq!(through.collection, "Advices");
}

#[tokio::test]
async fn a_renamed_field_is_renamed_in_every_use() {
    let records = dataset()
        .await
        .collection("customers", |customers| {
            customers
                .search_fields(["first_name", "company.name"])
                .segment("Of Acme", Filter::leaf("company:name", Operator::Equal, "Acme"))
                .segment(
                    "Named",
                    Filter::or([Filter::and([Filter::leaf("first_name", Operator::Present, ())])]),
                )
                .rename_field("id", "uid")
                .rename_field("first_name", "given")
                .rename_relation("company", "employer")
        })
        .collection("companies", |companies| companies.rename_field("name", "title"))
        .collection("assignments", |assignments| {
            assignments.rename_field("company_id", "advised")
        });
    assert_sound(&records);
    let customers = records.at("customers");
    assert_eq!(customers.model.key, ["uid"]);
    assert_eq!(customers.field("uid").stored_name(), "id");
    assert!(customers.columns.contains_key("uid") && !customers.columns.contains_key("id"));
    assert_eq!(
        customers.model.search_fields.as_deref().unwrap(),
        ["given", "employer.title"]
    );
    assert_eq!(
        customers.model.segments,
        [
            (
                "Of Acme".to_owned(),
                Filter::leaf("employer:title", Operator::Equal, "Acme")
            ),
            (
                "Named".to_owned(),
                Filter::or([Filter::and([Filter::leaf("given", Operator::Present, ())])])
            ),
        ]
    );
    let transactions = records.at("transactions");
    assert_eq!(transactions.model.find_relation("customer").unwrap().target_key, "uid");
    let back = records
        .at("companies")
        .model
        .find_relation("customers_through_companies_company_id")
        .unwrap();
    assert_eq!(back.inverse_of.as_deref(), Some("employer"));
    let many = customers.model.find_relation("companies").unwrap();
    assert_eq!(many.through.as_ref().unwrap().target_key, "advised");
    assert_eq!(records.at("assignments").model.key, ["customer_id", "advised"]);
}

#[tokio::test]
async fn relations_to_a_removed_collection_are_removed() {
    let removed = dataset().await.collection("companies", |companies| companies.remove());
    assert_sound(&removed);
    assert_eq!(removed.names(), ["customers", "transactions", "assignments"]);
    assert_eq!(
        removed.at("customers").relations(),
        ["transactions HasMany transactions"]
    );
    assert!(
        !removed.at("customers").field("company_id").is_foreign_key,
        "without a relation it is a number like any other"
    );
    let only = dataset().await.only(["companies", "customers"]);
    assert_sound(&only);
    assert_eq!(only.at("customers").relations(), ["company BelongsTo companies"]);
    assert_eq!(
        only.at("companies").relations(),
        ["customers_through_companies_company_id HasMany customers"]
    );
}

#[tokio::test]
async fn fields_relations_keys_and_segments_are_corrected() {
    let records = dataset()
        .await
        .connection_name("main")
        .collection("companies", |companies| {
            companies
                .enum_values("industry", ["tech", "food"])
                .type_of("city", ValueType::Instant)
                .type_of("employees", ValueType::Instant)
                .storage("founded_on", Storage::Number)
                .computed("label", ValueType::Text, "name || ' (' || city || ')'")
                .hide("external_ref")
                .required_field("name")
                .required_field("name")
                .read_only_field("city")
        })
        .collection("transactions", |transactions| {
            transactions
                .remove_relation("customer")
                .relation(RelationModel::belongs_to("emitter", "companies", "emitter_id", "id"))
                .segment("Large", Filter::leaf("amount", Operator::GreaterThan, 1))
                .segment("Large", Filter::leaf("amount", Operator::GreaterThan, 100))
        })
        .collection("assignments", |assignments| assignments.key(["company_id"]).read_only());
    assert_sound(&records);
    assert_eq!(records.connection_name.as_deref(), Some("main"));
    let companies = records.at("companies");
    assert_eq!(companies.field("industry").enum_values, ["tech", "food"]);
    assert_eq!(companies.field("industry").value_type, ValueType::Enum);
    assert_eq!(companies.column("city").storage, Storage::Text);
    assert_eq!(companies.column("employees").storage, Storage::Number);
    assert_eq!(companies.column("founded_on").storage, Storage::Number);
    let label = companies.field("label");
    assert!(label.is_computed && label.is_read_only);
    assert_eq!(label.stored_name(), "name || ' (' || city || ')'");
    assert_eq!(companies.field("name").validations.len(), 1);
    let transactions = records.at("transactions");
    assert_eq!(transactions.model.segments.len(), 1);
    assert!(!transactions.field("customer_id").is_foreign_key);
    let back = records.at("customers").model.find_relation("transactions").unwrap();
    assert_eq!(back.inverse_of, None);
    let assignments = records.at("assignments");
    assert_eq!(assignments.model.key, ["company_id"]);
    assert!(assignments.field("customer_id").is_foreign_key);
    assert!(assignments.field("role").is_read_only);

    let models = Models::new(records.collections.iter().map(|known| known.model.clone()).collect());
    let described = describe(models.get("transactions").unwrap(), &models);
    let names: Vec<&str> = described.fields.iter().map(|field| field.field.as_str()).collect();
    assert!(names.contains(&"customer_id") && names.contains(&"emitter"));
    assert!(!names.contains(&"emitter_id"));
    let described = describe(models.get("companies").unwrap(), &models);
    assert!(described.fields.iter().all(|field| field.field != "external_ref"));
}

#[tokio::test]
async fn impossible_corrections_are_reported_with_the_nearest_name() {
    let records = dataset()
        .await
        .collection("compnies", |unknown| unknown.hide("anything"))
        .collection("companies", |companies| {
            companies
                .hide("nmae")
                .hide("id")
                .rename("customers")
                .rename("")
                .rename_field("name", "city")
                .rename_relation("nothing", "x")
                .remove_relation("customers_through_assignment")
                .computed("city", ValueType::Text, "1")
                .computed("nothing", ValueType::Text, " ")
                .key(["Id"])
                .storage("no", Storage::Text)
        })
        .only(["companies", "orders"]);
    let problems: Vec<String> = records.problems().iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "the database has no table or view `compnies`; did you mean `companies`?",
            "`companies` has no field `nmae`; did you mean `name`?",
            "`companies.id` is part of the key and cannot be hidden",
            "`companies` cannot be renamed to `customers`, which exists already",
            "`companies` cannot be renamed to an empty name",
            "`companies` already has a field or relation `city`",
            "`companies` has no relation `nothing`",
            "`companies` has no relation `customers_through_assignment`; did you mean `customers_through_assignments`?",
            "`companies` already has a field or relation `city`",
            "the computed field `companies.nothing` has no expression",
            "`companies` has no field `Id`; did you mean `id`?",
            "`companies` has no field `no`",
            "the database has no table or view `orders`",
        ]
    );
}
