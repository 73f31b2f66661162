//! The library under another name: `crate = …` configures the attribute, and no other line names `forest_actions`.

use fa::prelude::*;

fa::link!(linking_actions);

#[smart_action(collection = "orders", kind = "single", crate = fa)]
async fn ship(id: RecordId<i64>, _caller: Caller) -> ActionResult {
    Ok(success(format!("Order {} is on its way", *id)))
}

async fn prefill(form: FormState) -> HookResult {
    Ok(form)
}

/// Absolute, and as a string.
#[smart_action(collection = "orders", load = prefill, crate = "::fa")]
async fn pack() {}

#[derive(ActionEnum)]
#[form(crate = fa)]
enum Size {
    Small,
    Large,
}

/// The derives take it as well.
#[allow(dead_code, reason = "only its declaration matters")]
#[derive(ActionForm)]
#[form(crate = "::fa")]
struct Parcel {
    #[field(default = Size::Large, widget = dropdown)]
    size: Size,
    #[field(default = "Fragile", change = prefill)]
    label: Option<String>,
}

#[smart_action(collection = "orders", crate = fa)]
async fn wrap(_form: Form<Parcel>) {
    let _ = Size::Small;
}

mod reexport {
    pub(super) use fa as forest;
}

/// Behind a re-export.
#[smart_action(collection = "orders", crate = crate::reexport::forest)]
async fn weigh(_ids: RecordIds<i64>) {}

#[test]
fn actions_of_a_renamed_library_are_registered() {
    let schema = fa::Forest::builder().schema().unwrap();
    for name in ["Ship", "Pack", "Weigh", "Wrap"] {
        assert!(schema.find_action("orders", name).is_some(), "{name}");
    }
}

#[test]
fn a_renamed_library_lists_actions_and_links_crates() {
    let names = actions![ship, pack, weigh, wrap, linking_actions::refund].map(|action| action.name);
    assert_eq!(names, ["Ship", "Pack", "Weigh", "Wrap", "Refund"]);
}
