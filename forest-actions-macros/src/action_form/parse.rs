//! The arguments of `#[field(…)]`, from tokens to raw values.
//!
//! Values are validated later, in `checks`, so that a syntax error does not hide an invalid value elsewhere.

use super::model::{Keyed, Options, Widget};
use crate::attributes;
use crate::container::read_all;
use crate::errors::Errors;
use crate::keys::{self, Callee, Key, Seen, Vocabulary};
use proc_macro2::{Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, ExprPath, Ident, LitInt, LitStr, Token, Type, Visibility, token};

/// The arguments of `#[form(…)]` on the struct.
pub(crate) const FORM: Vocabulary = Vocabulary {
    accepted: &["labels", "layout", "crate"],
    aliases: &[
        ("label", "labels"),
        ("rename_all", "labels"),
        ("pages", "layout"),
        ("rows", "layout"),
    ],
};

/// The arguments of `#[field(…)]`, in the order of the documentation, with their names in other agents and derives.
const FIELD: Vocabulary = Vocabulary {
    accepted: &[
        "label",
        "description",
        "default",
        "required",
        "read_only",
        "secret",
        "reference",
        "widget",
        "change",
        "search",
        "options",
        "min",
        "max",
        "min_length",
        "max_length",
        "pattern",
        "max_size",
        "min_count",
        "max_count",
        "media_types",
    ],
    aliases: &[
        ("name", "label"),
        ("field", "label"),
        ("rename", "label"),
        ("title", "label"),
        ("help", "description"),
        ("default_value", "default"),
        ("value", "default"),
        ("is_required", "required"),
        ("mandatory", "required"),
        ("is_read_only", "read_only"),
        ("is_readonly", "read_only"),
        ("readonly", "read_only"),
        ("disabled", "read_only"),
        ("sensitive", "secret"),
        ("redact", "secret"),
        ("redacted", "secret"),
        ("password", "secret"),
        ("references", "reference"),
        ("collection", "reference"),
        ("widget_edit", "widget"),
        ("editor", "widget"),
        ("hook", "change"),
        ("on_change", "change"),
        ("on_search", "search"),
        ("enums", "options"),
        ("enum_values", "options"),
        ("choices", "options"),
        ("minimum", "min"),
        ("maximum", "max"),
        ("length", "max_length"),
        ("regex", "pattern"),
        ("format", "pattern"),
        ("size", "max_size"),
        ("count", "max_count"),
        ("accept", "media_types"),
        ("mime_types", "media_types"),
        ("extensions", "media_types"),
    ],
};

/// The widgets, with their names in the vendor's two generations of agents.
const WIDGETS: Vocabulary = Vocabulary {
    accepted: &[
        "dropdown",
        "radio_group",
        "checkbox_group",
        "checkbox",
        "text_input",
        "text_input_list",
        "text_area",
        "rich_text",
        "number_input",
        "number_input_list",
        "currency_input",
        "color_picker",
        "date_picker",
        "time_picker",
        "file_picker",
        "json_editor",
        "user_dropdown",
        "address_autocomplete",
        "belongs_to_dropdown",
        "belongs_to_typeahead",
    ],
    aliases: &[
        ("select", "dropdown"),
        ("radio", "radio_group"),
        ("radio_button", "radio_group"),
        ("checkboxes", "checkbox_group"),
        ("multiple_select", "checkbox_group"),
        ("boolean_editor", "checkbox"),
        ("toggle", "checkbox"),
        ("text", "text_input"),
        ("text_editor", "text_input"),
        ("input_array", "text_input_list"),
        ("textarea", "text_area"),
        ("text_area_editor", "text_area"),
        ("rich_text_editor", "rich_text"),
        ("number", "number_input"),
        ("price", "currency_input"),
        ("price_editor", "currency_input"),
        ("currency", "currency_input"),
        ("color", "color_picker"),
        ("color_editor", "color_picker"),
        ("date", "date_picker"),
        ("date_editor", "date_picker"),
        ("time", "time_picker"),
        ("time_editor", "time_picker"),
        ("file", "file_picker"),
        ("json", "json_editor"),
        ("json_code_editor", "json_editor"),
        ("user", "user_dropdown"),
        ("assignee_editor", "user_dropdown"),
        ("address", "address_autocomplete"),
        ("address_editor", "address_autocomplete"),
        ("belongs_to", "belongs_to_dropdown"),
        ("belongsto_dropdown", "belongs_to_dropdown"),
        ("belongsto_typeahead", "belongs_to_typeahead"),
    ],
};

