//! From raw fields to a validated [`Form`]: defaults, and rules that concern several values, such as unique names.
//!
//! `values` checks single values. The compiler checks through the runtime's traits that an argument fits the field's
//! type.

use super::model::{Field, Form, Keyed, Size};
use super::parse::{RawArgs, RawField, integer_literal, string_literal};
use super::values;
use crate::container::Container;
use crate::docs;
use crate::errors::Errors;
use crate::keys;
use crate::names::humanise;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Expr, LitStr};

/// Validates the declaration; returns a form when there were no errors.
pub(crate) fn check(container: Container, fields: Vec<(RawField, Errors)>, errors: &mut Errors) -> Option<Form> {
    let mut checked: Vec<Field> = Vec::with_capacity(fields.len());
    let mut names: Vec<Name> = Vec::with_capacity(fields.len());
    for (field, mut found) in fields {
        let name = name(&field, container.sentence_labels, &mut found);
        checked.push(self::field(field, name.text.clone(), &mut found));
        errors.append(found);
        names.push(name);
    }
    unique(&names, errors);
    errors.is_empty().then_some(Form {
        container,
        fields: checked,
    })
}

/// A field's name, and the token that gives it.
struct Name {
    text: String,
    token: TokenStream,
}

fn name(field: &RawField, sentence_labels: bool, errors: &mut Errors) -> Name {
    match &field.args.label {
        Some(literal) => Name {
            text: keys::not_blank("label", literal, errors),
            token: literal.to_token_stream(),
        },
        None => Name {
            text: match humanise(&field.ident.unraw().to_string()) {
                sentence if sentence_labels && !sentence.is_empty() => sentence,
                _ => field.ident.unraw().to_string(),
            },
            token: field.ident.to_token_stream(),
        },
    }
}

/// Values are sent by name, so a name that two fields share is reported at both of them.
fn unique(names: &[Name], errors: &mut Errors) {
    for (position, name) in names.iter().enumerate() {
        let is_same = |other: &&Name| other.text == name.text && !name.text.trim().is_empty();
        let before = names.iter().take(position).find(is_same);
        let after = names.iter().skip(position + 1).find(is_same);
        if before.is_some() {
            errors.on(
                &name.token,
                format!(
                    "the name `{}` is taken by another field\n  help: a label is also the name that a value is sent under: \
                     give the fields different ones",
                    name.text
                ),
            );
        } else if after.is_some() {
            errors.on(
                &name.token,
                format!("the name `{}` is first used here, and again below", name.text),
            );
        }
    }
}

fn field(field: RawField, name: String, errors: &mut Errors) -> Field {
    let RawField {
        ident,
        vis,
        ty,
        attrs,
        args,
    } = field;
    let RawArgs {
        label: _,
        description,
        default,
        required,
        read_only,
        secret,
        reference,
        widget,
        change,
        search,
        options,
        min,
        max,
        min_length,
        max_length,
        pattern,
        max_size,
        min_count,
        max_count,
        media_types,
    } = args;
    for (key, bound) in [("min", &min), ("max", &max)] {
        if let Some(literal) = bound.as_ref().and_then(|bound| string_literal(&bound.value)) {
            errors.on(literal, format!("`{key}` is a number, found a string"));
        }
    }
    ordered("min", min.as_ref(), "max", max.as_ref(), errors);
    for (low_key, low, high_key, high) in [
        ("min_length", &min_length, "max_length", &max_length),
        ("min_count", &min_count, "max_count", &max_count),
    ] {
        for (key, bound) in [(low_key, low), (high_key, high)] {
            if let Some(bound) = bound {
                whole(key, &bound.value, errors);
            }
        }
        ordered(low_key, low.as_ref(), high_key, high.as_ref(), errors);
    }
    Field {
        name,
        description: match description {
            // An empty text is how to have no description in spite of a doc comment.
            Some(literal) => Some(literal.value()).filter(|text| !text.trim().is_empty()),
            None => docs::description(&attrs),
        },
        reference: reference.map(|reference| {
            judge("reference", &reference.value, values::reference, errors);
            reference.with(reference.value.value())
        }),
        pattern: pattern.map(|pattern| {
            if pattern.value.value().is_empty() {
                errors.on(&pattern.value, "`pattern` is empty");
            }
            pattern.with(pattern.value.value())
        }),
        max_size: max_size.map(|size| self::size(size, errors)),
        media_types: media_types.map(|list| media_types_of(&list, errors)),
        ident,
        vis,
        ty,
        required,
        read_only,
        secret,
        min,
        max,
        min_length,
        max_length,
        min_count,
        max_count,
        options,
        widget,
        default,
        change,
        search,
    }
}

/// Pushes the error of `rule` about the text, on its literal.
fn judge<T>(key: &str, literal: &LitStr, rule: fn(&str) -> Result<T, String>, errors: &mut Errors) -> Option<T> {
    rule(&literal.value())
        .map_err(|problem| errors.on(literal, format!("`{key}` {problem}")))
        .ok()
}

