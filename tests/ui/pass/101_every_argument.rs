//! Every argument of the attribute at once.

#![deny(warnings)]

use forest_actions::prelude::*;
use forest_actions::schema::FieldType;
use forest_actions::{ActionForm, ActionKind, FormField};

struct Refund;

impl ActionForm for Refund {
    fn fields() -> Vec<FormField> {
        vec![
            FormField::new("Amount", FieldType::Number),
            FormField::new("stripe id", FieldType::String),
            FormField::new("type", FieldType::String),
        ]
    }
}

async fn prefill(form: FormState, _id: RecordId<i64>) -> HookResult {
    Ok(form)
}

mod hooks {
    use forest_actions::prelude::*;

    pub async fn recalculate(form: FormState, _body: web::Bytes, _caller: Caller) -> HookResult {
        Ok(form)
    }
}

#[smart_action(
    collection = "orders",
    name = "Refund the order",
    kind = "single",
    endpoint = "/shop/refund",
    http_method = "POST",
    description = "<b>Pays back</b>",
    submit_button_label = "Pay back",
    download = false,
    base_url = "https://api.example.com",
    redirect = "/orders",
    form = Refund,
    load = prefill,
    change(Amount = hooks::recalculate, "stripe id" = hooks::recalculate, r#type = prefill),
    unprotected,
    crate = forest_actions,
)]
async fn refund(_id: RecordId<i64>) -> ActionResult {
    Ok(success("Paid back"))
}

fn main() {
    let [action] = actions![refund];
    assert_eq!(action.collection, "orders");
    assert_eq!(action.name, "Refund the order");
    assert_eq!(action.kind, ActionKind::Single);
    assert_eq!(action.endpoint, "/shop/refund");
    assert_eq!(action.description, Some("<b>Pays back</b>"));
    assert_eq!(action.submit_button_label, Some("Pay back"));
    assert_eq!(action.base_url, Some("https://api.example.com"));
    assert_eq!(action.redirect, Some("/orders"));
    assert!(!action.protected);
    assert!(!action.download);
    assert_eq!(action.form.map(|form| form().len()), Some(3));
    assert!(Forest::builder().actions(actions![refund]).schema().is_ok());
}