/// A field as it was written.
pub(crate) struct RawField {
    pub(crate) ident: Ident,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) args: RawArgs,
}

/// The arguments of one field; `None` when absent or unreadable.
#[derive(Default)]
pub(crate) struct RawArgs {
    pub(crate) label: Option<LitStr>,
    pub(crate) description: Option<LitStr>,
    pub(crate) default: Option<Expr>,
    pub(crate) required: Option<Keyed<bool>>,
    pub(crate) read_only: Option<Keyed<()>>,
    pub(crate) secret: Option<Keyed<()>>,
    pub(crate) reference: Option<Keyed<LitStr>>,
    pub(crate) widget: Option<Keyed<Widget>>,
    pub(crate) change: Option<Keyed<ExprPath>>,
    pub(crate) search: Option<Keyed<ExprPath>>,
    pub(crate) options: Option<Keyed<Options>>,
    pub(crate) min: Option<Keyed<Expr>>,
    pub(crate) max: Option<Keyed<Expr>>,
    pub(crate) min_length: Option<Keyed<Expr>>,
    pub(crate) max_length: Option<Keyed<Expr>>,
    pub(crate) pattern: Option<Keyed<LitStr>>,
    pub(crate) max_size: Option<Keyed<Expr>>,
    pub(crate) min_count: Option<Keyed<Expr>>,
    pub(crate) max_count: Option<Keyed<Expr>>,
    pub(crate) media_types: Option<Keyed<Vec<LitStr>>>,
}

/// Reads all `#[field(…)]` attributes among `attrs`, and pushes errors.
pub(crate) fn parse(attrs: &[Attribute], errors: &mut Errors) -> RawArgs {
    let mut raw = RawArgs::default();
    let mut seen = Seen::default();
    attributes::misplaced(attrs, "form", "a field", "here it is `#[field(…)]`", errors);
    for arguments in attributes::arguments(attrs, "field", "label = \"…\"", errors) {
        attributes::read_entries(
            arguments.tokens,
            errors,
            "label",
            |word| FIELD.has(word),
            |key, input, errors| {
                keys::accept(key, &FIELD, &mut seen, errors)?;
                argument(key, input, &mut raw, errors)
            },
        );
    }
    raw
}

fn argument(key: &Key, input: ParseStream, raw: &mut RawArgs, errors: &mut Errors) -> Option<()> {
    let span = key.token.span();
    match key.name.as_str() {
        "label" => raw.label = Some(keys::string(key, input, errors)?),
        "description" => raw.description = Some(keys::string(key, input, errors)?),
        "default" => raw.default = Some(keys::expression(key, input, errors, "a value of the field", "…")?),
        "required" => raw.required = keyed(span, keys::flag_or_boolean(key, input, errors)?),
        "read_only" => raw.read_only = keyed(span, keys::flag(key, input, errors)?),
        "secret" => raw.secret = keyed(span, keys::flag(key, input, errors)?),
        "reference" => raw.reference = keyed(span, keys::string(key, input, errors)?),
        "widget" => raw.widget = keyed(span, widget(key, input, errors)?),
        "change" => raw.change = keyed(span, keys::function(key, Callee::Async, input, errors)?),
        "search" => raw.search = keyed(span, keys::function(key, Callee::Async, input, errors)?),
        "options" => raw.options = keyed(span, options(key, input, errors)?),
        "min" => raw.min = keyed(span, number(key, input, errors)?),
        "max" => raw.max = keyed(span, number(key, input, errors)?),
        "min_length" => raw.min_length = keyed(span, integer(key, input, errors)?),
        "max_length" => raw.max_length = keyed(span, integer(key, input, errors)?),
        "pattern" => raw.pattern = keyed(span, keys::string(key, input, errors)?),
        "max_size" => raw.max_size = keyed(span, size(key, input, errors)?),
        "min_count" => raw.min_count = keyed(span, integer(key, input, errors)?),
        "max_count" => raw.max_count = keyed(span, integer(key, input, errors)?),
        "media_types" => raw.media_types = keyed(span, media_types(key, input, errors)?),
        // unreachable: each name of `FIELD` has an arm, which a test asserts
        _ => return None,
    }
    Some(())
}

#[allow(
    clippy::unnecessary_wraps,
    reason = "every caller stores an option, and reads better in one line"
)]
fn keyed<T>(key: Span, value: T) -> Option<Keyed<T>> {
    Some(Keyed { key, value })
}

