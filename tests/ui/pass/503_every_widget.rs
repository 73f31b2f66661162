//! Every widget with all of its parameters, on every type that it can edit.

#![deny(warnings)]
#![allow(dead_code, reason = "only the declarations matter")]

use chrono::{DateTime, NaiveDate, NaiveTime, Utc};
use forest_actions::form::widgets::labelled;
use forest_actions::prelude::*;
use serde_json::Value;

#[derive(ActionEnum)]
enum Size {
    Small,
    Large,
}

const ROWS: u32 = 4;

#[derive(ActionForm)]
struct Everything {
    #[field(widget = dropdown(placeholder = "Which?", searchable, dynamic_search, options = [1, 2]))]
    a: i64,
    #[field(widget = dropdown(options = [labelled("Small", "s"), labelled("Large", "l")]))]
    b: String,
    #[field(widget = dropdown)]
    c: Size,
    #[field(widget = dropdown)]
    d: Vec<Size>,
    #[field(widget = dropdown)]
    e: Option<NaiveDate>,
    #[field(widget = dropdown)]
    f: Vec<f64>,
    #[field(widget = radio_group(options = ["a", "b"]))]
    g: String,
    #[field(widget = radio_group)]
    h: Size,
    #[field(widget = radio_group())]
    i: DateTime<Utc>,
    #[field(widget = checkbox_group(options = ["a", "b"]))]
    j: Vec<String>,
    #[field(widget = checkbox_group)]
    k: Vec<Size>,
    #[field(widget = checkbox)]
    l: bool,
    #[field(widget = text_input(placeholder = "…"))]
    m: String,
    #[field(widget = text_area(rows = ROWS, placeholder = format!("{ROWS} lines")))]
    n: Option<String>,
    #[field(widget = rich_text(placeholder = "…"))]
    o: String,
    #[field(widget = number_input(placeholder = "…", min = 0.0, max = 1.0, step = 0.1))]
    p: f64,
    #[field(widget = text_input_list(placeholder = "…", allow_duplicates = true, allow_empty_values = true, enable_reorder = false))]
    q: Vec<String>,
    #[field(widget = number_input_list(placeholder = "…", allow_duplicates = true, enable_reorder = false, min = 0.0, max = 1.0, step = 0.1))]
    r: Vec<f64>,
    #[field(widget = currency_input(placeholder = "…", min = 0.0, max = 1.0, step = 0.1, currency = "EUR", cents))]
    s: u32,
    #[field(widget = color_picker(placeholder = "…", enable_opacity = true, quick_palette = ["#ff0000", "#00ff00"]))]
    t: String,
    #[field(widget = date_picker(format = "DD/MM/YYYY", placeholder = "…", min_date = NaiveDate::MIN, max_date = NaiveDate::MAX))]
    u: NaiveDate,
    #[field(widget = date_picker)]
    v: DateTime<Utc>,
    #[field(widget = time_picker)]
    w: NaiveTime,
    #[field(widget = file_picker(extensions = ["pdf"], max_size_mb = 5, max_count = 1))]
    x: FormFile,
    #[field(widget = file_picker(extensions = ["pdf"], max_count = 3,))]
    y: Vec<FormFile>,
    #[field(widget = json_editor)]
    z: Value,
    #[field(widget = user_dropdown(placeholder = "Who?"))]
    aa: String,
    #[field(widget = address_autocomplete(placeholder = "Where?"))]
    bb: String,
    #[field(reference = "companies.id", widget = belongs_to_dropdown)]
    cc: i64,
    #[field(reference = "companies.id", widget = belongs_to_typeahead)]
    dd: String,
}

#[smart_action(collection = "orders")]
async fn everything(_form: Form<Everything>) {}

#[test]
fn compiles_and_is_declared() {
    let schema = Forest::builder().actions(actions![everything]).schema().unwrap();
    let action = schema.find_action("orders", "Everything").unwrap();
    assert_eq!(action.fields().len(), 30);
    assert!(
        action.has_load_hook(),
        "the file cannot say the parameters, so the UI asks for the form"
    );
}
