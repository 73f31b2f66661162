//! Tests of the declarations in `forms.rs`.

use crate::__private::{ActionEnum, ActionForm, FormReader, HookCall, Value};
use crate::forms::{Everything, FromMacro, Nothing, Plan, lints};
use std::collections::BTreeMap;

#[test]
fn the_fields_are_described_in_the_order_of_the_declaration() {
    let names: Vec<&str> = Everything::FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(names, ["amount", "plan", "f0", "index", "type", "__fa", "list"]);
    assert_eq!(Nothing::FIELDS.len(), 0);
    assert_eq!(lints::Deprecated::FIELDS.len(), 1);
    assert_eq!(lints::Old::OPTIONS, ["a", "b"]);
}

#[test]
fn every_argument_reaches_the_schema() {
    let [amount, plan, text, optional, choice, dynamic, list] = Everything::FIELDS else {
        panic!("seven fields")
    };
    assert_eq!(amount.description, Some("The amount.\n\nIn dollars."));
    assert_eq!((amount.min, amount.max), (Some(1.0), Some(80.0)));
    assert_eq!(amount.default.map(|value| value()), Some(Value::Number(2.5)));
    assert_eq!(amount.change.map(|hook| hook(HookCall("called"))), Some("called"));
    assert_eq!(plan.default.map(|value| value()), Some(Value::from("Premium plan")));
    assert_eq!((plan.name, plan.rust_name), ("plan", Some("call")));
    assert_eq!(amount.rust_name, None, "it is the name of the field");
    assert!(plan.is_read_only && plan.is_required);
    assert_eq!(text.default.map(|value| value()), Some(Value::from("Dear")));
    assert_eq!((text.min_length, text.max_length), (Some(1), Some(80)));
    assert_eq!(text.pattern, Some("^D"));
    assert_eq!(text.widget.map(|widget| widget().0).as_deref(), Some("text area of 4"));
    assert!(optional.is_required && !choice.is_required);
    assert_eq!(
        choice.options.map(|options| options()),
        Some(vec![Value::from("one"), Value::from("two")])
    );
    assert!(dynamic.has_dynamic_options);
    assert_eq!(dynamic.reference, Some("companies.id"));
    assert_eq!(list.max_size, Some(5_000_000));
    assert_eq!((list.min_count, list.max_count), (Some(1), Some(3)));
    assert_eq!(list.media_types, ["application/pdf", "image/*"]);
    assert_eq!(
        Everything::layout().map(|layout| layout.0),
        Some(vec!["amount", "plan"])
    );
    assert!(Nothing::layout().is_none());
}

#[test]
fn a_form_declared_by_a_macro_is_accepted() {
    let [amount, rest] = FromMacro::FIELDS else {
        panic!("two fields")
    };
    assert_eq!((amount.name, rest.name), ("Amount", "Rest"));
    assert_eq!(amount.description, Some("From a macro."));
    assert_eq!((amount.min, rest.min), (Some(-3.0), Some(0.5)));
    assert_eq!(rest.default.map(|value| value()), Some(Value::Number(2.0)));
    let values = BTreeMap::from([("Amount", Value::Number(1.0))]);
    let form = FromMacro::from_values(&mut reader(&values)).unwrap();
    assert_eq!((form.amount, form.rest), (1.0, None));
}

#[test]
fn values_are_deserialized_into_the_struct() {
    let values = BTreeMap::from([
        ("amount", Value::Number(1.5)),
        ("plan", Value::from("Premium plan")),
        ("f0", Value::from("text")),
        ("type", Value::from("one")),
        ("__fa", Value::from("two")),
        ("list", Value::List(vec![Value::Bool(true)])),
    ]);
    let mut reader = reader(&values);
    let form = Everything::from_values(&mut reader).unwrap();
    assert!(reader.problems.is_empty());
    assert!(form.amount > 1.0 && form.call == Plan::Premium && form.f0 == "text");
    assert!(form.index.is_none() && form.r#type == "one" && form.__fa == "two" && form.list == [true]);
}

/// Every field is read before any of them ends the reading.
#[test]
fn all_problems_are_reported_at_once() {
    let values = BTreeMap::from([("f0", Value::from("text")), ("list", Value::Bool(true))]);
    let mut reader = reader(&values);
    assert!(Everything::from_values(&mut reader).is_none());
    assert_eq!(reader.problems, ["amount", "plan", "type", "__fa", "list"]);
}

#[test]
fn options_convert_to_and_from_their_position() {
    assert_eq!(Plan::OPTIONS, ["Free", "Premium plan", "Some"]);
    for (position, plan) in [Plan::Free, Plan::Premium, Plan::r#Some].into_iter().enumerate() {
        assert_eq!(plan.index(), position);
        assert_eq!(Plan::from_index(position), Some(plan));
    }
    assert_eq!(Plan::from_index(3), None);
}

fn reader<'a>(values: &'a BTreeMap<&'static str, Value>) -> FormReader<'a> {
    FormReader {
        values,
        problems: Vec::new(),
    }
}
