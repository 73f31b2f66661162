//! Every key of `#[field(...)]` and `#[form(...)]`, and what the schema says of them.

#![deny(warnings)]
#![allow(dead_code, reason = "only the declarations matter")]

use forest_actions::form::layout::{Layout, input, page, row};
use forest_actions::prelude::*;
use forest_actions::schema::{ActionField, FieldType};
use serde_json::json;

const LIMIT: f64 = 500.0;
const LENGTH: usize = 80;

fn pages() -> Layout {
    Layout::from([
        page([row(["Amount", "reason"]), input("country"), input("city")]),
        page([input("customer"), input("proofs"), input("codes"), input("plain")]),
    ])
}

fn countries() -> Vec<String> {
    vec!["France".to_owned(), "Italy".to_owned()]
}

mod hooks {
    use forest_actions::prelude::*;

    pub async fn amount_changed(form: FormState, _caller: Caller) -> HookResult {
        Ok(form)
    }

    pub async fn cities(mut form: FormState<super::Refund>) -> HookResult<super::Refund> {
        let typed = form.search().map(|(_, text)| text.to_owned()).unwrap_or_default();
        form.field("city").set_options([typed]);
        Ok(form)
    }
}

#[derive(ActionForm)]
#[form(layout = pages, crate = forest_actions)]
struct Refund {
    /// Not this text.
    #[field(
        label = "Amount",
        description = "In dollars",
        default = Self::LEAST * 2.0,
        required,
        read_only,
        min = Self::LEAST,
        max = LIMIT + 0.5,
        widget = currency_input(currency = "USD", step = 0.5),
        change = hooks::amount_changed,
    )]
    amount: Option<f64>,
    /// Shown to the customer.
    /// In two lines.
    #[field(default = "Dear", required = false, min_length = 1, max_length = LENGTH, pattern = r"^\w+$")]
    #[field(widget = text_area(rows = 4, placeholder = "Dear customer"))]
    reason: String,
    #[field(options = countries, default = "Italy")]
    country: String,
    #[field(options, search = hooks::cities, widget = dropdown(searchable, dynamic_search))]
    city: Option<String>,
    #[field(reference = "customers.id", widget = belongs_to_typeahead)]
    customer: i64,
    #[field(max_size = "5 MB", min_count = 1, max_count = 3, media_types = ["application/pdf", "image/*"])]
    proofs: Vec<FormFile>,
    #[field(default = ["a", "b"].map(str::to_owned).to_vec(), min_count = 1 + 1)]
    codes: Vec<String>,
    #[field]
    plain: bool,
}

impl Refund {
    const LEAST: f64 = 0.5;
}

#[smart_action(collection = "orders", kind = "single")]
async fn refund(_id: RecordId<i64>, _form: Form<Refund>) {}

#[test]
fn compiles_and_is_declared() {
    let schema = Forest::builder().actions(actions![refund]).schema().unwrap();
    let fields = schema.find_action("orders", "Refund").unwrap().fields();
    let [amount, reason, country, city, customer, proofs, codes, plain] = fields else {
        panic!("{fields:?}")
    };
    assert_eq!(amount.name(), "Amount");
    assert_eq!(amount.description(), Some("In dollars"));
    assert_eq!(*amount.default_value(), json!(1.0));
    assert_eq!(amount.hook(), Some("Amount"));
    let json = |field: &ActionField| serde_json::to_value(field).unwrap();
    assert_eq!(json(amount)["isReadOnly"], true);
    assert_eq!(json(amount)["widget"], "price");
    assert_eq!(reason.description(), Some("Shown to the customer.\nIn two lines."));
    assert_eq!(*reason.default_value(), "Dear");
    assert_eq!(*country.field_type(), FieldType::Enum);
    assert_eq!(country.options(), Some(&[json!("France"), json!("Italy")][..]));
    assert_eq!(city.options(), Some(&[][..]));
    assert_eq!(json(customer)["reference"], "customers.id");
    assert_eq!(*proofs.field_type(), FieldType::list(FieldType::File));
    assert_eq!(*codes.default_value(), json!(["a", "b"]));
    let required = [amount, reason, country, city, customer, proofs, codes, plain].map(ActionField::is_required);
    assert_eq!(required, [true, false, true, false, true, false, false, true]);
}
