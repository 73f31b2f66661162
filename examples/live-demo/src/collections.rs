//! The five collections in the back office.
//!
//! Fields, keys and relations are read from the database. This file adds the values of enumerations on SQLite, the
//! names of relations, the hidden fields and the grouping of records by name.

use anyhow::Context as _;
use forest_actions::records::{Filter, Operator, SqlRecords};

use crate::database::Engine;

/// The collections, and the records in them.
///
/// # Errors
/// When the tables cannot be read.
pub(crate) async fn records(engine: &Engine) -> anyhow::Result<SqlRecords> {
    let records = match engine {
        Engine::Sqlite(pool) => SqlRecords::sqlite(pool.clone()).await,
        Engine::Postgres { pool, schema } => SqlRecords::postgres_schema(pool.clone(), schema).await,
    };
    Ok(corrected(records.context("cannot read the tables of the database")?))
}

fn corrected(records: SqlRecords) -> SqlRecords {
    records
        .collection("companies", |companies| {
            companies
                .enum_values("status", ["signed_up", "pending", "live", "rejected"])
                .read_only_field("balance_cents")
                // two foreign keys lead here, so the names that follow from them are long
                .rename_relation(
                    "transactions_through_companies_emitter_company_id",
                    "emitted_transactions",
                )
                .rename_relation(
                    "transactions_through_companies_beneficiary_company_id",
                    "received_transactions",
                )
                .segment("Live", Filter::leaf("status", Operator::Equal, "live"))
                .segment("Waiting for review", Filter::leaf("status", Operator::Equal, "pending"))
        })
        .collection("users", |users| users.read_only_field("must_change_password"))
        .collection("transactions", |transactions| {
            transactions
                .read_only_field("reference")
                .read_only_field("refunded_at")
                .rename_relation("emitter_company", "emitter")
                .rename_relation("beneficiary_company", "beneficiary")
        })
        .collection("documents", |documents| documents.hide("content").read_only())
}

#[cfg(test)]
mod tests {
    use forest_actions::Forest;
    use forest_actions::schema::{Collection, CollectionField, Schema};

    use super::*;
    use crate::database::testing::fresh;
    use crate::database::without_rows;

    async fn schema_of(engine: &Engine) -> Schema {
        let agent = Forest::builder().actions([]);
        agent.records(records(engine).await.unwrap()).schema().unwrap()
    }

    fn names(collection: &Collection) -> Vec<&str> {
        collection.fields().iter().map(|field| field.name()).collect()
    }

    #[actix_web::test]
    async fn fields_and_relations_have_stable_names_and_file_columns_are_hidden() {
        let schema = schema_of(&without_rows().await.unwrap()).await;
        let expected: [(&str, &[&str]); 5] = [
            (
                "companies",
                &[
                    "id",
                    "name",
                    "industry",
                    "headquarters",
                    "status",
                    "balance_cents",
                    "tracking_number",
                    "created_at",
                    "users",
                    "customers",
                    "documents",
                    "emitted_transactions",
                    "received_transactions",
                ],
            ),
            (
                "users",
                &[
                    "id",
                    "company",
                    "firstname",
                    "lastname",
                    "email",
                    "must_change_password",
                    "created_at",
                ],
            ),
            (
                "customers",
                &[
                    "id",
                    "company",
                    "firstname",
                    "lastname",
                    "email",
                    "stripe_id",
                    "card_brand",
                    "card_last4",
                    "invoice_sent_at",
                    "reminded_at",
                    "created_at",
                    "transactions",
                ],
            ),
            (
                "transactions",
                &[
                    "id",
                    "reference",
                    "emitter",
                    "beneficiary",
                    "customer",
                    "amount_cents",
                    "note",
                    "emitted_at",
                    "refunded_at",
                ],
            ),
            (
                "documents",
                &[
                    "id",
                    "company",
                    "kind",
                    "file_name",
                    "media_type",
                    "uploaded_by",
                    "uploaded_at",
                ],
            ),
        ];
        assert_eq!(schema.collections().len(), expected.len());
        for (name, fields) in expected {
            let collection = schema.find_collection(name).unwrap();
            let (mut found, mut fields) = (names(collection), fields.to_vec());
            found.sort_unstable();
            fields.sort_unstable();
            assert_eq!(found, fields, "{name}");
        }
    }

    #[actix_web::test]
    async fn every_relation_has_an_inverse() {
        let schema = schema_of(&without_rows().await.unwrap()).await;
        let mut relations = 0;
        for collection in schema.collections() {
            for field in collection.fields() {
                let Some(reference) = field.reference() else { continue };
                relations += 1;
                let target = schema.find_collection(reference.strip_suffix(".id").unwrap()).unwrap();
                let is_back = |other: &&CollectionField| Some(other.name()) == field.inverse_of();
                let back = target.fields().iter().find(is_back).unwrap();
                let (collection, field) = (collection.name(), field.name());
                assert_eq!(back.inverse_of(), Some(field), "{collection}.{field}");
                assert_eq!(back.reference(), Some(&*format!("{collection}.id")));
            }
        }
        assert_eq!(relations, 12);
    }

    /// Tests run on both engines, so this compares each with the tables from which the schema is exported.
    #[actix_web::test]
    async fn the_schema_does_not_depend_on_engine_or_rows() {
        let exported = schema_of(&without_rows().await.unwrap()).await;
        let served = schema_of(fresh().await.engine()).await;
        for (exported, served) in exported.collections().iter().zip(served.collections()) {
            assert_eq!(exported, served);
        }
        assert_eq!(exported.to_file_text(), served.to_file_text());
    }
}
