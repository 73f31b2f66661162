//! The expansions and the messages of `#[derive(ImportRow)]`.

use super::import_row;
use crate::testing::{messages, recorded};

/// The messages without their subject, each with the source text that it points at.
fn run(source: &str) -> Vec<(String, String)> {
    let (expansion, errors) = import_row(source.parse().unwrap());
    if !errors.is_empty() {
        let stub = expansion.to_string().replace(' ', "");
        assert!(stub.contains("COLUMNS:&'static[__fa::ColumnSpec]=&[];"), "{stub}");
    }
    messages(&errors)
        .into_iter()
        .map(|(message, token)| {
            let message = message
                .strip_prefix("import `A`: ")
                .or_else(|| message.strip_prefix("import `A`, column `b`: "))
                .map(str::to_owned)
                .unwrap_or(message);
            (message, token)
        })
        .collect()
}

/// Asserts that exactly one mistake is found.
#[track_caller]
fn one(source: &str, token: &str, message: &str) {
    assert_eq!(run(source), [(message.to_owned(), token.to_owned())], "{source}");
}

/// Asserts that exactly one mistake is found in the arguments of a column.
#[track_caller]
fn column(arguments: &str, token: &str, message: &str) {
    one(&format!("struct A {{ #[column({arguments})] b: T }}"), token, message);
}

#[track_caller]
fn expands(case: &str, source: &str) {
    let (expansion, errors) = import_row(source.parse().unwrap());
    assert_eq!(messages(&errors), [], "{case}");
    recorded(case, source, expansion);
}

const ACCEPTED: &str =
    "\n  note: accepted: `name`, `aliases`, `default`, `min`, `max`, `min_length`, `max_length`, `pattern`";

#[test]
fn a_row_becomes_its_columns() {
    expands(
        "import_guide",
        "/// Not used.
         #[allow(non_snake_case)]
         pub struct NewCompany {
             /// Not used either.
             name: String,
             #[column(name = \"Head office\", aliases(\"city\", \"headquarters\",), default = \"Lyon\")]
             r#where: String,
             #[column(default)]
             #[column(min = 1, max = Self::MOST)]
             employees: u32,
             #[column(min_length = 2, max_length = 2, pattern = \"^[A-Z]+$\")]
             country: Option<String>,
         }",
    );
}

#[test]
fn a_declaration_with_errors_still_implements_the_trait() {
    let source = "#[import(crate = my::forest, colour)] struct Broken<'a, T> { #[column(mn = 1)] a: &'a T }";
    let (expansion, errors) = import_row(source.parse().unwrap());
    assert_eq!(messages(&errors).len(), 4);
    recorded("import_fallback", source, expansion);
}

#[test]
fn the_kind_of_type() {
    let expected = "the row of an import is a struct with named fields, found";
    let help = "\n  help: give each column a field, whose name is that of the column";
    for (source, token, message) in [
        (
            "enum A { B }",
            "enum",
            format!("{expected} an enum\n  help: derive `ActionEnum` to make it the type of a column"),
        ),
        ("union A { b: u8 }", "union", format!("{expected} a union")),
        ("struct A(u8);", "(u8)", format!("{expected} a tuple struct{help}")),
        ("struct A;", "A", format!("{expected} a unit struct{help}")),
        (
            "struct A {}",
            "A",
            format!("the row of an import has at least one column{help}"),
        ),
        (
            "struct A<'a> { b: &'a str }",
            "'a",
            "the row of an import has no lifetime parameters, found `'a`\n  note: it owns the values it is made of"
                .to_owned(),
        ),
    ] {
        one(source, token, &message);
    }
}

#[test]
fn the_attributes() {
    for (source, token, message) in [
        (
            "struct A { #[column = \"x\"] b: T }",
            "=",
            "`#[column]` takes its arguments in parentheses\n  help: write `#[column(name = \"…\")]`",
        ),
        (
            "#[column(name = \"x\")] struct A { b: T }",
            "column",
            "`#[column]` does nothing on the row of an import\n  help: it describes one column: put it on a field",
        ),
        (
            "struct A { #[import(crate = x)] b: T }",
            "import",
            "`#[import]` does nothing on a column\n  help: here it is `#[column(…)]`",
        ),
        (
            "struct A { #[field(label = \"x\")] b: T }",
            "field",
            "`#[field]` does nothing on a column\n  help: here it is `#[column(…)]`",
        ),
        (
            "#[import(name = \"x\")] struct A { b: T }",
            "name",
            "unknown argument `name`\n  note: accepted: `crate`",
        ),
    ] {
        one(source, token, message);
    }
}

#[test]
fn unknown_and_repeated_arguments() {
    for (arguments, token, message) in [
        (
            "label = \"x\"",
            "label",
            format!("unknown argument `label`\n  help: did you mean `name`?{ACCEPTED}"),
        ),
        (
            "alias(\"x\")",
            "alias",
            format!("unknown argument `alias`\n  help: did you mean `aliases`?{ACCEPTED}"),
        ),
        (
            "maxlength = 1",
            "maxlength",
            format!("unknown argument `maxlength`\n  help: did you mean `max_length`?{ACCEPTED}"),
        ),
        ("colour", "colour", format!("unknown argument `colour`{ACCEPTED}")),
        ("min = 1, min = 2", "min", "`min` is given twice".to_owned()),
    ] {
        column(arguments, token, &message);
    }
}

#[test]
fn values_of_arguments() {
    for (arguments, token, message) in [
        (
            "name = x",
            "x",
            "`name` takes a string, found `x`\n  help: write `name = \"x\"`",
        ),
        ("name = \"\"", "\"\"", "`name` is empty"),
        (
            "name = \"-_\"",
            "\"-_\"",
            "`-_` has no letter or digit, by which a header is compared",
        ),
        (
            "aliases",
            "aliases",
            "`aliases` takes a list in parentheses\n  help: write `aliases(\"company\", \"company name\")`",
        ),
        (
            "aliases()",
            "()",
            "`aliases` is empty\n  help: write `aliases(\"company\", \"company name\")`",
        ),
        ("aliases(x)", "x", "`aliases` is a list of strings, found `x`"),
        (
            "aliases(\"x\" \"y\")",
            "\"y\"",
            "`aliases` is a list of strings, found `\"y\"`",
        ),
        ("aliases(\" \")", "\" \"", "`aliases` is blank"),
        ("min = \"1\"", "\"1\"", "`min` is a number, found a string"),
        (
            "min = 2, max = 1",
            "1",
            "`max` is 1, less than `min`, which is 2: no value would be accepted",
        ),
        ("max_length = -1", "-1", "`max_length` is negative"),
        ("min_length = 1.5", "1.5", "`min_length` is not a whole number"),
        ("pattern = \"\"", "\"\"", "`pattern` is empty"),
    ] {
        column(arguments, token, message);
    }
}

#[test]
fn names_differ_in_more_than_case_and_spaces() {
    let note = "\n  note: case, spaces, hyphens and underscores do not tell names apart";
    one(
        "struct A { head_office: T, #[column(name = \"Head-Office\")] b: T }",
        "\"Head-Office\"",
        &format!("the name `Head-Office` is taken by `head_office` of the column `head_office`{note}"),
    );
    column(
        "aliases(\"B\")",
        "\"B\"",
        &format!("the name `B` is taken by `b` of the column `b`{note}"),
    );
}

#[test]
fn all_mistakes_are_found_at_once() {
    let source = "struct A { #[column(nmae = \"x\", min = \"1\")] b: T, #[column(pattern = \"\", name = \" \")] c: T }";
    assert_eq!(run(source).len(), 4);
}
