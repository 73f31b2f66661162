//! The actions of customers: an HTML answer, a file, and a plain success.

use forest_actions::prelude::*;
use forest_actions::schema::FieldType;
use forest_actions::{ActionForm, FormField};
use sqlx::SqlitePool;

use super::fields::text;
use super::ledger::{Entry, emit};
use crate::database::OPERATOR_ID;
use crate::html::escape;
use crate::invoice::{Invoice, Item};
use crate::money::Cents;

/// What the payment provider takes at least.
const SMALLEST_CHARGE: Cents = Cents(50);

/// What the cards of the demo are good for: above it the bank declines.
const CARD_LIMIT: Cents = Cents(500_000);

/// The form of "Charge credit card", read.
struct ChargeCreditCard {
    amount: Cents,
    description: String,
}

impl ActionForm for ChargeCreditCard {
    fn fields() -> Vec<FormField> {
        vec![
            FormField::new("amount", FieldType::Number)
                .required(true)
                .description("The amount (USD) to charge the credit card. Example: 42.50"),
            FormField::new("description", FieldType::String)
                .required(true)
                .description("Explain the reason why you want to charge manually the customer here"),
        ]
    }
}

impl ChargeCreditCard {
    fn read(values: &Values) -> ActionResult<Self> {
        let form = Self {
            amount: Cents::required(values, "amount")?,
            description: text(values, "description", 200)?,
        };
        if form.amount < SMALLEST_CHARGE {
            return Err(failure(format!("A charge is at least {}.", SMALLEST_CHARGE.shown())));
        }
        Ok(form)
    }
}

#[smart_action(collection = "customers", name = "Charge credit card", kind = "single", form = ChargeCreditCard)]
async fn charge_credit_card(id: RecordId<i64>, values: Values, db: web::Data<SqlitePool>) -> ActionResult {
    let form = ChargeCreditCard::read(&values)?;
    let (company, brand, last4): (i64, String, String) =
        sqlx::query_as("SELECT company_id, card_brand, card_last4 FROM customers WHERE id = ?")
            .bind(*id)
            .fetch_optional(db.get_ref())
            .await?
            .ok_or_else(|| no_customer(*id))?;
    let card = format!("{} •••• {}", escape(&brand), escape(&last4));
    let amount = form.amount.shown();
    if form.amount > CARD_LIMIT {
        return Err(
            failure(format!("The card was declined: {amount} is above its limit.")).html(format!(
                "<p class=\"c-clr-1-4 l-mt l-mb\">{amount} USD could not be charged.</p>{}{}",
                row("Credit card", &card),
                row(
                    "Declined because",
                    &format!("the limit of this card is {}", CARD_LIMIT.shown())
                )
            )),
        );
    }
    let entry = Entry {
        emitter: company,
        beneficiary: OPERATOR_ID,
        customer: Some(*id),
        amount: form.amount,
        note: &form.description,
    };
    let reference = emit(&db, entry).await?;
    Ok(html(format!(
        "<p class=\"c-clr-1-4 l-mt l-mb\">{amount} USD has been successfully charged.</p>{}{}{}",
        row("Credit card", &card),
        row("Reason", &escape(&form.description)),
        row("Transaction", &escape(&reference))
    )))
}

/// A label over a value, which must be escaped already.
fn row(label: &str, value: &str) -> String {
    format!("<strong class=\"c-form__label--read c-clr-1-2\">{label}</strong><p class=\"c-clr-1-4 l-mb\">{value}</p>")
}

#[smart_action(collection = "customers", name = "Generate invoice", kind = "single")]
async fn generate_invoice(id: RecordId<i64>, db: web::Data<SqlitePool>) -> ActionResult<Download> {
    let (customer, email, company, city, today): (String, String, String, String, String) = sqlx::query_as(
        "SELECT customers.firstname || ' ' || customers.lastname, customers.email, companies.name, \
         companies.headquarters, date('now') \
         FROM customers JOIN companies ON companies.id = customers.company_id WHERE customers.id = ?",
    )
    .bind(*id)
    .fetch_optional(db.get_ref())
    .await?
    .ok_or_else(|| no_customer(*id))?;
    let (seller, seller_city): (String, String) =
        sqlx::query_as("SELECT name, headquarters FROM companies WHERE id = ?")
            .bind(OPERATOR_ID)
            .fetch_one(db.get_ref())
            .await?;
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT substr(emitted_at, 1, 10), reference, note, amount_cents FROM transactions WHERE customer_id = ? \
         ORDER BY emitted_at, id",
    )
    .bind(*id)
    .fetch_all(db.get_ref())
    .await?;
    if rows.is_empty() {
        return Err(failure(
            "There is nothing to invoice: this customer has no transactions.",
        ));
    }
    let items = rows.into_iter().map(|(date, reference, description, cents)| Item {
        date,
        reference,
        description,
        amount: Cents(cents),
    });
    let invoice = Invoice {
        number: format!("INV-{:05}-{}", *id, today.replace('-', "")),
        date: today,
        seller: vec![seller, seller_city],
        buyer: vec![customer, company, city, email],
        items: items.collect(),
    };
    Ok(Download::new(format!("invoice-{}.pdf", *id), invoice.to_pdf()))
}

#[smart_action(collection = "customers", name = "Send invoice", kind = "single")]
async fn send_invoice(id: RecordId<i64>, db: web::Data<SqlitePool>) -> ActionResult {
    // no mail leaves the demo: the row remembers that it would have
    let email: Option<String> = sqlx::query_scalar(
        "UPDATE customers SET invoice_sent_at = strftime('%Y-%m-%dT%H:%M:%SZ', 'now') WHERE id = ? RETURNING email",
    )
    .bind(*id)
    .fetch_optional(db.get_ref())
    .await?;
    let email = email.ok_or_else(|| no_customer(*id))?;
    Ok(success(format!("Invoice sent to {email}.")))
}

fn no_customer(id: i64) -> ActionError {
    ActionError::not_found(format!("There is no customer {id}."))
}

#[cfg(test)]
mod tests {
    use forest_actions::ErrorKind;

    use super::*;
    use crate::database::in_memory;

    #[actix_web::test]
    async fn every_customer_gets_an_invoice() {
        let db = web::Data::new(in_memory().await);
        for id in [1, 45, 90] {
            let download = generate_invoice(RecordId(id), db.clone()).await.unwrap();
            assert!(format!("{download:?}").contains(&format!("invoice-{id}.pdf")));
        }
        let missing = generate_invoice(RecordId(9999), db.clone()).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        sqlx::query("DELETE FROM transactions WHERE customer_id = 1")
            .execute(db.get_ref())
            .await
            .unwrap();
        let nothing = generate_invoice(RecordId(1), db).await.unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::BadRequest);
    }

    #[actix_web::test]
    async fn sending_an_invoice_is_remembered() {
        let db = web::Data::new(in_memory().await);
        assert!(send_invoice(RecordId(3), db.clone()).await.is_ok());
        let sent: Option<String> = sqlx::query_scalar("SELECT invoice_sent_at FROM customers WHERE id = 3")
            .fetch_one(db.get_ref())
            .await
            .unwrap();
        assert!(sent.is_some_and(|moment| moment.ends_with('Z')));
        assert_eq!(
            send_invoice(RecordId(9999), db).await.unwrap_err().kind(),
            ErrorKind::NotFound
        );
    }
}