/// Two literal bounds that exclude every value.
pub(crate) fn ordered(
    low_key: &str,
    low: Option<&Keyed<Expr>>,
    high_key: &str,
    high: Option<&Keyed<Expr>>,
    errors: &mut Errors,
) {
    let (Some(low), Some(high)) = (low, high) else { return };
    let (Some(least), Some(most)) = (values::number(&low.value), values::number(&high.value)) else {
        return;
    };
    if least > most {
        errors.on(
            &high.value,
            format!("`{high_key}` is {most}, less than `{low_key}`, which is {least}: no value would be accepted"),
        );
    }
}

/// A length or a count that is written out is neither negative nor broken.
pub(crate) fn whole(key: &str, value: &Expr, errors: &mut Errors) {
    let problem = match values::number(value) {
        Some(number) if number < 0.0 => "is negative",
        Some(_) if integer_literal(value).is_none() => "is not a whole number",
        _ if string_literal(value).is_some() => "is a number, found a string",
        _ => return,
    };
    errors.on(value, format!("`{key}` {problem}"));
}

fn size(size: Keyed<Expr>, errors: &mut Errors) -> Keyed<Size> {
    if let Some(literal) = string_literal(&size.value) {
        let bytes = judge("max_size", literal, values::size, errors);
        return size.with(Size::Bytes(bytes.unwrap_or_default()));
    }
    if let Some(literal) = integer_literal(&size.value) {
        match literal.base10_parse::<u64>() {
            Ok(0) => errors.on(&literal, "`max_size` is zero: no file would be accepted"),
            Ok(bytes) => return size.with(Size::Bytes(bytes)),
            Err(error) => errors.syntax(&error),
        }
    } else if values::number(&size.value).is_some() {
        errors.on(
            &size.value,
            "`max_size` is a whole number of bytes, or a text with a unit, for instance `\"1.5 MB\"`",
        );
    }
    Keyed {
        key: size.key,
        value: Size::Expression(Box::new(size.value)),
    }
}

fn media_types_of(list: &Keyed<Vec<LitStr>>, errors: &mut Errors) -> Keyed<Vec<String>> {
    let mut texts: Vec<String> = Vec::with_capacity(list.value.len());
    for literal in &list.value {
        let text = literal.value();
        let is_valid = judge("media_types", literal, values::media_type, errors).is_some();
        if is_valid && texts.iter().any(|other| other.eq_ignore_ascii_case(&text)) {
            errors.at(literal.span(), format!("`media_types` names `{text}` twice"));
        }
        texts.push(text);
    }
    list.with(texts)
}

#[cfg(test)]
mod tests {
    use crate::action_form::action_form;
    use crate::testing::messages;

    /// The tokens of the attribute on the only field.
    fn field(attributes: &str) -> String {
        let (expansion, errors) = action_form(format!("struct A {{ {attributes} b: T }}").parse().unwrap());
        assert_eq!(messages(&errors), [], "{attributes}");
        expansion.to_string().replace(' ', "")
    }

    #[test]
    fn the_description_defaults_to_the_doc_comment() {
        for (attributes, expected) in [
            ("/// Doc.\n", Some("\"Doc.\"")),
            ("/// Doc.\n#[field(description = \"Given\")]", Some("\"Given\"")),
            ("#[field(description = \"Given\")]", Some("\"Given\"")),
            ("/// Doc.\n#[field(description = \"\")]", None),
            ("", None),
        ] {
            let expansion = field(attributes);
            match expected {
                Some(text) => assert!(expansion.contains(&format!(".description({text})")), "{expansion}"),
                None => assert!(!expansion.contains("description"), "{expansion}"),
            }
        }
    }

    #[test]
    fn the_name_defaults_to_the_identifier() {
        for (source, name) in [
            ("struct A { amount: T }", "amount"),
            ("struct A { r#type: T }", "type"),
            ("struct A { isOpen: T }", "isOpen"),
            (
                "struct A { #[field(label = \"Amount (USD)\")] amount: T }",
                "Amount (USD)",
            ),
            ("struct A { #[field(label = \" é \")] amount: T }", " é "),
        ] {
            let (expansion, errors) = action_form(source.parse().unwrap());
            assert_eq!(messages(&errors), [], "{source}");
            assert!(expansion.to_string().contains(&format!("({name:?})")), "{source}");
        }
    }

    #[test]
    fn sizes_are_expanded_to_bytes() {
        for (value, expected) in [
            ("\"5 MB\"", "5000000"),
            ("\"512 KiB\"", "524288"),
            ("5_000", "5000"),
            ("0x10", "16"),
            ("LIMIT", "LIMIT"),
            ("5 * MEGA", "5*MEGA"),
        ] {
            let expansion = field(&format!("#[field(max_size = {value})]"));
            assert!(expansion.contains(&format!(".max_size({expected})")), "{expansion}");
        }
    }
}
