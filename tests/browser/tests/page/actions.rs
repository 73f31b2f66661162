//! The actions of the stage. Each keeps what it got, for the test to look at.

use chrono::{NaiveDate, NaiveTime};
use forest_actions::ActionDescriptor;
use forest_actions::form::widgets::{dropdown, labelled};
use forest_actions::prelude::*;
use serde_json::{Value, json};

use crate::stage::Seen;

#[derive(ActionEnum)]
pub(crate) enum Size {
    Small,
    Large,
}

/// A field for each widget.
#[derive(ActionForm)]
struct Catalogue {
    #[field(widget = text_input(placeholder = "As on the invoice"), min_length = 3)]
    name: String,
    #[field(widget = text_area(rows = 4))]
    note: Option<String>,
    #[field(widget = rich_text)]
    letter: Option<String>,
    #[field(widget = number_input(min = 1.0, step = 0.5), min = 1)]
    hours: f64,
    #[field(widget = currency_input(currency = "EUR", cents))]
    price: i64,
    #[field(widget = checkbox)]
    urgent: Option<bool>,
    #[field(widget = dropdown(searchable, options = [labelled("One week", 7), labelled("One month", 30)]))]
    days: u16,
    #[field(widget = radio_group(options = ["Small", "Large"]))]
    size: Size,
    #[field(widget = checkbox_group(options = ["new", "heavy", "red"]))]
    tags: Vec<String>,
    #[field(widget = text_input_list(allow_duplicates = true, enable_reorder = true))]
    lines: Vec<String>,
    #[field(widget = number_input_list(min = 0.0))]
    marks: Vec<f64>,
    #[field(widget = date_picker(format = "DD/MM/YYYY", min_date = NaiveDate::from_ymd_opt(2024, 1, 1).unwrap_or_default()))]
    day: Option<NaiveDate>,
    #[field(widget = time_picker)]
    time: Option<NaiveTime>,
    #[field(widget = color_picker(enable_opacity = true, quick_palette = ["#ff0000", "#00ff00"]))]
    color: Option<String>,
    #[field(widget = file_picker(extensions = ["txt"], max_size_mb = 5, max_count = 3))]
    papers: Vec<FormFile>,
    #[field(widget = json_editor)]
    details: Option<Value>,
    #[field(widget = address_autocomplete(placeholder = "Street, town"))]
    address: Option<String>,
    #[field(label = "assigned to", widget = user_dropdown)]
    assignee: Option<String>,
    #[field(reference = "companies.id", widget = belongs_to_dropdown)]
    company: Option<i64>,
    #[field(label = "other company", reference = "companies.id", widget = belongs_to_typeahead)]
    other: Option<i64>,
}

#[smart_action(
    collection = "companies",
    name = "Every widget",
    kind = "global",
    submit_button_label = "Keep"
)]
async fn every_widget(form: Form<Catalogue>, seen: web::Data<Seen>) -> &'static str {
    let form = form.0;
    seen.keep(json!({
        "name": form.name, "note": form.note, "letter": form.letter, "hours": form.hours, "price": form.price,
        "urgent": form.urgent, "days": form.days, "size": form.size.text(), "tags": form.tags, "lines": form.lines,
        "marks": form.marks, "day": form.day.map(|day| day.to_string()), "time": form.time.map(|time| time.to_string()),
        "color": form.color, "papers": form.papers.iter().map(|file| (file.name(), file.size())).collect::<Vec<_>>(),
        "details": form.details, "address": form.address, "assignee": form.assignee, "company": form.company,
        "other": form.other,
    }));
    "Kept"
}

#[derive(ActionForm)]
struct Large {
    #[field(max_size = "20 MB")]
    film: FormFile,
}

#[smart_action(collection = "companies", name = "Take a film", kind = "single")]
async fn take_a_film(form: Form<Large>, seen: web::Data<Seen>) -> &'static str {
    let bytes = form.film.bytes();
    let sum = bytes
        .iter()
        .fold(0_u64, |sum, byte| sum.wrapping_mul(31).wrapping_add(u64::from(*byte)));
    seen.keep(json!({"name": form.film.name(), "size": bytes.len(), "sum": sum}));
    "Taken"
}

#[derive(ActionForm)]
struct Asked {
    #[field(widget = dropdown(dynamic_search), search = find_word)]
    word: String,
    #[field(change = shouted)]
    loud: Option<bool>,
    told: Option<String>,
}

