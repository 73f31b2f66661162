//! Forms and choices, derived in hostile scopes: no prelude, and every name that generated code might use has another
//! meaning. `behaviour.rs` tests them.

#![no_implicit_prelude]
#![deny(clippy::all, clippy::pedantic, clippy::indexing_slicing, clippy::as_conversions)]

use crate::__private::Layout;
use ::std::string::String;
use ::std::vec::Vec;

#[allow(dead_code, non_upper_case_globals)]
mod decoys {
    pub(super) struct Some;
    pub(super) struct None;
    pub(super) struct Into;
    pub(super) fn call() {}
    pub(super) fn index() {}
    pub(super) const f0: u8 = 0;
    pub(super) const a0: u8 = 0;
    pub(super) mod core {}
    pub(super) mod forest_actions {}
}
#[allow(unused_imports)]
use decoys::*;

#[derive(::forest_actions_macros::ActionEnum, ::core::fmt::Debug, ::core::cmp::PartialEq)]
pub(crate) enum Plan {
    Free,
    #[option("Premium plan")]
    Premium,
    r#Some,
}

const LIMIT: u32 = 80;

impl Everything {
    const SHORTEST: u32 = 1;
}

async fn changed() {}

fn layout() -> Layout {
    Layout(::std::vec!["amount", "plan"])
}

fn names() -> [&'static str; 2] {
    ["one", "two"]
}

#[derive(::forest_actions_macros::ActionForm)]
#[form(crate = crate, layout = layout)]
pub(crate) struct Everything {
    /// The amount.
    ///
    /// In dollars.
    #[field(min = 1, max = { LIMIT }, default = 2.0 + 0.5, change = self::changed)]
    pub(crate) amount: f64,
    #[field(label = "plan", default = Plan::Premium, read_only)]
    pub(crate) call: Plan,
    #[field(default = "Dear", max_length = LIMIT, min_length = Self::SHORTEST, pattern = "^D", widget = text_area(rows = 4))]
    pub(crate) f0: String,
    #[field(required, default = "x")]
    pub(crate) index: ::std::option::Option<String>,
    #[field(options = names, required = false)]
    pub(crate) r#type: String,
    #[field(options, reference = "companies.id")]
    pub(crate) __fa: String,
    #[field(max_size = "5 MB", min_count = 1, max_count = 3, media_types = ["application/pdf", "image/*"])]
    pub(crate) list: Vec<bool>,
}

#[derive(::forest_actions_macros::ActionForm)]
pub(crate) struct Nothing {}

/// A form whose fields come from a `macro_rules!`, with literals and types in invisible groups.
macro_rules! form {
    ($name:ident { $($(#[$meta:meta])* $field:ident: $type:ty = $label:literal, $default:expr, $min:literal;)* }) => {
        #[derive(::forest_actions_macros::ActionForm)]
        pub(crate) struct $name {
            $($(#[$meta])* #[field(label = $label, default = $default, min = $min)] pub(crate) $field: $type,)*
        }
    };
}
form!(FromMacro {
    /// From a macro.
    amount: f64 = "Amount", 1.0, -3;
    rest: ::std::option::Option<f64> = "Rest", 2.0, 0.5;
});

pub(crate) mod lints {
    //! Lints allowed or expected by the user are also allowed in the generated code.

    #[derive(::forest_actions_macros::ActionForm)]
    #[allow(non_snake_case, dead_code)]
    pub(crate) struct Deprecated {
        #[deprecated]
        pub(crate) isOpen: bool,
    }

    #[derive(::forest_actions_macros::ActionEnum)]
    #[allow(non_camel_case_types, dead_code)]
    pub(crate) enum Old {
        #[deprecated]
        a,
        b,
    }
}
