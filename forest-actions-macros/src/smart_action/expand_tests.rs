//! Expansions compared with recorded ones in `tests/expand/*.rs`; its README explains how to record them.
//!
//! Inside the crate, because only the compiler can call a procedural macro from outside.

use super::smart_action;
use crate::testing::{messages, recorded};

/// Expands `source` and compares it, formatted, with `tests/expand/<case>.rs`.
#[track_caller]
fn expands(case: &str, args: &str, item: &str) {
    let (expansion, errors) = smart_action(args.parse().unwrap(), item.parse().unwrap());
    assert_eq!(messages(&errors), [], "{case}");
    let args: Vec<&str> = args.lines().map(str::trim).collect();
    recorded(case, &format!("#[smart_action({})]", args.join(" ")), expansion);
}

#[test]
fn the_smallest_action() {
    expands("minimal", "collection = \"companies\"", "async fn mark_as_live() {}");
}

#[test]
fn the_example_of_the_guide() {
    expands(
        "guide",
        "collection = \"companies\", name = \"Mark as Live\", kind = \"single\"",
        "/// Makes the company visible.
         pub async fn mark_as_live(id: RecordId<i64>, db: web::Data<SqlitePool>) -> ActionResult {
             sqlx::query(\"UPDATE companies SET status = 'live' WHERE id = ?\").bind(*id).execute(&**db).await?;
             Ok(success(\"Company is now live!\"))
         }",
    );
}

#[test]
fn every_argument_at_once() {
    expands(
        "everything",
        "collection = \"customers\", name = \"Charge \\\"card\\\"\", kind = \"bulk\", max_records = 50, endpoint = \"forest/charge\",
         http_method = \"DELETE\", description = \"<b>Charges</b>\", submit_button_label = \"Charge\", download = true,
         base_url = \"https://api.example.com\", redirect = \"/done\", form = Charge, load = hooks::prefill,
         change(amount = hooks::amount_changed, \"stripe id\" = <Hooks as Stripe>::changed), audit = \"strict\", unprotected,
         crate = crate::reexport",
        "async fn charge(form: Alias) -> Result<Download, Error> { todo!() }",
    );
}

#[test]
fn a_rule_a_question_and_a_preview() {
    expands(
        "rules",
        "collection = \"orders\", name = \"Refund\", can_run = rules::open, on_refusal = \"stop\",
         confirm(text = \"Refund {count}?\", type_word = \"REFUND\", over = 10, field = \"Sure\"),
         preview = refunded, require_preview",
        "async fn refund(ids: RecordIds<i64>) {}",
    );
    expands(
        "rules_of_sets",
        "collection = \"orders\", name = \"Close\",
         can_run = filter(Filter::leaf(\"status\", Operator::Equal, \"open\"), \"not open\"), confirm = warning",
        "async fn close(ids: RecordIds<i64>) {}",
    );
}

#[test]
fn runs_in_the_background() {
    expands(
        "background",
        "collection = \"orders\", background(over = 500), wait = \"2s\", attempts = 5, stall = \"10m\", one_at_a_time,
         keep = \"30d\"",
        "async fn recalculate(orders: Records<Order>) {}",
    );
    expands(
        "background_by_default",
        "collection = \"orders\", background",
        "async fn recalculate() {}",
    );
}

#[test]
fn a_form_in_the_signature() {
    expands(
        "form",
        "collection = \"customers\"",
        "pub(crate) async fn charge(Form(form): Form<Charge>, caller: Caller) {}",
    );
}

#[test]
fn attributes_of_the_function() {
    expands(
        "attributes",
        "collection = \"users\", http_method = \"PUT\"",
        "#[cfg(feature = \"users\")] #[deprecated(note = \"gone\")] #[allow(unused_variables)] #[inline]
         pub async fn reset_password(id: RecordId<Uuid>) {}",
    );
}

#[test]
fn a_raw_name() {
    expands(
        "raw_name",
        "collection = \"boxes\"",
        "async fn r#move() -> &'static str { \"moved\" }",
    );
}

#[test]
fn the_most_arguments() {
    let arguments = (0..12).map(|n| format!("x{n}: T{n}")).collect::<Vec<_>>().join(", ");
    expands(
        "twelve_arguments",
        "collection = \"c\"",
        &format!("async fn a({arguments}) {{}}"),
    );
}

/// The user's function comes out token for token, in front of everything else.
#[test]
fn the_function_is_unchanged() {
    let item = "/// Doc.\n#[inline] pub(in crate::a) async fn a(mut x: A<'static>) -> B { let = half typed; }";
    let (expansion, errors) = smart_action("collection = \"c\"".parse().unwrap(), item.parse().unwrap());
    assert_eq!(messages(&errors), []);
    let item: proc_macro2::TokenStream = item.parse().unwrap();
    let expected = format!("# [allow (clippy :: unused_async)] {item} ");
    assert!(expansion.to_string().starts_with(&expected), "{expansion}");
}
