//! How handlers take a form, and hooks its state.

#![deny(warnings)]

use forest_actions::form::Layout;
use forest_actions::prelude::*;
use forest_actions::{HookHandler, Validated};

/// Public, with private fields, attributes of other derives, and one that the compiler removes.
#[derive(ActionForm, Debug, Clone, PartialEq, garde::Validate)]
#[non_exhaustive]
pub struct Charge {
    #[garde(skip)]
    pub amount: f64,
    #[garde(length(min = 1))]
    #[field(label = "Reason given")]
    reason: String,
    #[cfg(any())]
    removed: NoSuchType,
    #[garde(skip)]
    #[deprecated]
    old: Option<String>,
    #[garde(skip)]
    r#type: Option<bool>,
}

#[smart_action(collection = "orders")]
async fn charge_1(form: Form<Charge>) -> String {
    format!("{} {} {:?}", form.amount, form.reason, form.r#type)
}

#[smart_action(collection = "orders")]
async fn charge_2(_ids: RecordIds<i64>, Form(Charge { amount, .. }): Form<Charge>, _caller: Caller) -> String {
    amount.to_string()
}

#[smart_action(collection = "orders")]
async fn charge_3(mut form: forest_actions::Form<self::Charge>) {
    form.amount += 1.0;
}

#[smart_action(collection = "orders", form = Charge)]
async fn charge_4(_form: Validated<Charge>) {}

type Charged = Form<Charge>;

#[smart_action(collection = "orders", form = Charge)]
async fn charge_5(_form: Charged) {}

#[smart_action(collection = "orders", form = Charge, load = typed, change(amount = plain, "Reason given" = arranged))]
async fn charge_6(_values: Values) {}

async fn typed(form: FormState<Charge>) -> HookResult<Charge> {
    Ok(form)
}

async fn plain(form: FormState<Charge>, _id: Option<RecordId<i64>>) -> HookResult {
    Ok(form.untyped())
}

async fn arranged(form: FormState) -> HookResult {
    Ok(form.layout(Layout::from([forest_actions::form::layout::input("amount")])))
}

fn assert_hook<A>(_: impl HookHandler<A>) {}

/// A form that is local to a function, of a type that is.
fn local() -> usize {
    #[derive(ActionEnum)]
    enum Size {
        Small,
        Large,
    }
    #[derive(ActionForm)]
    struct Order {
        #[field(default = Size::Small)]
        size: Size,
    }
    #[smart_action(collection = "orders")]
    async fn order(form: Form<Order>) {
        let _ = (form.into_inner().size, Size::Large);
    }
    let schema = Forest::builder().actions(actions![order]).schema().unwrap();
    schema.find_action("orders", "Order").unwrap().fields().len()
}

#[test]
fn compiles_and_is_declared() {
    assert_hook(typed);
    assert_eq!(local(), 1);
    let all = actions![charge_1, charge_2, charge_3, charge_4, charge_5, charge_6];
    let schema = Forest::builder().actions(all).schema().unwrap();
    for action in all {
        let fields = schema.find_action("orders", action.name).unwrap().fields();
        let names: Vec<_> = fields.iter().map(|field| field.name()).collect();
        assert_eq!(names, ["amount", "Reason given", "old", "type"], "{}", action.name);
    }
}
