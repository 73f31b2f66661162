//! Validates single argument values: references, sizes, media types, patterns and literal numbers.

use syn::{Expr, Lit, UnOp};

/// The error, to follow the key: `` `reference` `` + ` has no key`.
type Problem = String;

/// `"collection.key"`, split at the last dot: the name of a collection may hold one, that of a column never does.
pub(crate) fn reference(text: &str) -> Result<(), Problem> {
    const HELP: &str = "\n  help: write `reference = \"collection.key\"`, for instance `\"companies.id\"`";
    let problem = match text.rsplit_once('.') {
        _ if text.trim().is_empty() => "is empty".to_owned(),
        None => format!("names no key, found `\"{text}\"`"),
        Some((collection, _)) if collection.trim().is_empty() => format!("names no collection, found `\"{text}\"`"),
        Some((_, key)) if key.trim().is_empty() => format!("names no key, found `\"{text}\"`"),
        Some((collection, key))
            if collection.trim() != collection || key.trim() != key || collection.ends_with('.') =>
        {
            format!("is a collection and its key around one dot, found `\"{text}\"`")
        }
        Some(_) => return Ok(()),
    };
    Err(problem + HELP)
}

/// The units that a size is written in, with their bytes: powers of a thousand, and of 1024.
const UNITS: &[(&str, u64)] = &[
    ("B", 1),
    ("kB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
];

/// `"5 MB"`, `"1.5 GiB"`: the number of bytes.
pub(crate) fn size(text: &str) -> Result<u64, Problem> {
    let trimmed = text.trim();
    let end_of_number = trimmed
        .find(|c: char| !c.is_ascii_digit() && c != '.' && c != '_')
        .unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(end_of_number);
    let unit = unit.trim_start();
    let example = "\n  help: write a number and a unit, for instance `\"5 MB\"`, or the bytes as a number";
    if number.is_empty() || (unit.is_empty() && trimmed.contains('.')) {
        return Err(format!("is no size, found `\"{text}\"`{example}"));
    }
    // `KB` means 1000 bytes, as with `MB`
    let factor = match unit {
        "" | "KB" => Some(if unit.is_empty() { 1 } else { 1_000 }),
        _ => UNITS.iter().find(|(name, _)| *name == unit).map(|(_, factor)| *factor),
    };
    let Some(factor) = factor else {
        let guess = UNITS
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(unit))
            .map(|(name, _)| format!("\n  help: did you mean `{name}`?"))
            .unwrap_or_default();
        let accepted: Vec<String> = UNITS.iter().map(|(name, _)| format!("`{name}`")).collect();
        return Err(format!(
            "has the unknown unit `{unit}`{guess}\n  note: accepted: {}",
            accepted.join(", ")
        ));
    };
    match bytes(number, factor) {
        Some(0) => Err("is zero: no file would be accepted".to_owned()),
        Some(bytes) => Ok(bytes),
        None => Err(format!("is no whole number of bytes, found `\"{text}\"`{example}")),
    }
}

/// `number` times `factor`, exactly; `None` unless the product is a whole number in range.
fn bytes(number: &str, factor: u64) -> Option<u64> {
    let number = number.replace('_', "");
    let (whole, fraction) = number.split_once('.').unwrap_or((&number, "0"));
    let whole = whole.parse::<u64>().ok()?.checked_mul(factor)?;
    let scale = 10_u64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let part = fraction.parse::<u64>().ok()?.checked_mul(factor)?;
    if part % scale != 0 {
        return None;
    }
    whole.checked_add(part / scale)
}

/// `type/subtype`, where the subtype may be `*`, or a file extension.
pub(crate) fn media_type(text: &str) -> Result<(), Problem> {
    const EXAMPLE: &str = "\n  help: write `type/subtype` or an extension, for instance `\"application/pdf\"`, \
                           `\"image/*\"` or `\".pdf\"`";
    let token = |part: &str| !part.is_empty() && part.chars().all(is_token);
    let problem = match text.split_once('/') {
        Some((kind, "*")) if token(kind) && (kind == "*" || !kind.contains('*')) => return Ok(()),
        Some((kind, subtype)) if token(kind) && token(subtype) && !text.contains('*') => return Ok(()),
        Some(_) if text.contains(';') => {
            return Err(format!(
                "has a media type with a parameter, found `\"{text}\"`\n  help: leave out what follows `;`"
            ));
        }
        None if text
            .strip_prefix('.')
            .is_some_and(|rest| token(rest) && !rest.contains('*')) =>
        {
            return Ok(());
        }
        _ => format!("is a list of media types, found `\"{text}\"`"),
    };
    Err(problem + EXAMPLE)
}

/// Token characters of HTTP (RFC 9110 §5.6.2).
fn is_token(character: char) -> bool {
    character.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(character)
}