async fn find_word(mut form: FormState) -> HookResult {
    let text = form.search().map(|(_, text)| text.to_owned()).unwrap_or_default();
    let words = ["one", "two", "three", "four"]
        .into_iter()
        .filter(|word| word.contains(&text));
    let options: Vec<_> = words.map(|word| labelled(word.to_uppercase(), word)).collect();
    form.field("word")
        .set_widget(dropdown().dynamic_search().options(options));
    Ok(form)
}

/// A hook that changes what the form consists of.
async fn shouted(mut form: FormState) -> HookResult {
    let is_loud: Option<bool> = form.value("loud");
    let is_loud = is_loud == Some(true);
    form.field("told")
        .set_read_only(is_loud)
        .set_value(if is_loud { "LOUD" } else { "quiet" });
    Ok(form)
}

#[smart_action(collection = "companies", name = "Ask", kind = "bulk")]
async fn ask(form: Form<Asked>, ids: RecordIds<i64>, seen: web::Data<Seen>) -> &'static str {
    let ids = ids.into_inner();
    seen.keep(json!({"word": form.word, "loud": form.loud, "told": form.told, "ids": ids}));
    "Asked"
}

#[smart_action(collection = "companies", name = "Nothing to say", kind = "single")]
async fn nothing_to_say() {}

#[smart_action(collection = "companies", name = "Only HTML", kind = "single")]
async fn only_html() -> ActionResult {
    Ok(html("<p>Look here</p>"))
}

#[smart_action(collection = "companies", name = "Hostile HTML", kind = "single")]
async fn hostile_html() -> ActionResult {
    Ok(success("Shown").html(
        "<h2 id=title>Result</h2><script>parent.hacked = 1; window.top.hacked = 1</script><img src=x onerror=\"parent.hacked=1\">\
         <form action=https://evil.example><button>Send</button></form><a id=out href=\"javascript:parent.hacked=1\">out</a>",
    ))
}

#[smart_action(collection = "companies", name = "Fail", kind = "single")]
async fn fail() -> ActionResult {
    Err(failure("<b>It</b> cannot be done\u{202e}").html("<p>The long reason</p>"))
}

#[smart_action(collection = "companies", name = "Conflict", kind = "single")]
async fn conflict() -> ActionResult {
    Err(ActionError::conflict("Somebody was faster"))
}

#[smart_action(collection = "companies", name = "Break", kind = "single")]
async fn broken() -> ActionResult {
    let number: i64 = "not a number".parse()?;
    Ok(success(number.to_string()))
}

#[smart_action(collection = "companies", name = "Panic", kind = "single")]
async fn panicking(id: RecordId<i64>) -> ActionResult {
    assert!(*id > 1_000_000, "the handler panicked on purpose");
    Ok(success("not reached"))
}

#[smart_action(collection = "companies", name = "Call the hook", kind = "single")]
async fn call_the_hook(id: RecordId<i64>, seen: web::Data<Seen>) -> ActionResult {
    let url = seen.webhook_url.lock().unwrap().clone();
    let call = Webhook::post(url)
        .header("x-team", "operations")
        .json(&json!({"company": *id}));
    Ok(success("Called").webhook(call))
}

#[smart_action(collection = "companies", name = "Go to a record", kind = "single")]
async fn go_to_a_record() -> ActionResult {
    Ok(success("Gone").redirect_to("/project/environment/team/data/companies/index/record/companies/5/summary"))
}

#[derive(ActionForm)]
struct Told {
    told: Option<String>,
}

#[smart_action(collection = "companies", name = "Lead on from a form", kind = "single")]
async fn lead_on_from_a_form(form: Form<Told>, seen: web::Data<Seen>) -> ActionResult {
    seen.keep(json!({"told": form.told}));
    Ok(success("Gone").redirect_to("/project/environment/team/data/companies/index/record/companies/5/summary"))
}

#[smart_action(collection = "companies", name = "Go to a dashboard", kind = "single")]
async fn go_to_a_dashboard() -> ActionResult {
    Ok(success("Gone").redirect_to("/project/environment/team/dashboard"))
}

#[smart_action(collection = "companies", name = "Download", kind = "single")]
async fn download() -> ActionResult<Download> {
    Ok(Download::new("Übersicht \"1\".txt", "content").media_type("text/plain"))
}

/// All of them.
pub(crate) fn all() -> Vec<&'static ActionDescriptor> {
    actions![
        every_widget,
        take_a_film,
        ask,
        nothing_to_say,
        only_html,
        hostile_html,
        fail,
        conflict,
        broken,
        panicking,
        call_the_hook,
        go_to_a_record,
        lead_on_from_a_form,
        go_to_a_dashboard,
        download
    ]
    .to_vec()
}
