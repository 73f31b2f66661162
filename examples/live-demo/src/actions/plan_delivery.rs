//! "Plan a delivery": a field of every kind that the other forms lack, and one that searches while the user types.

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use forest_actions::form::layout::{self, Layout, input, page, row, separator};
use forest_actions::form::widgets::{dropdown, labelled};
use forest_actions::prelude::*;
use serde_json::Value;

use super::customers::{no_customer, shown};
use crate::database::Database;
use crate::html::escape;
use crate::places;

#[derive(ActionEnum)]
enum Speed {
    Standard,
    Express,
    #[option("Same day")]
    SameDay,
}

#[derive(ActionEnum)]
enum Handling {
    Fragile,
    Cold,
    Heavy,
}

#[derive(ActionForm)]
#[form(layout = steps)]
struct Delivery {
    /// A part of its name finds it
    #[field(widget = dropdown(dynamic_search, placeholder = "Lyon"), search = find_city)]
    city: String,
    #[field(max_length = 120, widget = address_autocomplete(placeholder = "Street and number"))]
    street: Option<String>,
    #[field(label = "sent from", reference = "companies.id", widget = belongs_to_typeahead)]
    sender: Option<i64>,
    #[field(label = "contact", reference = "users.id", widget = belongs_to_dropdown)]
    contact: Option<i64>,
    #[field(widget = date_picker(format = "DD/MM/YYYY"))]
    day: NaiveDate,
    #[field(label = "not before", widget = time_picker)]
    not_before: Option<NaiveTime>,
    #[field(label = "ready since", widget = date_picker)]
    ready: Option<DateTime<Utc>>,
    /// Further attempts after a failed one
    #[field(label = "try again", max_count = 3)]
    attempts: Vec<DateTime<Utc>>,
    #[field(default = Speed::Standard, widget = radio_group(options = [
        labelled("in three days", "Standard"), labelled("tomorrow", "Express"), labelled("today", "Same day")
    ]))]
    speed: Speed,
    #[field(widget = checkbox_group(options = [
        labelled("with care", "Fragile"), labelled("keep cold", "Cold"), labelled("above 20 kg", "Heavy")
    ]))]
    handling: Vec<Handling>,
    #[field(min = 1, max = 50, default = 1, widget = number_input(min = 1.0, max = 50.0, step = 1.0))]
    parcels: u16,
    /// Of each parcel
    #[field(label = "weights in kg", min = 0.1, max_count = 50, widget = number_input_list(min = 0.1, step = 0.1))]
    weights: Vec<f64>,
    #[field(label = "insured for", default = 0, widget = dropdown(options = [
        labelled("nothing", 0), labelled("up to $500", 500), labelled("up to $5,000", 5_000)
    ]))]
    insured: u32,
    #[field(widget = checkbox)]
    signature: Option<bool>,
    #[field(
        label = "label color",
        pattern = "^#[0-9a-fA-F]{6}$",
        widget = color_picker(quick_palette = ["#ffd400", "#e4002b", "#00843d"])
    )]
    color: Option<String>,
    #[field(
        label = "tell by mail",
        max_count = 5,
        max_length = 254,
        widget = text_input_list(placeholder = "name@example.com", allow_duplicates = false)
    )]
    inform: Vec<String>,
    #[field(label = "handled by", widget = user_dropdown)]
    handler: Option<String>,
    #[field(label = "customs declaration", widget = json_editor)]
    customs: Option<Value>,
    #[field(max_count = 3, max_size = "2 MB", widget = file_picker(max_count = 3, max_size_mb = 2))]
    papers: Vec<FormFile>,
    #[field(label = "greeting card", max_length = 2_000, widget = rich_text)]
    card: Option<String>,
}

