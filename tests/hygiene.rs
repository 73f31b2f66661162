//! The macros in surroundings that hide everything they might lean on.
//!
//! No prelude; imports and items that bear the names of what generated code uses; handlers that bear the names of
//! its locals; an action that another macro writes. That it compiles is most of the test. The renamed dependency
//! needs a `Cargo.toml` of its own, and is tested in `linking/renamed`.

#![no_implicit_prelude]
#![deny(warnings)]
#![allow(dead_code, reason = "much of this only has to be there")]
#![allow(
    non_upper_case_globals,
    reason = "some of it is named as generated code names its locals"
)]

use ::std::{assert, assert_eq};

/// Names that generated code would find if it named them without their path.
mod traps {
    pub(crate) struct Option;
    pub(crate) struct Some;
    pub(crate) struct None;
    pub(crate) struct Box;
    pub(crate) struct Result;
    pub(crate) struct Vec;
    pub(crate) struct ActionDescriptor;
    pub(crate) struct Argument;
    pub(crate) struct Answer;
    pub(crate) struct ActionForm;
    pub(crate) struct ActionEnum;
    pub(crate) struct FieldSpec;
    pub(crate) struct FormReader;
    pub(crate) struct Into;
    pub(crate) struct Layout;
    pub(crate) struct Value;
    pub(crate) mod core {}
    pub(crate) mod std {}
    pub(crate) mod forest_actions {}
}

mod handlers {
    // The modules hide the crates of their names from paths that do not begin with `::`.
    #[allow(unused_imports, reason = "the names have to be there, not to be used")]
    use super::traps::*;

    /// Named like the argument of the generated closure.
    #[::forest_actions::smart_action(collection = "traps")]
    pub(crate) async fn call() {}

    /// Named like a generated local.
    #[::forest_actions::smart_action(collection = "traps")]
    pub(crate) async fn a0(
        a0: ::forest_actions::RecordId<i64>,
        a1: ::forest_actions::Caller,
        call: ::forest_actions::Values,
    ) -> ::forest_actions::ActionResult {
        let _ = (a1, call);
        ::std::result::Result::Ok(::forest_actions::success(::std::format!("{}", *a0)))
    }

    /// Named like what actix-web's own macros generate.
    #[::forest_actions::smart_action(collection = "traps")]
    pub(crate) async fn config(call: ::actix_web::HttpRequest) -> &'static str {
        let _ = call;
        "config"
    }

    /// Named like the generated import.
    #[::forest_actions::smart_action(collection = "traps")]
    pub(crate) async fn __fa() {}

    /// Named like functions that generated code calls.
    #[::forest_actions::smart_action(collection = "traps")]
    pub(crate) async fn extract(answer: ::forest_actions::RecordIds<::std::string::String>) {
        let _ = answer;
    }

    #[::forest_actions::smart_action(collection = "traps", form = Fields, load = hook, change(hook = hook))]
    pub(crate) async fn submit() {}

    #[derive(::forest_actions::ActionForm)]
    struct Fields {
        hook: ::std::string::String,
    }

    async fn hook(form: ::forest_actions::FormState) -> ::forest_actions::HookResult {
        ::std::result::Result::Ok(form)
    }
}

mod forms {
    #[allow(unused_imports, reason = "the names have to be there, not to be used")]
    use super::traps::*;

    // A pattern of a constant's name would be that constant: what generated code binds has names of its own.
    const reader: u8 = 0;
    const field: u8 = 0;
    const index: u8 = 0;
    const FIELDS: u8 = 0;
    const OPTIONS: u8 = 0;

    #[derive(::forest_actions::ActionEnum)]
    pub(crate) enum Size {
        /// Named like what generated code matches.
        Some,
        None,
        #[option("Okay")]
        Ok,
    }

    /// Fields named like locals and methods of generated code, of every kind of argument.
    #[derive(::forest_actions::ActionForm)]
    #[form(layout = layout)]
    pub(crate) struct Everything {
        #[field(default = Size::Some, widget = dropdown)]
        __fa_field0: Size,
        #[field(default = "read", min_length = 1, max_length = 1 + 8, pattern = "r", widget = text_area(rows = 2))]
        __fa_reader: ::std::string::String,
        #[field(default = 1.5, min = 1, max = MAX, change = change, widget = number_input(step = 0.5), required)]
        build: ::std::option::Option<f64>,
        #[field(options = options, min_count = 1)]
        options: ::std::vec::Vec<::std::string::String>,
        #[field(options, search = change, read_only)]
        widget: ::std::option::Option<::std::string::String>,
        #[field(max_size = "1 kB", media_types = ["text/*"])]
        layout: ::std::option::Option<::forest_actions::FormFile>,
        #[field(reference = "traps.id", label = "Self", description = "Of whom")]
        r#type: ::std::option::Option<i64>,
    }

