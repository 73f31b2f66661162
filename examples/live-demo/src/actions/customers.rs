//! The actions of customers: a form with an HTML answer, and a file. "Send invoice" is in `send_invoice.rs`.

use forest_actions::prelude::*;

use super::ledger::{Entry, emit};
use crate::database::{Database, OPERATOR_ID};
use crate::html::escape;
use crate::invoice::{Invoice, Item};
use crate::money::Cents;

/// Charge limit of the demo cards; the bank declines larger amounts.
const CARD_LIMIT: Cents = Cents(500_000);

/// The help texts of the fields are their doc comments; `min` is checked by the server, the widget's by the browser.
#[derive(ActionForm)]
struct ChargeCreditCard {
    /// The amount (USD) to charge the credit card. Example: 42.50
    #[field(min = 0.5, widget = currency_input(currency = "USD", min = 0.5, step = 0.01))]
    amount: Cents,
    /// Explain the reason why you want to charge manually the customer here
    #[field(max_length = 200, widget = text_area(rows = 4))]
    description: String,
    /// The customer at the payment provider
    stripe_id: Option<String>,
}

/// Shows whose card will be charged.
async fn show_stripe_id(
    mut form: FormState<ChargeCreditCard>,
    id: RecordId<i64>,
    db: web::Data<Database>,
) -> HookResult<ChargeCreditCard> {
    let stripe_id: Option<String> = sqlx::query_scalar("SELECT stripe_id FROM customers WHERE id = $1")
        .bind(*id)
        .fetch_optional(db.pool())
        .await?;
    let stripe_id = stripe_id.ok_or_else(|| no_customer(*id))?;
    form.field("stripe_id").set_value(stripe_id).set_read_only(true);
    Ok(form)
}

#[smart_action(collection = "customers", name = "Charge credit card", kind = "single", load = show_stripe_id)]
async fn charge_credit_card(id: RecordId<i64>, form: Form<ChargeCreditCard>, db: web::Data<Database>) -> ActionResult {
    let reason = form.description.trim();
    if reason.is_empty() {
        return Err(failure("Say why the card is charged."));
    }
    let (company, stripe_id, brand, last4): (i64, String, String, String) =
        sqlx::query_as("SELECT company_id, stripe_id, card_brand, card_last4 FROM customers WHERE id = $1")
            .bind(*id)
            .fetch_optional(db.pool())
            .await?
            .ok_or_else(|| no_customer(*id))?;
    // read-only fields are not enforced by the browser, and may be outdated
    if form.stripe_id.as_ref().is_some_and(|shown| *shown != stripe_id) {
        return Err(ActionError::conflict(
            "This is not the customer's Stripe id any more: open the form again.",
        ));
    }
    let card = format!("{} •••• {}", escape(&brand), escape(&last4));
    let amount = form.amount.shown();
    if form.amount > CARD_LIMIT {
        return Err(
            failure(format!("The card was declined: {amount} is above its limit.")).html(format!(
                "<p class=\"c-clr-1-4 l-mt l-mb\">{amount} USD could not be charged.</p>{}{}",
                shown("Credit card", &card),
                shown(
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
        note: reason,
    };
    let reference = emit(&db, entry).await?;
    Ok(html(format!(
        "<p class=\"c-clr-1-4 l-mt l-mb\">{amount} USD has been successfully charged.</p>{}{}{}",
        shown("Credit card", &card),
        shown("Reason", &escape(reason)),
        shown("Transaction", &escape(&reference))
    )))
}

/// A label over a value, which must be escaped already.
pub(super) fn shown(label: &str, value: &str) -> String {
    format!("<strong class=\"c-form__label--read c-clr-1-2\">{label}</strong><p class=\"c-clr-1-4 l-mb\">{value}</p>")
}

#[smart_action(collection = "customers", name = "Generate invoice", kind = "single")]
async fn generate_invoice(id: RecordId<i64>, db: web::Data<Database>) -> ActionResult<Download> {
    let (customer, email, company, city, today): (String, String, String, String, String) = sqlx::query_as(
        "SELECT customers.firstname || ' ' || customers.lastname, customers.email, companies.name, \
         companies.headquarters, CAST(CURRENT_DATE AS text) \
         FROM customers JOIN companies ON companies.id = customers.company_id WHERE customers.id = $1",
    )
    .bind(*id)
    .fetch_optional(db.pool())
    .await?
    .ok_or_else(|| no_customer(*id))?;
    let (seller, seller_city): (String, String) =
        sqlx::query_as("SELECT name, headquarters FROM companies WHERE id = $1")
            .bind(OPERATOR_ID)
            .fetch_one(db.pool())
            .await?;
    // of a moment, both engines write the day first
    let rows: Vec<(String, String, String, i64)> = sqlx::query_as(
        "SELECT substr(CAST(emitted_at AS text), 1, 10), reference, note, amount_cents FROM transactions \
         WHERE customer_id = $1 ORDER BY emitted_at, id",
    )
    .bind(*id)
    .fetch_all(db.pool())
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

pub(super) fn no_customer(id: i64) -> ActionError {
    ActionError::not_found(format!("There is no customer {id}."))
}

#[cfg(test)]
mod tests {
    use forest_actions::ErrorKind;

    use super::*;
    use crate::database::testing::fresh;

    #[actix_web::test]
    async fn every_customer_gets_an_invoice() {
        let db = web::Data::new(fresh().await);
        for id in [1, 45, 90] {
            let download = generate_invoice(RecordId(id), db.clone()).await.unwrap();
            assert!(format!("{download:?}").contains(&format!("invoice-{id}.pdf")));
        }
        let missing = generate_invoice(RecordId(9999), db.clone()).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
        sqlx::query("DELETE FROM transactions WHERE customer_id = 1")
            .execute(db.pool())
            .await
            .unwrap();
        let nothing = generate_invoice(RecordId(1), db).await.unwrap_err();
        assert_eq!(nothing.kind(), ErrorKind::BadRequest);
    }

    #[actix_web::test]
    async fn a_card_is_charged_only_for_the_customer_shown_in_the_form() {
        let db = web::Data::new(fresh().await);
        let charge = |stripe_id: Option<&str>| {
            Form(ChargeCreditCard {
                amount: Cents(4200),
                description: " Late fee ".to_owned(),
                stripe_id: stripe_id.map(str::to_owned),
            })
        };
        let other = charge_credit_card(RecordId(3), charge(Some("cus_other")), db.clone()).await;
        assert_eq!(other.unwrap_err().kind(), ErrorKind::Conflict);
        assert!(charge_credit_card(RecordId(3), charge(None), db.clone()).await.is_ok());
        let notes: Vec<String> =
            sqlx::query_scalar("SELECT note FROM transactions WHERE customer_id = 3 AND note LIKE '%Late fee%'")
                .fetch_all(db.pool())
                .await
                .unwrap();
        assert_eq!(notes, ["Late fee"]);
    }
}