fn number(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<Expr> {
    keys::expression(key, input, errors, "a number", "1")
}

fn integer(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<Expr> {
    keys::expression(key, input, errors, "a whole number", "1")
}

fn size(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<Expr> {
    keys::expression(key, input, errors, "a number of bytes or a size", "\"5 MB\"")
}

/// The flag, for options that a hook sets, or `= path` of a function that gives them.
fn options(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<Options> {
    if Key::is_alone(input) {
        return Some(Options::Dynamic);
    }
    keys::function(key, Callee::Plain, input, errors).map(Options::Function)
}

/// Reads `= name` or `= name(key = expression, flag, …)`.
fn widget(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<Widget> {
    keys::value(
        key,
        input,
        errors,
        "the name of a widget",
        "text_area(rows = 4)",
        |input, errors| {
            let start = keys::found(input);
            if input.peek(LitStr) {
                let literal: LitStr = input.parse().ok()?;
                let advice = WIDGETS.advice(&literal.value().replace([' ', '-'], "_"), "");
                errors.on(
                    &literal,
                    format!("`widget` takes the name of a widget without quotes, found a string{advice}"),
                );
                return None;
            }
            let Ok(name) = Ident::parse_any(input) else {
                errors.on(
                    &start.token,
                    format!(
                        "`widget` takes the name of a widget, found {}\n  help: write `widget = text_area(rows = 4)`",
                        start.text
                    ),
                );
                return None;
            };
            if input.peek(Token![::]) || !WIDGETS.has(&name.to_string()) {
                let message = if input.peek(Token![::]) {
                    let path = TokenStream::from_iter(path_tokens(&name, input));
                    let last = path.clone().into_iter().last().map(|token| token.to_string());
                    format!(
                        "`widget` takes the name of a widget alone, found the path `{}`{}",
                        attributes::compact(path),
                        WIDGETS.advice(&last.unwrap_or_default(), "")
                    )
                } else {
                    let name = name.to_string();
                    format!("unknown widget `{name}`{}", WIDGETS.advice(&name, ""))
                };
                errors.on(&name, message);
                return None;
            }
            let parameters = if input.peek(token::Paren) {
                let group: proc_macro2::Group = input.parse().ok()?;
                widget_parameters(&name, group.stream(), errors)
            } else {
                Vec::new()
            };
            Some(Widget { name, parameters })
        },
    )
}

/// The rest of a path that began with `first`, taken from the input as far as its segments go.
fn path_tokens(first: &Ident, input: ParseStream) -> Vec<TokenTree> {
    let mut tokens = vec![TokenTree::Ident(first.clone())];
    while let Ok(separator) = input.parse::<Token![::]>() {
        tokens.extend(separator.into_token_stream());
        if let Ok(segment) = Ident::parse_any(input) {
            tokens.push(TokenTree::Ident(segment));
        }
    }
    tokens
}

/// The parameters of widgets that are named alone. The compiler would report a value for them, in the words of a
/// method with too many arguments.
const FLAGS: &[&str] = &["searchable", "dynamic_search", "cents"];

/// Reads `key = expression, flag, …`; the widget's builder checks the keys.
fn widget_parameters(widget: &Ident, list: TokenStream, errors: &mut Errors) -> Vec<(Ident, Option<Expr>)> {
    let mut parameters = Vec::new();
    let mut seen = Seen::default();
    attributes::read_entries(
        list,
        errors,
        "placeholder",
        |_| false,
        |key, input, errors| {
            keys::accept_once(key, &mut seen, errors)?;
            let value = if FLAGS.contains(&key.name.as_str()) {
                keys::flag(key, input, errors)?;
                None
            } else {
                Some(keys::expression(key, input, errors, "a value", "…")?)
            };
            // A keyword would not even parse as the name of a method.
            if let Ok(name) = syn::parse2::<Ident>(key.token.clone()) {
                parameters.push((name, value));
            } else {
                let message = format!("the widget `{widget}` has no parameter `{}`", key.name);
                errors.on(&key.token, message);
            }
            Some(())
        },
    );
    parameters
}

/// Reads `= ["type/subtype", ".extension", …]`.
fn media_types(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<Vec<LitStr>> {
    const WHAT: &str = "a list of media types";
    const EXAMPLE: &str = "[\"application/pdf\", \"image/*\"]";
    keys::value(key, input, errors, WHAT, EXAMPLE, |input, errors| {
        if !input.peek(token::Bracket) {
            let found = keys::found(input);
            let help = if input.peek(LitStr) {
                format!("[{}]", found.token)
            } else {
                EXAMPLE.to_owned()
            };
            errors.on(
                &found.token,
                format!(
                    "`{}` takes {WHAT}, found {}\n  help: write `media_types = {help}`",
                    key.name, found.text
                ),
            );
            return None;
        }
        let group: proc_macro2::Group = input.parse().ok()?;
        if group.stream().is_empty() {
            errors.on(
                &group,
                format!(
                    "`{}` is empty: no file could be given\n  help: leave it out to accept every file",
                    key.name
                ),
            );
            return None;
        }
        read_all(group.stream(), errors, |input, errors| {
            let mut literals = Vec::new();
            while !input.is_empty() {
                // checked first, because parsing would consume a literal of another kind
                if input.peek(LitStr) {
                    literals.push(input.parse().ok()?);
                }
                if !Key::is_alone(input) {
                    let found = keys::found(input);
                    let message = format!("`media_types` is a list of strings, found {}", found.text);
                    errors.on(&found.token, message);
                    while !Key::is_alone(input) {
                        input.parse::<TokenTree>().ok()?;
                    }
                }
                input.parse::<Option<Token![,]>>().ok()?;
            }
            Some(literals)
        })
    })
}

/// The value of an integer literal, also inside an invisible group.
pub(crate) fn integer_literal(expression: &Expr) -> Option<LitInt> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Int(literal) => Some(literal.clone()),
            _ => None,
        },
        Expr::Group(group) => integer_literal(&group.expr),
        Expr::Paren(paren) => integer_literal(&paren.expr),
        _ => None,
    }
}

/// The literal where the expression is one string, also inside an invisible group.
pub(crate) fn string_literal(expression: &Expr) -> Option<&LitStr> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            syn::Lit::Str(literal) => Some(literal),
            _ => None,
        },
        Expr::Group(group) => string_literal(&group.expr),
        Expr::Paren(paren) => string_literal(&paren.expr),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{FIELD, FORM, WIDGETS, parse};
    use crate::attributes::compact;
    use crate::errors::Errors;
    use crate::testing::messages;
    use syn::parse::Parser;

    fn raw(attribute: &str) -> (super::RawArgs, Errors) {
        let attrs = syn::Attribute::parse_outer.parse_str(attribute).unwrap();
        let mut errors = Errors::about("test");
        (parse(&attrs, &mut errors), errors)
    }

    #[test]
    fn every_known_argument_is_handled() {
        for argument in FIELD.accepted {
            let tried = ["= \"a\"", "= 1", "= true", "= dropdown", "= [\"a/b\"]", "= a", ""]
                .iter()
                .any(|value| raw(&format!("#[field({argument} {value})]")).1.is_empty());
            assert!(tried, "`{argument}` is in the vocabulary and not read");
        }
    }

    #[test]
    fn every_alias_maps_to_an_accepted_word() {
        for vocabulary in [&FIELD, &FORM, &WIDGETS] {
            for (alias, word) in vocabulary.aliases {
                assert!(vocabulary.has(word), "`{alias}` leads to `{word}`");
                assert!(!vocabulary.has(alias), "`{alias}` is accepted itself");
            }
        }
    }

    #[test]
    fn several_attributes_are_merged() {
        let (raw, errors) = raw("#[field] #[field()] #[field(label = \"L\")] #[field(min = 1, max = -2 + X,)]");
        assert_eq!(messages(&errors), []);
        assert_eq!(raw.label.unwrap().value(), "L");
        assert_eq!(compact(raw.min.unwrap().value), "1");
        assert_eq!(compact(raw.max.unwrap().value), "-2+X");
    }

    #[test]
    fn widget_parameters_keep_their_order() {
        let (raw, errors) =
            raw("#[field(widget = dropdown(rows = 2 * 2, searchable, placeholder = \"a, b\",), required = false)]");
        assert_eq!(messages(&errors), []);
        let widget = raw.widget.unwrap().value;
        assert_eq!(widget.name, "dropdown");
        let parameters: Vec<_> = widget
            .parameters
            .iter()
            .map(|(name, value)| format!("{name} {}", compact(value)))
            .collect();
        assert_eq!(parameters, ["rows 2*2", "searchable ", "placeholder \"a,b\""]);
        assert!(!raw.required.unwrap().value);
    }
}