    const MAX: u8 = 9;

    fn options() -> [&'static str; 2] {
        ["a", "b"]
    }

    fn layout() -> ::forest_actions::form::Layout {
        let names = [
            "__fa_field0",
            "__fa_reader",
            "build",
            "options",
            "widget",
            "layout",
            "Self",
        ];
        ::std::convert::From::from(names.map(::forest_actions::form::layout::input))
    }

    async fn change(form: ::forest_actions::FormState) -> ::forest_actions::HookResult {
        ::std::result::Result::Ok(form)
    }

    #[::forest_actions::smart_action(collection = "traps")]
    pub(crate) async fn fill(form: ::forest_actions::Form<Everything>) {
        let _ = form;
    }
}

mod by_macro {
    macro_rules! archive {
        ($name:ident, $collection:literal, $key:ty, $answer:expr) => {
            #[::forest_actions::smart_action(collection = $collection, kind = "single")]
            pub(crate) async fn $name(id: ::forest_actions::RecordId<$key>) -> &'static str {
                let _ = id;
                $answer
            }
        };
    }

    archive!(archive_order, "orders", i64, "the order");
    archive!(archive_invoice, "invoices", (i64, ::std::string::String), "the invoice");

    /// The whole action comes from the macro, names and types included.
    macro_rules! all_of_it {
        () => {
            #[::forest_actions::smart_action(collection = "orders", load = prefill)]
            pub(crate) async fn from_a_macro(a0: ::forest_actions::Values, call: ::forest_actions::RecordIds<i64>) {
                let _ = (a0, call);
            }

            async fn prefill(form: ::forest_actions::FormState) -> ::forest_actions::HookResult {
                ::std::result::Result::Ok(form)
            }
        };
    }

    all_of_it!();

    macro_rules! list {
        ($($action:ident),*) => { ::forest_actions::actions![$(crate::by_macro::$action),*] };
    }

    pub(crate) fn all() -> [&'static ::forest_actions::ActionDescriptor; 3] {
        list![archive_order, archive_invoice, from_a_macro]
    }
}

#[test]
fn names_of_generated_code_are_free_for_handlers() {
    let names = ::forest_actions::actions![
        handlers::call,
        handlers::a0,
        handlers::config,
        handlers::__fa,
        handlers::extract
    ]
    .map(|action| action.name);
    assert_eq!(names, ["Call", "A0", "Config", "Fa", "Extract"]);
    let [submit] = ::forest_actions::actions![handlers::submit];
    assert!(::std::option::Option::is_some(&submit.load));
}

#[test]
fn names_of_generated_code_are_free_for_fields_and_options() {
    use ::forest_actions::{ActionEnum, ActionForm};

    let names = <forms::Everything as ActionForm>::FIELDS
        .as_array::<7>()
        .map(|fields| ::std::clone::Clone::clone(fields).map(|field| field.name()));
    assert_eq!(
        names,
        ::std::option::Option::Some([
            "__fa_field0",
            "__fa_reader",
            "build",
            "options",
            "widget",
            "layout",
            "Self"
        ])
    );
    assert_eq!(<forms::Size as ActionEnum>::OPTIONS, ["Some", "None", "Okay"]);
    assert_eq!(forms::Size::None.text(), "None");
}

#[test]
fn another_macro_can_write_actions() {
    assert_eq!(
        by_macro::all().map(|action| (action.collection, action.name)),
        [
            ("orders", "Archive order"),
            ("invoices", "Archive invoice"),
            ("orders", "From a macro"),
        ]
    );
}

#[test]
fn the_function_stays_an_ordinary_function() {
    let id = ::forest_actions::RecordId(7_i64);
    let mut answer = ::std::boxed::Box::pin(by_macro::archive_order(id));
    let mut context = ::std::task::Context::from_waker(::std::task::Waker::noop());
    let polled = ::std::future::Future::poll(::std::pin::Pin::as_mut(&mut answer), &mut context);
    assert_eq!(polled, ::std::task::Poll::Ready("the order"));
}

#[test]
fn several_actions_of_one_file_are_all_registered() {
    let schema = ::std::result::Result::unwrap(::forest_actions::Forest::builder().schema());
    for (collection, name) in [
        ("traps", "Call"),
        ("traps", "A0"),
        ("traps", "Config"),
        ("traps", "Fa"),
        ("traps", "Extract"),
        ("traps", "Submit"),
        ("traps", "Fill"),
        ("orders", "Archive order"),
        ("invoices", "Archive invoice"),
        ("orders", "From a macro"),
    ] {
        assert!(
            ::std::option::Option::is_some(&schema.find_action(collection, name)),
            "{collection}: {name}"
        );
    }
}
