//! Every argument of the attribute at once.

#![deny(warnings)]

use forest_actions::ActionKind;
use forest_actions::prelude::*;

#[allow(dead_code, reason = "only the declaration matters")]
#[derive(ActionForm)]
struct Refund {
    #[field(label = "Amount")]
    amount: f64,
    #[field(label = "stripe id")]
    stripe_id: String,
    r#type: String,
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

#[test]
fn compiles_and_is_declared() {
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
    let schema = Forest::builder().actions(actions![refund]).schema().unwrap();
    let declared = schema.find_action("orders", "Refund the order").unwrap();
    assert_eq!(declared.fields().len(), 3);
    let hooks: Vec<_> = declared.fields().iter().map(|field| field.hook()).collect();
    assert_eq!(hooks, [Some("Amount"), Some("stripe id"), Some("type")]);
}
