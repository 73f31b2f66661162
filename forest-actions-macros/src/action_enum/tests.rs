//! The expansions and the messages of `#[derive(ActionEnum)]`.

use super::action_enum;
use crate::testing::{messages, recorded};

/// The messages without their subject, each with the source text that it points at.
fn run(source: &str) -> Vec<(String, String)> {
    let (_, errors) = action_enum(source.parse().unwrap());
    messages(&errors)
        .into_iter()
        .map(|(message, token)| {
            let message = message
                .strip_prefix("choice `A`: ")
                .map(str::to_owned)
                .unwrap_or(message);
            (message, token)
        })
        .collect()
}

#[test]
fn an_enum_becomes_its_options() {
    let source = "/// Not sent.
                  pub enum Plan {
                      /// Not sent either.
                      Free,
                      #[option(\"Premium plan\")]
                      Premium = 7,
                      r#Self_,
                      #[option = \"never read\"]
                      #[cfg(unix)]
                      Other,
                  }";
    assert_eq!(run(source).len(), 1, "`#[option = …]` is no attribute of ours");
    let source = source.replace("#[option = \"never read\"]", "#[option(\"An \\\"other\\\" one\",)]");
    let (expansion, errors) = action_enum(source.parse().unwrap());
    assert_eq!(messages(&errors), []);
    recorded("enum_guide", &source, expansion);
}

#[test]
fn allowed_lints_and_deprecated_variants() {
    let source = "#[allow(non_camel_case_types)] #[form(crate = \"my::forest\")] enum Lints { #[deprecated] a, b }";
    let (expansion, errors) = action_enum(source.parse().unwrap());
    assert_eq!(messages(&errors), []);
    recorded("enum_lints", source, expansion);
}

#[test]
fn a_declaration_with_errors_still_implements_the_traits() {
    let (expansion, errors) = action_enum("enum Broken { A(u8), B }".parse().unwrap());
    assert_eq!(messages(&errors).len(), 1);
    recorded("enum_fallback", "enum Broken { A(u8), B }", expansion);

    let (expansion, errors) = action_enum("enum Broken<T> { A(T) }".parse().unwrap());
    assert_eq!(messages(&errors).len(), 2);
    assert!(!expansion.to_string().contains("enum_field"));
}

#[test]
fn frm_16_options_are_distinct_texts() {
    for (source, token, message) in [
        (
            "enum A { #[option(\"EUR\")] Eur, EUR }",
            "EUR",
            "the variants `Eur` and `EUR` are both the option `EUR`",
        ),
        (
            "enum A { Free, #[option(\"Free\")] Paid }",
            "\"Free\"",
            "the variants `Free` and `Paid` are both the option `Free`",
        ),
        ("enum A { #[option(\"\")] B }", "\"\"", "`option` is empty"),
        ("enum A { #[option(\" \")] B }", "\" \"", "`option` is blank"),
        ("enum A {}", "A", "a choice has at least one option, found no variants"),
    ] {
        assert_eq!(run(source), [(message.to_owned(), token.to_owned())], "{source}");
    }
    assert_eq!(run("enum A { Free, FREE, #[option(\"free\")] Other }"), []);
}

#[test]
fn the_shape_of_the_declaration() {
    let help = "\n  help: write `#[option(\"Premium plan\")]`";
    for (source, token, message) in [
        (
            "struct A { b: u8 }",
            "struct",
            "a choice is an enum whose variants are its options, found a struct".to_owned(),
        ),
        (
            "union A { b: u8 }",
            "union",
            "a choice is an enum whose variants are its options, found a union".to_owned(),
        ),
        (
            "enum A { B(u8) }",
            "(u8)",
            "an option is a text and carries no values, found fields in the variant `B`".to_owned(),
        ),
        (
            "enum A { B { c: u8 } }",
            "{ c: u8 }",
            "an option is a text and carries no values, found fields in the variant `B`".to_owned(),
        ),
        (
            "enum A<'a> { B }",
            "'a",
            "a choice has no lifetime parameters, found `'a`\n  note: it owns the values it is made of".to_owned(),
        ),
        (
            "enum A where u8: Copy { B }",
            "where",
            "a choice has no `where` clause".to_owned(),
        ),
        (
            "enum A { #[option(Premium)] B }",
            "Premium",
            format!("`#[option]` takes a string, found `Premium`{help}"),
        ),
        (
            "enum A { #[option(label = \"x\")] B }",
            "label",
            format!("`#[option]` takes a string, found `label`{help}"),
        ),
        (
            "enum A { #[option()] B }",
            "option",
            format!("`#[option]` takes a string, found nothing{help}"),
        ),
        (
            "enum A { #[option] B }",
            "option",
            format!("`#[option]` takes a string, found nothing{help}"),
        ),
        (
            "enum A { #[option(\"x\", \"y\")] B }",
            "\"y\"",
            "`#[option]` takes one string, found `\"y\"` behind it".to_owned(),
        ),
        (
            "enum A { #[option(\"x\")] #[option(\"y\")] B }",
            "\"y\"",
            "`#[option]` is given twice".to_owned(),
        ),
        (
            "enum A { #[option = \"x\"] B }",
            "=",
            "`#[option]` takes its arguments in parentheses\n  help: write `#[option(\"…\")]`".to_owned(),
        ),
        (
            "enum A { #[form(crate = x)] B }",
            "form",
            "`#[form]` does nothing on a variant\n  help: here it is `#[option(…)]`".to_owned(),
        ),
        (
            "#[form(layout = x)] enum A { B }",
            "layout",
            "unknown argument `layout`\n  note: accepted: `crate`".to_owned(),
        ),
    ] {
        assert_eq!(run(source), [(message, token.to_owned())], "{source}");
    }
}
