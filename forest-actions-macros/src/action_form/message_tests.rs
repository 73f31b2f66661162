//! Every message of `#[derive(ActionForm)]`, with the source text that it points at.
//!
//! One table per kind of mistake. Messages are part of the public interface: changes of meaning belong in the change
//! log.

use super::action_form;
use crate::testing::messages;

/// The messages without their subject, each with the source text that it points at.
fn run(source: &str) -> Vec<(String, String)> {
    let (expansion, errors) = action_form(source.parse().unwrap());
    if !errors.is_empty() {
        let stub = expansion.to_string().replace(' ', "");
        assert!(stub.contains("FIELDS:&'static[__fa::FieldSpec]=&[];"), "{stub}");
    }
    messages(&errors)
        .into_iter()
        .map(|(message, token)| {
            let message = message
                .strip_prefix("form `A`: ")
                .or_else(|| message.strip_prefix("form `A`, field `b`: "))
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

/// Asserts that exactly one mistake is found in the arguments of a field.
#[track_caller]
fn field(arguments: &str, token: &str, message: &str) {
    one(&format!("struct A {{ #[field({arguments})] b: T }}"), token, message);
}

const ACCEPTED: &str = "\n  note: accepted: `label`, `description`, `default`, `required`, `read_only`, `secret`, \
                        `reference`, `widget`, `change`, `search`, `options`, `min`, `max`, `min_length`, `max_length`, `pattern`, `max_size`, \
                        `min_count`, `max_count`, `media_types`";
const WIDGETS: &str = "\n  note: accepted: `dropdown`, `radio_group`, `checkbox_group`, `checkbox`, `text_input`, \
                       `text_input_list`, `text_area`, `rich_text`, `number_input`, `number_input_list`, \
                       `currency_input`, `color_picker`, `date_picker`, `time_picker`, `file_picker`, `json_editor`, \
                       `user_dropdown`, `address_autocomplete`, `belongs_to_dropdown`, `belongs_to_typeahead`";

#[test]
fn the_kind_of_type() {
    let expected = "a form is a struct with named fields, found";
    let generic = "\n  help: name the types themselves: what is written to the schema is fixed before the program runs";
    for (source, token, message) in [
        (
            "enum A { B }",
            "enum",
            format!("{expected} an enum\n  help: derive `ActionEnum` to make it the type of a field"),
        ),
        ("union A { b: u8 }", "union", format!("{expected} a union")),
        (
            "struct A(u8, u8);",
            "(u8, u8)",
            format!("{expected} a tuple struct\n  help: give each field a name, which is also its label"),
        ),
        (
            "struct A();",
            "()",
            format!("{expected} a tuple struct\n  help: give each field a name, which is also its label"),
        ),
        (
            "struct A;",
            "A",
            format!("{expected} a unit struct\n  help: write `struct A {{}}` for a form without fields"),
        ),
        (
            "struct A<'a> { b: &'a str }",
            "'a",
            "a form has no lifetime parameters, found `'a`\n  note: it owns the values it is made of".to_owned(),
        ),
        (
            "struct A<T: X> { b: T }",
            "T",
            format!("a form has no type parameters, found `T`{generic}"),
        ),
        (
            "struct A<const N: usize> { b: T }",
            "N",
            format!("a form has no const parameters, found `N`{generic}"),
        ),
        (
            "struct A where u8: Copy { b: T }",
            "where",
            "a form has no `where` clause".to_owned(),
        ),
    ] {
        one(source, token, &message);
    }
    assert_eq!(run("struct A {}"), []);
}

#[test]
fn the_attributes() {
    for (source, token, message) in [
        (
            "struct A { #[field = \"x\"] b: T }",
            "=",
            "`#[field]` takes its arguments in parentheses\n  help: write `#[field(label = \"…\")]`",
        ),
        (
            "#[form = x] struct A { b: T }",
            "=",
            "`#[form]` takes its arguments in parentheses\n  help: write `#[form(crate = my_crate::forest_actions)]`",
        ),
        (
            "#[field(label = \"x\")] struct A { b: T }",
            "field",
            "`#[field]` does nothing on a form\n  help: it describes one field: put it there",
        ),
        (
            "struct A { #[form(layout = x)] b: T }",
            "form",
            "`#[form]` does nothing on a field\n  help: here it is `#[field(…)]`",
        ),
        (
            "#[form(layuot = x)] struct A { b: T }",
            "layuot",
            "unknown argument `layuot`\n  help: did you mean `layout`?\n  note: accepted: `labels`, `layout`, `crate`",
        ),
        (
            "#[form(layout = x)] #[form(layout = y)] struct A { b: T }",
            "layout",
            "`layout` is given twice",
        ),
        (
            "#[form(layout = x())] struct A { b: T }",
            "()",
            "`layout` takes the path of a function, found a call\n  help: write `x` without the parentheses",
        ),
        (
            "#[form(layout = || page([]))] struct A { b: T }",
            "|",
            "`layout` takes the path of a function, found a closure\n  help: make it a `fn` and name that",
        ),
        (
            "#[form(crate = 3)] struct A { b: T }",
            "3",
            "`crate` takes the path of a crate, found `3`",
        ),
    ] {
        one(source, token, message);
    }
}

#[test]
fn the_keys() {
    for (arguments, token, message) in [
        ("colour = 1", "colour", format!("unknown argument `colour`{ACCEPTED}")),
        (
            "lable = \"x\"",
            "lable",
            format!("unknown argument `lable`\n  help: did you mean `label`?{ACCEPTED}"),
        ),
        (
            "isReadOnly",
            "isReadOnly",
            format!("unknown argument `isReadOnly`\n  help: did you mean `read_only`?{ACCEPTED}"),
        ),
        (
            "defaultValue = 1",
            "defaultValue",
            format!("unknown argument `defaultValue`\n  help: did you mean `default`?{ACCEPTED}"),
        ),
        ("min = 1, min = 2", "min", "`min` is given twice".to_owned()),
        (
            "\"Amount\"",
            "\"Amount\"",
            "expected `key = value`, found a string\n  help: say what it is, for instance `label = \"Amount\"`"
                .to_owned(),
        ),
        (
            "min = 1 max = 2",
            "max",
            "expected `,` after `min`, found `max`".to_owned(),
        ),
    ] {
        field(arguments, token, &message);
    }
    one(
        "struct A { #[field(min = 1)] #[field(min = 2)] b: T }",
        "min",
        "`min` is given twice",
    );
}

#[test]
fn the_shape_of_values() {
    let media_types = "\n  help: write `media_types = [\"application/pdf\", \"image/*\"]`";
    for (arguments, token, message) in [
        ("label", "label", "`label` takes a string, found nothing\n  help: write `label = \"…\"`".to_owned()),
        ("label = Amount", "Amount", "`label` takes a string, found `Amount`\n  help: write `label = \"Amount\"`".to_owned()),
        ("description = 1", "1", "`description` takes a string, found `1`\n  help: write `description = \"1\"`".to_owned()),
        ("pattern = /x/", "/", "`pattern` takes a string, found `/`\n  note: macros and constants are not accepted, as the text is needed at compile time".to_owned()),
        ("default", "default", "`default` takes a value of the field, found nothing\n  help: write `default = …`".to_owned()),
        ("default = ", "=", "`default` takes a value of the field, found nothing\n  help: write `default = …`".to_owned()),
        ("default = 1 +", "", "unexpected end of input, expected an expression".to_owned()),
        ("min", "min", "`min` takes a number, found nothing\n  help: write `min = 1`".to_owned()),
        ("min(1)", "min", "`min` takes a number, found `(…)`\n  help: write `min = 1`".to_owned()),
        ("max_length", "max_length", "`max_length` takes a whole number, found nothing\n  help: write `max_length = 1`".to_owned()),
        ("max_size", "max_size", "`max_size` takes a number of bytes or a size, found nothing\n  help: write `max_size = \"5 MB\"`".to_owned()),
        ("required = \"yes\"", "\"yes\"", "`required` takes `true` or `false`, found `\"yes\"`".to_owned()),
        ("required(true)", "required", "`required` takes `true` or `false`, found `(…)`\n  help: write `required = true`".to_owned()),
        ("read_only = true", "=", "`read_only` takes no value, found `=`\n  help: write `read_only` alone, or leave it out".to_owned()),
        ("change = \"f\"", "\"f\"", "`change` takes the path of an async function, found a string\n  help: write `f` without quotes".to_owned()),
        ("options = f()", "()", "`options` takes the path of a function, found a call\n  help: write `f` without the parentheses".to_owned()),
        ("options = [\"a\"]", "[\"a\"]", "`options` takes the path of a function, found `[…]`".to_owned()),
        ("media_types", "media_types", format!("`media_types` takes a list of media types, found nothing{media_types}")),
        ("media_types = \"image/png\"", "\"image/png\"", "`media_types` takes a list of media types, found `\"image/png\"`\n  help: write `media_types = [\"image/png\"]`".to_owned()),
        ("media_types = IMAGES", "IMAGES", format!("`media_types` takes a list of media types, found `IMAGES`{media_types}")),
        ("media_types = []", "[]", "`media_types` is empty: no file could be given\n  help: leave it out to accept every file".to_owned()),
        ("media_types = [\"a/b\", PDF]", "PDF", "`media_types` is a list of strings, found `PDF`".to_owned()),
    ] {
        field(arguments, token, &message);
    }
}

#[test]
fn the_widgets() {
    let value = "`widget` takes the name of a widget";
    for (widget, token, message) in [
        (
            "text_aera",
            "text_aera",
            format!("unknown widget `text_aera`\n  help: did you mean `text_area`?{WIDGETS}"),
        ),
        (
            "TextArea",
            "TextArea",
            format!("unknown widget `TextArea`\n  help: did you mean `text_area`?{WIDGETS}"),
        ),
        (
            "price",
            "price",
            format!("unknown widget `price`\n  help: did you mean `currency_input`?{WIDGETS}"),
        ),
        (
            "sparkline(x = 1)",
            "sparkline",
            format!("unknown widget `sparkline`{WIDGETS}"),
        ),
        (
            "\"text area editor\"",
            "\"text area editor\"",
            format!("{value} without quotes, found a string\n  help: did you mean `text_area`?{WIDGETS}"),
        ),
        (
            "widgets::dropdown()",
            "widgets",
            format!("{value} alone, found the path `widgets::dropdown`\n  help: did you mean `dropdown`?{WIDGETS}"),
        ),
        (
            "3",
            "3",
            format!("{value}, found `3`\n  help: write `widget = text_area(rows = 4)`"),
        ),
        (
            "",
            "=",
            format!("{value}, found nothing\n  help: write `widget = text_area(rows = 4)`"),
        ),
        (
            "text_area(rows = )",
            "=",
            "`rows` takes a value, found nothing\n  help: write `rows = …`".to_owned(),
        ),
        (
            "text_area(rows)",
            "rows",
            "`rows` takes a value, found nothing\n  help: write `rows = …`".to_owned(),
        ),
        (
            "dropdown(searchable = true)",
            "=",
            "`searchable` takes no value, found `=`\n  help: write `searchable` alone, or leave it out".to_owned(),
        ),
        ("text_area(4)", "4", "expected `key = value`, found `4`".to_owned()),
        (
            "text_area(\"x\")",
            "\"x\"",
            "expected `key = value`, found a string\n  help: say what it is, for instance `placeholder = \"x\"`"
                .to_owned(),
        ),
        (
            "text_area(rows = 1, rows = 2)",
            "rows",
            "`rows` is given twice".to_owned(),
        ),
        (
            "text_area(type = 1)",
            "type",
            "the widget `text_area` has no parameter `type`".to_owned(),
        ),
        (
            "text_area.rows(4)",
            ".",
            "expected `,` after `widget`, found `.`".to_owned(),
        ),
    ] {
        field(&format!("widget = {widget}"), token, &message);
    }
}

#[test]
fn the_values() {
    for (arguments, token, message) in [
        ("label = \"\"", "\"\"", "`label` is empty"),
        ("label = \" \"", "\" \"", "`label` is blank"),
        ("pattern = \"\"", "\"\"", "`pattern` is empty"),
        (
            "reference = \"companies\"",
            "\"companies\"",
            "`reference` names no key, found `\"companies\"`\n  help: write `reference = \"collection.key\"`, for instance \
             `\"companies.id\"`",
        ),
        (
            "max_size = \"5 megs\"",
            "\"5 megs\"",
            "`max_size` has the unknown unit `megs`\n  note: accepted: `B`, `kB`, `MB`, `GB`, `KiB`, `MiB`, `GiB`",
        ),
        ("max_size = 0", "0", "`max_size` is zero: no file would be accepted"),
        (
            "max_size = 1.5",
            "1.5",
            "`max_size` is a whole number of bytes, or a text with a unit, for instance `\"1.5 MB\"`",
        ),
        (
            "max_size = -1",
            "-1",
            "`max_size` is a whole number of bytes, or a text with a unit, for instance `\"1.5 MB\"`",
        ),
        (
            "media_types = [\"image/png\", \"*.pdf\"]",
            "\"*.pdf\"",
            "`media_types` is a list of media types, found `\"*.pdf\"`\n  help: write `type/subtype` or an extension, for \
             instance `\"application/pdf\"`, `\"image/*\"` or `\".pdf\"`",
        ),
        (
            "media_types = [\"image/png\", \"image/PNG\"]",
            "\"image/PNG\"",
            "`media_types` names `image/PNG` twice",
        ),
        (
            "min = 2, max = 1.5",
            "1.5",
            "`max` is 1.5, less than `min`, which is 2: no value would be accepted",
        ),
        (
            "max_length = 2, min_length = 3",
            "2",
            "`max_length` is 2, less than `min_length`, which is 3: no value would be accepted",
        ),
        (
            "max_count = 0, min_count = 1",
            "0",
            "`max_count` is 0, less than `min_count`, which is 1: no value would be accepted",
        ),
        ("min_length = 1.5", "1.5", "`min_length` is not a whole number"),
        ("min_count = -1", "-1", "`min_count` is negative"),
        (
            "max_length = \"80\"",
            "\"80\"",
            "`max_length` is a number, found a string",
        ),
        ("min = \"1\"", "\"1\"", "`min` is a number, found a string"),
    ] {
        field(arguments, token, message);
    }
    assert_eq!(run("struct A { #[field(min = MAX, max = 0)] b: T }"), []);
    assert_eq!(run("struct A { #[field(min = 1, max = 1)] b: T }"), []);
}

#[test]
fn frm_16_duplicate_names_are_reported_at_both_fields() {
    let again = "the name `b` is first used here, and again below".to_owned();
    let taken = "the name `b` is taken by another field\n  help: a label is also the name that a value is sent under: give the \
                 fields different ones"
        .to_owned();
    assert_eq!(
        run("struct A { b: T, #[field(label = \"b\")] c: T, #[field(label = \"B\")] d: T }"),
        [(again, "b".to_owned()), (taken, "\"b\"".to_owned())]
    );
    let found =
        run("struct A { #[field(label = \"x\")] a: T, #[field(label = \"x\")] b: T, #[field(label = \"x\")] c: T }");
    assert_eq!(found.len(), 3);
    assert_eq!(
        run("struct A { #[field(label = \"\")] a: T, #[field(label = \"\")] b: T }").len(),
        2
    );
}

#[test]
fn all_mistakes_are_reported_at_once() {
    let found = run("#[form(colour)] struct A<T> {
             #[field(label = 3, mn = 1, min = 5, max = 4, reference = \"x\")] a: T,
             b: T,
             #[field(label = \"b\", widget = slider, media_types = [\"x\", 3])] c: T,
         }");
    let tokens: Vec<&str> = found.iter().map(|(_, token)| token.as_str()).collect();
    assert_eq!(
        tokens,
        [
            "colour", "T", "3", "mn", "4", "\"x\"", "slider", "3", "\"x\"", "b", "\"b\""
        ]
    );
}

#[test]
fn messages_name_the_form_and_the_field() {
    let (_, errors) = action_form("pub struct A<T> { #[field(mn)] r#type: T }".parse().unwrap());
    let subjects: Vec<String> = messages(&errors)
        .iter()
        .filter_map(|(message, _)| message.split_once(": "))
        .map(|(subject, _)| subject.to_owned())
        .collect();
    assert_eq!(subjects, ["form `A`", "form `A`, field `type`"]);
}

#[test]
fn the_labels() {
    let (_, errors) = super::action_form("#[form(labels = \"title\")] struct A { b: T }".parse().unwrap());
    let found = crate::testing::messages(&errors);
    assert_eq!(found.len(), 1);
    assert!(found[0].0.contains("`labels` is `\"sentence\"`"), "{found:?}");
    let source =
        "#[form(labels = \"sentence\")] struct A { other_reason: T, #[field(label = \"e-mail\")] email: T, r#type: T }";
    let (expansion, errors) = super::action_form(source.parse().unwrap());
    assert_eq!(crate::testing::messages(&errors), []);
    for name in ["\"Other reason\"", "\"e-mail\"", "\"Type\""] {
        assert!(expansion.to_string().contains(name), "{name}");
    }
}
