//! Doc comments as the help texts that Forest Admin shows.
//!
//! A text made by a macro (`#[doc = include_str!("…")]`) is not available to a derive and is ignored.

use syn::{Attribute, Expr, Lit, Meta};

/// The doc comment among `attrs` as plain text, or `None` when there is none or it is blank.
pub(crate) fn description(attrs: &[Attribute]) -> Option<String> {
    let mut lines: Vec<String> = Vec::new();
    for attr in attrs.iter().filter(|attr| attr.path().is_ident("doc")) {
        if let Meta::NameValue(pair) = &attr.meta
            && let Some(text) = literal(&pair.value)
        {
            lines.extend(trimmed_lines(&text));
        }
    }
    let text = lines.join("\n");
    let text = text.trim();
    (!text.is_empty()).then(|| text.to_owned())
}

/// The string that is written there; a literal passed through a `macro_rules!` sits in an invisible group.
fn literal(value: &Expr) -> Option<String> {
    match value {
        Expr::Lit(expression) => match &expression.lit {
            Lit::Str(text) => Some(text.value()),
            _ => None,
        },
        Expr::Group(group) => literal(&group.expr),
        _ => None,
    }
}

/// The lines of one doc attribute, each without the space behind `///` and the end of the line.
///
/// A block comment is one attribute with many lines; where each of them begins with a star, as is the custom, the
/// stars are not part of the text.
fn trimmed_lines(text: &str) -> Vec<String> {
    let is_starred = text.contains('\n')
        && text
            .lines()
            .skip(1)
            .filter(|line| !line.trim().is_empty())
            .all(|line| line.trim_start().starts_with('*'));
    // `str::lines` yields nothing for an empty text, which is the blank line between two paragraphs
    text.split('\n')
        .enumerate()
        .map(|(position, line)| {
            let line = if is_starred && position > 0 {
                let line = line.trim_start();
                line.strip_prefix('*').unwrap_or(line)
            } else {
                line
            };
            line.strip_prefix(' ').unwrap_or(line).trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::description;
    use syn::{Attribute, parse::Parser};

    #[test]
    fn doc_comments_are_converted_to_text() {
        for (source, expected) in [
            ("", None),
            ("///", None),
            ("///   ", None),
            ("/// The amount", Some("The amount")),
            ("///The amount", Some("The amount")),
            ("/// One\n/// two  \n///\n///   - three", Some("One\ntwo\n\n  - three")),
            ("///\n/// Between blank lines\n///", Some("Between blank lines")),
            ("#[doc = \"written out\"]", Some("written out")),
            ("#[doc(hidden)] #[inline] /// x", Some("x")),
            (
                "#[doc = include_str!(\"a.md\")] #[doc = \" and a line\"]",
                Some("and a line"),
            ),
            ("/** A block */", Some("A block")),
            ("/**\n * One\n *\n *  two\n */", Some("One\n\n two")),
            ("/**\n One\n   * two\n*/", Some("One\n  * two")),
            ("/// Tomáš's “price”, <b>bold</b>", Some("Tomáš's “price”, <b>bold</b>")),
        ] {
            let attrs = Attribute::parse_outer.parse_str(source).unwrap();
            assert_eq!(description(&attrs).as_deref(), expected, "{source}");
        }
    }
}
