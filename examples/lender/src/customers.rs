//! Customers: a service outside, a page elsewhere, and a form that searches.

use forest_actions::form::widgets::dropdown;
use forest_actions::prelude::*;
use sqlx::{AnyPool, Row as _};

/// The credit bureau: an HTTP client in a real program.
pub(crate) struct Bureau;

pub(crate) enum BureauError {
    Unknown,
    Busy,
    Away(std::io::Error),
}

impl Bureau {
    async fn score(&self, email: &str) -> Result<u32, BureauError> {
        match email.split('@').next() {
            Some("nobody") => Err(BureauError::Unknown),
            Some("busy") => Err(BureauError::Busy),
            Some("away") => Err(BureauError::Away(std::io::ErrorKind::TimedOut.into())),
            _ => Ok(600 + email.len() as u32),
        }
    }
}

#[derive(serde::Deserialize)]
struct Customer {
    email: Option<String>,
}

/// 11. Each failure of the service has its own answer; the cause of the last is only logged.
#[smart_action(collection = "customers", name = "Credit check", kind = "single")]
async fn credit_check(customers: Records<Customer>, bureau: web::Data<Bureau>) -> ActionResult {
    use futures_util::TryStreamExt as _;
    let customer = customers
        .chunks(1)
        .try_next()
        .await?
        .and_then(|mut customers| customers.pop());
    let email = customer
        .and_then(|customer| customer.email)
        .ok_or_else(|| failure("The customer has no e-mail address."))?;
    match bureau.score(&email).await {
        Ok(score) => Ok(success(format!("The score is {score}"))),
        Err(BureauError::Unknown) => Err(failure("The bureau does not know this customer.")),
        Err(BureauError::Busy) => Err(ActionError::too_many_requests(
            "The bureau is busy. Try again in a minute.",
        )),
        Err(BureauError::Away(cause)) => Err(ActionError::unprocessable("The bureau does not answer.").because(cause)),
    }
}

/// 12. The browser opens a session on the site of customers, and goes there.
#[smart_action(collection = "customers", kind = "single")]
async fn impersonate(id: RecordId<i64>) -> ActionResult {
    let site = "https://customers.example.com";
    let webhook = Webhook::post(format!("{site}/sessions")).json(&serde_json::json!({"customer": *id}));
    Ok(success("Signing in").webhook(webhook).redirect_to(site))
}

const CITIES: [(&str, &[&str]); 3] = [
    ("DE", &["Berlin", "Bremen"]),
    ("FR", &["Lyon", "Paris"]),
    ("GB", &["Leeds", "London"]),
];

#[derive(ActionForm)]
#[form(labels = "sentence")]
struct Edit {
    name: String,
    email: Option<String>,
    #[field(change = country_changed, options = countries)]
    country: String,
    #[field(widget = dropdown(dynamic_search), search = find_cities)]
    city: String,
}

fn countries() -> Vec<&'static str> {
    CITIES.iter().map(|(country, _)| *country).collect()
}

async fn prefill(mut form: FormState<Edit>, id: RecordId<i64>, db: web::Data<AnyPool>) -> HookResult<Edit> {
    let select = sqlx::query("SELECT name, email, country, city FROM customers WHERE id = $1").bind(*id);
    let row = select.fetch_one(db.get_ref()).await?;
    form.fill(Edit {
        name: row.try_get(0)?,
        email: row.try_get(1)?,
        country: row.try_get(2)?,
        city: row.try_get(3)?,
    });
    Ok(form)
}

async fn country_changed(mut form: FormState<Edit>) -> HookResult<Edit> {
    form.field(Edit::CITY).clear_value();
    Ok(form)
}

async fn find_cities(mut form: FormState<Edit>) -> HookResult<Edit> {
    let country = form.entered(Edit::COUNTRY).unwrap_or_default();
    let typed = form.search().map(|(_, text)| text.to_lowercase()).unwrap_or_default();
    let known = CITIES
        .iter()
        .filter(|(of, _)| *of == country)
        .flat_map(|(_, cities)| *cities);
    let found: Vec<&str> = known
        .copied()
        .filter(|city| city.to_lowercase().contains(&typed))
        .collect();
    form.field(Edit::CITY)
        .set_widget(dropdown().dynamic_search().options(found));
    Ok(form)
}

/// 13. The form opens with the customer's values, and searches the cities of the country.
#[smart_action(collection = "customers", kind = "single", load = prefill)]
async fn edit(id: RecordId<i64>, Form(form): Form<Edit>, db: web::Data<AnyPool>) -> ActionResult {
    let update =
        sqlx::query("UPDATE customers SET name = $2, email = $3, country = $4, city = $5 WHERE id = $1").bind(*id);
    let update = update
        .bind(form.name)
        .bind(form.email)
        .bind(form.country)
        .bind(form.city);
    update.execute(db.get_ref()).await?;
    Ok(success("Saved"))
}
