//! Expansions compared with recorded ones in `tests/expand/form_*.rs`; its README explains how to record them.

use super::action_form;
use crate::testing::{messages, recorded};

/// Expands `source` and compares it with `tests/expand/<case>.rs`.
#[track_caller]
fn expands(case: &str, source: &str) {
    let (expansion, errors) = action_form(source.parse().unwrap());
    assert_eq!(messages(&errors), [], "{case}");
    recorded(case, source, expansion);
}

#[test]
fn a_form_without_fields() {
    expands("form_empty", "struct Nothing {}");
}

#[test]
fn the_example_of_the_guide() {
    expands(
        "form_guide",
        "struct ChargeCreditCard {
             /// The amount (USD) to charge the credit card. Example: 42.50
             #[field(min = 0.5)]
             amount: f64,
             /// Explain the reason why you want to charge manually the customer here
             #[field(widget = text_area(rows = 4))]
             description: String,
             #[field(label = \"Beneficiary company\", reference = \"companies.id\")]
             beneficiary: Option<i64>,
             currency: Currency,
             receipts: Vec<FormFile>,
         }",
    );
}

#[test]
fn every_argument_at_once() {
    expands(
        "form_everything",
        "#[form(crate = crate::reexport, layout = layouts::two_pages)]
         pub(crate) struct Everything {
             #[field(label = \"A \\\"number\\\"\", description = \"Given\", default = 2.5 * 2.0, required, read_only,
                     min = 0, max = LIMIT + 1.0, change = hooks::amount_changed, widget = number_input(step = 0.5))]
             amount: Option<f64>,
             #[field(default = \"Dear\", required = false, min_length = 1, max_length = 80, pattern = r\"^\\w+$\", widget = rich_text)]
             text: String,
             #[field(secret, options = Plan::names)]
             plan: String,
             #[field(options, reference = \"sales.orders.id\")]
             order: Vec<String>,
             #[field(max_size = \"5 MB\", min_count = 1, max_count = 3, media_types = [\"application/pdf\", \"image/*\"])]
             files: Vec<FormFile>,
         }",
    );
}

#[test]
fn keyword_names_and_names_resembling_generated_ones() {
    expands(
        "form_names",
        "struct Names { r#type: String, f0: bool, __fa: i64, call: f64 }",
    );
}

#[test]
fn allowed_lints_and_deprecated_fields() {
    expands(
        "form_lints",
        "#[allow(non_snake_case)] #[expect(dead_code)] struct Lints { #[deprecated] isOpen: bool }",
    );
}

/// The stub of a declaration with errors, generics included.
#[test]
fn a_declaration_with_errors() {
    let source = "#[form(crate = crate::reexport, colour)] struct Broken<'a, T: Clone, const N: usize> where T: Copy { #[field(mn = 1)] a: &'a [T; N] }";
    let (expansion, errors) = action_form(source.parse().unwrap());
    assert_eq!(messages(&errors).len(), 5);
    recorded("form_fallback", source, expansion);
}
