//! The arguments of `#[column(…)]`, from tokens to raw values.

use super::model::Default as DefaultValue;
use crate::action_form::Keyed;
use crate::attributes;
use crate::container::read_all;
use crate::errors::Errors;
use crate::keys::{self, Key, Seen, Vocabulary};
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, Ident, LitStr, Token, Type};

/// The arguments of `#[import(…)]` on the struct.
pub(crate) const IMPORT: Vocabulary = Vocabulary {
    accepted: &["crate"],
    aliases: &[],
};

/// The arguments of `#[column(…)]`, in the order of the documentation, with their names in other derives.
const COLUMN: Vocabulary = Vocabulary {
    accepted: &[
        "name",
        "aliases",
        "default",
        "min",
        "max",
        "min_length",
        "max_length",
        "pattern",
    ],
    aliases: &[
        ("label", "name"),
        ("rename", "name"),
        ("header", "name"),
        ("title", "name"),
        ("column", "name"),
        ("alias", "aliases"),
        ("names", "aliases"),
        ("or", "aliases"),
        ("default_value", "default"),
        ("optional", "default"),
        ("minimum", "min"),
        ("maximum", "max"),
        ("length", "max_length"),
        ("regex", "pattern"),
        ("format", "pattern"),
    ],
};

/// A column as it was written.
pub(crate) struct RawColumn {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) args: RawArgs,
}

/// The arguments of one column; `None` when absent or unreadable.
#[derive(Default)]
pub(crate) struct RawArgs {
    pub(crate) name: Option<LitStr>,
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) default: Option<Keyed<DefaultValue>>,
    pub(crate) min: Option<Keyed<Expr>>,
    pub(crate) max: Option<Keyed<Expr>>,
    pub(crate) min_length: Option<Keyed<Expr>>,
    pub(crate) max_length: Option<Keyed<Expr>>,
    pub(crate) pattern: Option<Keyed<LitStr>>,
}

/// Reads all `#[column(…)]` attributes among `attrs`, and pushes errors.
pub(crate) fn parse(attrs: &[Attribute], errors: &mut Errors) -> RawArgs {
    let mut raw = RawArgs::default();
    let mut seen = Seen::default();
    for other in ["import", "field"] {
        attributes::misplaced(attrs, other, "a column", "here it is `#[column(…)]`", errors);
    }
    for arguments in attributes::arguments(attrs, "column", "name = \"…\"", errors) {
        attributes::read_entries(
            arguments.tokens,
            errors,
            "name",
            |word| COLUMN.has(word),
            |key, input, errors| {
                keys::accept(key, &COLUMN, &mut seen, errors)?;
                argument(key, input, &mut raw, errors)
            },
        );
    }
    raw
}

fn argument(key: &Key, input: ParseStream, raw: &mut RawArgs, errors: &mut Errors) -> Option<()> {
    let span = key.token.span();
    let expression = |what, errors: &mut Errors| {
        let value = keys::expression(key, input, errors, what, "1")?;
        Some(Keyed { key: span, value })
    };
    match key.name.as_str() {
        "name" => raw.name = Some(keys::string(key, input, errors)?),
        "aliases" => raw.aliases = aliases(key, input, errors)?,
        "default" => {
            let value = match Key::is_alone(input) {
                true => DefaultValue::OfType,
                false => DefaultValue::Value(Box::new(keys::expression(
                    key,
                    input,
                    errors,
                    "a value of the column",
                    "…",
                )?)),
            };
            raw.default = Some(Keyed { key: span, value });
        }
        "min" => raw.min = Some(expression("a number", errors)?),
        "max" => raw.max = Some(expression("a number", errors)?),
        "min_length" => raw.min_length = Some(expression("a whole number", errors)?),
        "max_length" => raw.max_length = Some(expression("a whole number", errors)?),
        "pattern" => {
            let value = keys::string(key, input, errors)?;
            raw.pattern = Some(Keyed { key: span, value });
        }
        // unreachable: each name of `COLUMN` has an arm, which a test asserts
        _ => return None,
    }
    Some(())
}

/// Reads `("…", "…")`.
fn aliases(key: &Key, input: ParseStream, errors: &mut Errors) -> Option<Vec<LitStr>> {
    const EXAMPLE: &str = "\"company\", \"company name\"";
    let group = keys::list(key, input, errors, EXAMPLE)?;
    if group.stream().is_empty() {
        errors.on(
            &group,
            format!("`aliases` is empty\n  help: write `aliases({EXAMPLE})`"),
        );
        return None;
    }
    read_all(group.stream(), errors, |input, errors| {
        let mut names = Vec::new();
        while !input.is_empty() {
            let found = keys::found(input);
            let literal = input.parse::<LitStr>().ok();
            if literal.is_none() || !Key::is_alone(input) {
                let found = if literal.is_some() { keys::found(input) } else { found };
                errors.on(
                    &found.token,
                    format!("`aliases` is a list of strings, found {}", found.text),
                );
                return None;
            }
            names.extend(literal);
            input.parse::<Option<Token![,]>>().ok()?;
        }
        Some(names)
    })
}

#[cfg(test)]
mod tests {
    use super::{COLUMN, parse};
    use crate::errors::Errors;
    use syn::parse::Parser;

    #[test]
    fn every_known_argument_is_handled() {
        for argument in COLUMN.accepted {
            let is_read = ["= \"a\"", "= 1", "(\"a\")"].iter().any(|value| {
                let attribute = format!("#[column({argument} {value})]");
                let attrs = syn::Attribute::parse_outer.parse_str(&attribute).unwrap();
                let mut errors = Errors::about("test");
                parse(&attrs, &mut errors);
                errors.is_empty()
            });
            assert!(is_read, "`{argument}` is in the vocabulary and not read");
        }
    }

    #[test]
    fn every_alias_maps_to_an_accepted_word() {
        for (alias, word) in COLUMN.aliases {
            assert!(COLUMN.has(word), "`{alias}` leads to `{word}`");
            assert!(!COLUMN.has(alias), "`{alias}` is accepted itself");
        }
    }
}