fn steps() -> Layout {
    Layout::from([
        page([
            layout::html("<h3>Where and when?</h3>"),
            row(["city", "street"]),
            row(["sent from", "contact"]),
            separator(),
            row(["day", "not before"]),
            row(["ready since", "try again"]),
        ])
        .next_button("The parcels"),
        page([
            row(["parcels", "weights in kg"]),
            row(["speed", "handling"]),
            row(["insured for", "signature"]),
            input("label color"),
        ])
        .next_button("The papers"),
        page([
            row(["tell by mail", "handled by"]),
            input("customs declaration"),
            input("papers"),
            input("greeting card"),
        ]),
    ])
}

async fn find_city(mut form: FormState<Delivery>) -> HookResult<Delivery> {
    let typed = form.search().map_or("", |(_, text)| text);
    let found =
        places::containing(typed).map(|place| labelled(format!("{}, {}", place.city, place.country), place.city));
    let found: Vec<_> = found.collect();
    form.field("city")
        .set_widget(dropdown().dynamic_search().options(found));
    Ok(form)
}

#[smart_action(
    collection = "customers",
    name = "Plan a delivery",
    kind = "single",
    description = "Shows every kind of field; no parcel leaves the demo",
    submit_button_label = "Plan"
)]
async fn plan_delivery(id: RecordId<i64>, form: Form<Delivery>, db: web::Data<Database>) -> ActionResult {
    let Some(place) = places::by_city(&form.city) else {
        return Err(failure(format!("No deliveries go to {}.", form.city)));
    };
    if !form.weights.is_empty() && form.weights.len() != usize::from(form.parcels) {
        return Err(failure("Give the weight of each parcel, or of none."));
    }
    let customer: Option<String> =
        sqlx::query_scalar("SELECT firstname || ' ' || lastname FROM customers WHERE id = $1")
            .bind(*id)
            .fetch_optional(db.pool())
            .await?;
    let customer = customer.ok_or_else(|| no_customer(*id))?;
    let handling: Vec<&str> = form.handling.iter().map(Handling::text).collect();
    let attempts: Vec<String> = form.attempts.iter().map(DateTime::to_rfc3339).collect();
    let papers: Vec<&str> = form.papers.iter().filter_map(FormFile::name).collect();
    let weight = match form.weights.iter().copied().reduce(|sum, weight| sum + weight) {
        Some(sum) => format!("{sum:.1} kg"),
        None => String::new(),
    };
    let signature = if form.signature == Some(true) { "needed" } else { "" };
    // null is JSON as well
    let customs = form.customs.as_ref().filter(|customs| !customs.is_null());
    let number = |id: Option<i64>| id.map(|id| id.to_string()).unwrap_or_default();
    let rows = [
        ("To", customer),
        ("Street", form.street.clone().unwrap_or_default()),
        ("Sent from company", number(form.sender)),
        ("Contact", number(form.contact)),
        (
            "Not before",
            form.not_before.map(|time| time.to_string()).unwrap_or_default(),
        ),
        (
            "Ready since",
            form.ready.map(|moment| moment.to_rfc3339()).unwrap_or_default(),
        ),
        ("Further attempts", attempts.join(", ")),
        ("Handling", handling.join(", ")),
        ("Weight", weight),
        ("Insured for", format!("${}", form.insured)),
        ("Signature", signature.to_owned()),
        ("Label", form.color.clone().unwrap_or_default()),
        ("Tell", form.inform.join(", ")),
        ("Handled by", form.handler.clone().unwrap_or_default()),
        ("Customs", customs.map(Value::to_string).unwrap_or_default()),
        ("Papers", papers.join(", ")),
        ("Card", form.card.clone().unwrap_or_default()),
    ];
    let rows = rows.iter().filter(|(_, value)| !value.is_empty());
    let rows: String = rows.map(|(label, value)| shown(label, &escape(value))).collect();
    let text = format!(
        "{} ×{} to {}, {}, on {}.",
        form.speed.text(),
        form.parcels,
        place.city,
        place.country,
        form.day
    );
    Ok(success(text).html(rows))
}