/// The number where it is written out, to compare it with another one. Anything else is `None`, and compared by the
/// runtime.
pub(crate) fn number(expression: &Expr) -> Option<f64> {
    match expression {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Int(literal) => literal.base10_parse::<u64>().ok().map(|number| {
                #[allow(clippy::cast_precision_loss, reason = "the runtime compares these as `f64` as well")]
                {
                    number as f64
                }
            }),
            Lit::Float(literal) => literal.base10_parse().ok(),
            _ => None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => number(&unary.expr).map(|number| -number),
        Expr::Group(group) => number(&group.expr),
        Expr::Paren(paren) => number(&paren.expr),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{media_type, number, reference, size};

    #[test]
    fn frm_19_a_reference_is_a_collection_a_dot_and_a_key() {
        for text in ["companies.id", "sales orders.order_id", "a.b.id", "é.ü"] {
            assert_eq!(reference(text), Ok(()), "{text}");
        }
        for (text, problem) in [
            ("", "is empty"),
            (" ", "is empty"),
            ("companies", "names no key, found `\"companies\"`"),
            ("companies.", "names no key, found `\"companies.\"`"),
            (".id", "names no collection, found `\".id\"`"),
            (".", "names no collection, found `\".\"`"),
            (
                "companies..id",
                "is a collection and its key around one dot, found `\"companies..id\"`",
            ),
            (
                "companies. id",
                "is a collection and its key around one dot, found `\"companies. id\"`",
            ),
        ] {
            let help = "\n  help: write `reference = \"collection.key\"`, for instance `\"companies.id\"`";
            assert_eq!(reference(text), Err(format!("{problem}{help}")), "{text}");
        }
    }

    #[test]
    fn a_size_is_a_number_with_a_unit() {
        for (text, bytes) in [
            ("1", 1),
            ("5 MB", 5_000_000),
            ("5MB", 5_000_000),
            (" 5  MB ", 5_000_000),
            ("512 KiB", 524_288),
            ("10 kB", 10_000),
            ("10 KB", 10_000),
            ("1_000 B", 1_000),
            ("1.5 MB", 1_500_000),
            ("0.5 KiB", 512),
            ("2 GiB", 2_147_483_648),
            ("3 GB", 3_000_000_000),
            ("1 MiB", 1_048_576),
        ] {
            assert_eq!(size(text), Ok(bytes), "{text}");
        }
        for (text, start) in [
            ("", "is no size, found `\"\"`"),
            ("MB", "is no size, found `\"MB\"`"),
            ("-5 MB", "is no size, found `\"-5 MB\"`"),
            ("1.5", "is no size, found `\"1.5\"`"),
            (
                "5 mb",
                "has the unknown unit `mb`\n  help: did you mean `MB`?\n  note: accepted: `B`, `kB`",
            ),
            (
                "5 megs",
                "has the unknown unit `megs`\n  note: accepted: `B`, `kB`, `MB`",
            ),
            ("5 TB", "has the unknown unit `TB`\n  note: accepted: "),
            ("0 MB", "is zero: no file would be accepted"),
            ("1.2.3 MB", "is no whole number of bytes"),
            ("1. MB", "is no whole number of bytes"),
            ("0.0001 kB", "is no whole number of bytes"),
            ("99999999999 GB", "is no whole number of bytes"),
            ("99999999999999999999 B", "is no whole number of bytes"),
        ] {
            let problem = size(text).unwrap_err();
            assert!(problem.starts_with(start), "{text}: {problem}");
        }
    }

    #[test]
    fn a_media_type_is_a_type_and_a_subtype() {
        for text in [
            "application/pdf",
            "image/*",
            "*/*",
            "image/svg+xml",
            "application/vnd.ms-excel",
            ".csv",
            ".tar.gz",
        ] {
            assert_eq!(media_type(text), Ok(()), "{text}");
        }
        for (text, start) in [
            (
                "",
                "is a list of media types, found `\"\"`\n  help: write `type/subtype`",
            ),
            ("pdf", "is a list of media types, found `\"pdf\"`\n  help"),
            (".", "is a list of media types, found"),
            (".p*", "is a list of media types, found"),
            ("*.pdf", "is a list of media types, found"),
            (". pdf", "is a list of media types, found"),
            ("image/", "is a list of media types, found"),
            ("/png", "is a list of media types, found"),
            ("a/b/c", "is a list of media types, found"),
            ("image /png", "is a list of media types, found"),
            ("*/png", "is a list of media types, found"),
            ("image/p*", "is a list of media types, found"),
            ("text/plain; charset=utf-8", "has a media type with a parameter, found"),
        ] {
            let problem = media_type(text).unwrap_err();
            assert!(problem.starts_with(start), "{text}: {problem}");
        }
    }

    #[test]
    fn only_literal_numbers_are_evaluated() {
        for (source, expected) in [
            ("3", Some(3.0)),
            ("-0.5", Some(-0.5)),
            ("(1_000)", Some(1000.0)),
            ("2u8", Some(2.0)),
            ("1e3", Some(1000.0)),
            ("MAX", None),
            ("1 + 1", None),
            ("\"3\"", None),
        ] {
            assert_eq!(number(&syn::parse_str(source).unwrap()), expected, "{source}");
        }
    }
}
