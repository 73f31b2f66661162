//! "Send invoice": a form on two pages, filled in when it opens, with two fields that follow each other.
//!
//! Three functions are hooks: one runs when the form opens, two when a field changes. They only prefill the form; the
//! submitted values are parsed and validated again.

use forest_actions::form::layout::{self, Page, input, page, row, separator};
use forest_actions::prelude::*;

use super::customers::no_customer;
use crate::database::Database;
use crate::html::escape;
use crate::places;

/// To whom, and where to.
#[derive(ActionForm)]
struct SendInvoice {
    #[field(max_length = 80)]
    firstname: String,
    #[field(max_length = 80)]
    lastname: String,
    /// How the invoice addresses the customer; by first and last name when it is left out
    #[field(max_length = 80)]
    username: Option<String>,
    /// Where the mail goes
    #[field(max_length = 254, pattern = r"^[^@\s]+@[^@\s]+$")]
    email: String,
    // the options come from the load hook
    #[field(options)]
    country: String,
    /// Fills in the zip code
    #[field(max_length = 80, change = city_changed)]
    city: String,
    /// Fills in the city
    #[field(label = "zip code", max_length = 12, change = zip_code_changed)]
    zip_code: String,
}

/// Fills the form in with what the rows of the customer and of its company say.
async fn prefill(mut form: FormState<SendInvoice>, id: RecordId<i64>, db: web::Data<Database>) -> HookResult {
    let (firstname, lastname, email, city): (String, String, String, String) = sqlx::query_as(
        "SELECT customers.firstname, customers.lastname, customers.email, companies.headquarters \
         FROM customers JOIN companies ON companies.id = customers.company_id WHERE customers.id = $1",
    )
    .bind(*id)
    .fetch_optional(db.pool())
    .await?
    .ok_or_else(|| no_customer(*id))?;
    form.field("firstname").set_value(firstname);
    form.field("lastname").set_value(lastname);
    form.field("email").set_value(email);
    form.field("country").set_options(places::countries());
    if let Some(place) = places::by_city(&city) {
        form.field("country").set_value(place.country);
        form.field("zip code").set_value(place.zip_code);
    }
    form.field("city").set_value(city);
    Ok(on_two_pages(form))
}

/// A city that is known brings its zip code and country along; any other leaves them to the user.
async fn city_changed(mut form: FormState<SendInvoice>) -> HookResult {
    let city: Option<String> = form.value("city");
    if let Some(place) = city.as_deref().and_then(places::by_city) {
        form.field("zip code").set_value(place.zip_code);
        form.field("country").set_value(place.country);
    }
    Ok(on_two_pages(form))
}

/// The other way round.
async fn zip_code_changed(mut form: FormState<SendInvoice>) -> HookResult {
    let code: Option<String> = form.value("zip code");
    if let Some(place) = code.as_deref().and_then(places::by_zip_code) {
        form.field("city").set_value(place.city);
        form.field("country").set_value(place.country);
    }
    Ok(on_two_pages(form))
}

/// The browser remembers no arrangement, so every hook gives one.
fn on_two_pages(form: FormState<SendInvoice>) -> FormState {
    let firstname: String = form.value("firstname").unwrap_or_default();
    let lastname: String = form.value("lastname").unwrap_or_default();
    form.layout(pages(&firstname, &lastname))
}

fn pages(firstname: &str, lastname: &str) -> [Page; 2] {
    [
        page([
            layout::html(format!(
                "<h3>Invoice for {} {}</h3>",
                escape(firstname),
                escape(lastname)
            )),
            row(["firstname", "lastname"]),
            separator(),
            input("username"),
            input("email"),
        ])
        .next_button("Go to the address"),
        page([
            layout::html("<p>City and zip code follow each other.</p>"),
            row(["city", "zip code"]),
            input("country"),
        ])
        .previous_button("Back to the customer"),
    ]
}

#[smart_action(
    collection = "customers",
    name = "Send invoice",
    kind = "single",
    load = prefill,
    submit_button_label = "Send"
)]
async fn send_invoice(id: RecordId<i64>, form: Form<SendInvoice>, db: web::Data<Database>) -> ActionResult {
    // the load hook offers these countries, but a client may send any other
    if !places::countries().contains(&form.country.as_str()) {
        return Err(failure(format!("No invoices go to {}.", form.country)));
    }
    // no mail leaves the demo: the row remembers that it would have
    let changed = sqlx::query("UPDATE customers SET invoice_sent_at = CURRENT_TIMESTAMP WHERE id = $1")
        .bind(*id)
        .execute(db.pool())
        .await?
        .rows_affected();
    if changed == 0 {
        return Err(no_customer(*id));
    }
    let addressee = match form.username.as_deref().map(str::trim) {
        Some(username) if !username.is_empty() => username.to_owned(),
        _ => format!("{} {}", form.firstname, form.lastname),
    };
    let SendInvoice {
        email,
        country,
        city,
        zip_code,
        ..
    } = form.into_inner();
    Ok(success(format!(
        "Invoice sent to {email}: {addressee}, {zip_code} {city}, {country}."
    )))
}

#[cfg(test)]
mod tests {
    use forest_actions::ErrorKind;

    use super::*;
    use crate::database::testing::fresh;

    fn to(country: &str) -> Form<SendInvoice> {
        Form(SendInvoice {
            firstname: "Léa".to_owned(),
            lastname: "Dubois".to_owned(),
            username: None,
            email: "lea@example.com".to_owned(),
            country: country.to_owned(),
            city: "Lyon".to_owned(),
            zip_code: "69002".to_owned(),
        })
    }

    #[actix_web::test]
    async fn a_sent_invoice_is_recorded() {
        let db = web::Data::new(fresh().await);
        assert!(send_invoice(RecordId(3), to("France"), db.clone()).await.is_ok());
        let sent: Option<String> =
            sqlx::query_scalar("SELECT CAST(invoice_sent_at AS text) FROM customers WHERE id = 3")
                .fetch_one(db.pool())
                .await
                .unwrap();
        assert!(sent.is_some_and(|moment| moment.starts_with("20")));
        let missing = send_invoice(RecordId(9999), to("France"), db).await.unwrap_err();
        assert_eq!(missing.kind(), ErrorKind::NotFound);
    }

    #[actix_web::test]
    async fn a_country_outside_the_options_is_rejected_and_nothing_is_sent() {
        let db = web::Data::new(fresh().await);
        let refused = send_invoice(RecordId(3), to("Atlantis"), db.clone()).await.unwrap_err();
        assert_eq!(
            (refused.kind(), refused.message()),
            (ErrorKind::BadRequest, "No invoices go to Atlantis.")
        );
        let sent: Option<String> =
            sqlx::query_scalar("SELECT CAST(invoice_sent_at AS text) FROM customers WHERE id = 3")
                .fetch_one(db.pool())
                .await
                .unwrap();
        assert_eq!(sent, None);
    }
}
