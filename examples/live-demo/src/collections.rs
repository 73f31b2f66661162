//! The five collections as the back office sees them: fields, relations, segments.
//!
//! Written by hand, because this version cannot read them from the database. The names are those of `schema.sql`;
//! a foreign key appears as the relation that it makes.

use forest_actions::schema::{Collection, CollectionField, FieldType, Relationship};

/// All of them.
pub(crate) fn all() -> [Collection; 5] {
    [companies(), users(), customers(), transactions(), documents()]
}

fn companies() -> Collection {
    Collection::new("companies")
        .field(id())
        .field(text("name").required(true))
        .field(text("industry"))
        .field(text("headquarters"))
        .field(
            CollectionField::new("status", FieldType::Enum)
                .enums(["signed_up", "pending", "live", "rejected"])
                .default_value("signed_up")
                .required(true),
        )
        .field(number("balance_cents").read_only(true))
        .field(text("tracking_number").read_only(true))
        .field(date("created_at"))
        .field(has_many("users", "users.id", "company"))
        .field(has_many("customers", "customers.id", "company"))
        .field(has_many("documents", "documents.id", "company"))
        .field(has_many("emitted_transactions", "transactions.id", "emitter"))
        .field(has_many("received_transactions", "transactions.id", "beneficiary"))
        .segment("Live")
        .segment("Waiting for review")
}

fn users() -> Collection {
    Collection::new("users")
        .field(id())
        .field(belongs_to("company", "companies.id", "users"))
        .field(text("firstname"))
        .field(text("lastname"))
        .field(text("email").required(true))
        .field(CollectionField::new("must_change_password", FieldType::Boolean).read_only(true))
        .field(date("created_at"))
}

fn customers() -> Collection {
    Collection::new("customers")
        .field(id())
        .field(belongs_to("company", "companies.id", "customers"))
        .field(text("firstname"))
        .field(text("lastname"))
        .field(text("email").required(true))
        .field(text("stripe_id").read_only(true))
        .field(text("card_brand").read_only(true))
        .field(text("card_last4").read_only(true))
        .field(date("invoice_sent_at").read_only(true))
        .field(date("created_at"))
        .field(has_many("transactions", "transactions.id", "customer"))
}

fn transactions() -> Collection {
    Collection::new("transactions")
        .field(id())
        .field(text("reference").read_only(true))
        .field(belongs_to("emitter", "companies.id", "emitted_transactions"))
        .field(belongs_to("beneficiary", "companies.id", "received_transactions"))
        .field(belongs_to("customer", "customers.id", "transactions"))
        .field(number("amount_cents").required(true))
        .field(text("note"))
        .field(date("emitted_at"))
}

fn documents() -> Collection {
    Collection::new("documents")
        .field(id())
        .field(belongs_to("company", "companies.id", "documents"))
        .field(text("kind"))
        .field(text("file_name"))
        .field(text("media_type"))
        .field(text("uploaded_by"))
        .field(date("uploaded_at"))
        .read_only(true)
}

fn id() -> CollectionField {
    number("id").primary_key()
}

fn text(name: &str) -> CollectionField {
    CollectionField::new(name, FieldType::String)
}

fn number(name: &str) -> CollectionField {
    CollectionField::new(name, FieldType::Number)
}

fn date(name: &str) -> CollectionField {
    CollectionField::new(name, FieldType::Date)
}

fn belongs_to(name: &str, reference: &str, inverse: &str) -> CollectionField {
    number(name)
        .reference(reference, Relationship::BelongsTo)
        .inverse_of(inverse)
}

/// A list of records can be neither filtered nor sorted by.
fn has_many(name: &str, reference: &str, inverse: &str) -> CollectionField {
    CollectionField::new(name, FieldType::list(FieldType::Number))
        .reference(reference, Relationship::HasMany)
        .inverse_of(inverse)
        .filterable(false)
        .sortable(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_relation_leads_to_a_relation_that_leads_back() {
        let collections = all();
        let mut relations = 0;
        for collection in &collections {
            for field in collection.fields.iter().filter(|field| field.reference.is_some()) {
                relations += 1;
                let target = field
                    .reference
                    .as_deref()
                    .and_then(|reference| reference.strip_suffix(".id"))
                    .unwrap();
                let target = collections.iter().find(|other| other.name == target).unwrap();
                let back = target
                    .fields
                    .iter()
                    .find(|other| Some(&other.field) == field.inverse_of.as_ref())
                    .unwrap();
                assert_eq!(
                    back.inverse_of.as_ref(),
                    Some(&field.field),
                    "{}.{}",
                    collection.name,
                    field.field
                );
                assert_eq!(back.reference, Some(format!("{}.id", collection.name)));
            }
        }
        assert_eq!(relations, 12);
    }

    #[actix_web::test]
    async fn every_plain_field_is_a_column() {
        let db = crate::database::in_memory().await;
        for collection in all() {
            let columns: Vec<String> = sqlx::query_scalar("SELECT name FROM pragma_table_info(?)")
                .bind(&collection.name)
                .fetch_all(&db)
                .await
                .unwrap();
            for field in collection.fields.iter().filter(|field| field.reference.is_none()) {
                assert!(columns.contains(&field.field), "{}.{}", collection.name, field.field);
            }
        }
    }
}
