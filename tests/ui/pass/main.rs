//! Uses of the macros that have to compile without a warning; each asserts what it declares.
//!
//! `../README.md` has the numbering.

#![allow(clippy::all, reason = "what the compiler accepts is under test, not the style")]

#[path = "202_arguments.rs"]
mod arguments;
#[path = "301_attributes.rs"]
mod attributes;
#[path = "104_background.rs"]
mod background;
#[path = "601_charts.rs"]
mod charts;
#[path = "505_enums.rs"]
mod enums;
#[path = "101_every_argument.rs"]
mod every_argument;
#[path = "501_every_key.rs"]
mod every_key;
#[path = "502_every_type.rs"]
mod every_type;
#[path = "503_every_widget.rs"]
mod every_widget;
#[path = "504_forms_from_macros.rs"]
mod forms_from_macros;
#[path = "506_forms_in_signatures.rs"]
mod forms_in_signatures;
#[path = "103_http_methods.rs"]
mod http_methods;
#[path = "401_lists.rs"]
mod lists;
#[path = "102_only_the_collection.rs"]
mod only_the_collection;
#[path = "302_places.rs"]
mod places;
#[path = "201_results.rs"]
mod results;
#[path = "203_twelve_arguments.rs"]
mod twelve_arguments;
