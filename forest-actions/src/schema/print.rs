//! The text of a JSON tree: laid out as in the schema file, or compact as it is hashed and sent.
//!
//! The layout is that of the vendor's own file writer, so that moving to this library does not change a committed file (protocol:
//! schema file). That writer can emit text that is not JSON, hence two differences: control characters without a short escape are
//! written `\u00XX`, and keys are escaped.

use super::tree::Node;
use serde_json::Number;

/// One step of indentation in the schema file.
const STEP: usize = 2;

/// Lists of scalars shorter than this stay on one line.
const INLINE_SCALARS: usize = 3;

/// The layout of the schema file: two spaces per level, LF, no newline at the end.
pub(super) fn pretty(node: &Node) -> String {
    let mut out = String::new();
    write_pretty(&mut out, node, 0);
    out
}

/// Without optional white space, as JavaScript's `JSON.stringify`.
pub(super) fn compact(node: &Node) -> String {
    let mut out = String::new();
    write_compact(&mut out, node);
    out
}

/// `indent` is the indentation of the line on which the value begins.
fn write_pretty(out: &mut String, node: &Node, indent: usize) {
    match node {
        Node::Array(values) if values.first().is_none_or(Node::is_container) => {
            // objects open on the line of the bracket and are indented as if they were in its place
            delimited(out, '[', values, ", ", ']', |out, value| {
                write_pretty(out, value, indent)
            });
        }
        Node::Array(values) if values.len() < INLINE_SCALARS => {
            delimited(out, '[', values, ", ", ']', |out, value| {
                write_pretty(out, value, indent + STEP)
            });
        }
        Node::Array(values) => {
            lines(out, '[', values, ']', indent, |out, value| {
                write_pretty(out, value, indent + STEP)
            });
        }
        Node::Object(members) => {
            lines(out, '{', members, '}', indent, |out, (key, value)| {
                write_string(out, key);
                out.push_str(": ");
                write_pretty(out, value, indent + STEP);
            });
        }
        scalar => write_scalar(out, scalar),
    }
}

fn write_compact(out: &mut String, node: &Node) {
    match node {
        Node::Array(values) => delimited(out, '[', values, ",", ']', write_compact),
        Node::Object(members) => delimited(out, '{', members, ",", '}', |out, (key, value)| {
            write_string(out, key);
            out.push(':');
            write_compact(out, value);
        }),
        scalar => write_scalar(out, scalar),
    }
}

fn write_scalar(out: &mut String, node: &Node) {
    match node {
        Node::Bool(true) => out.push_str("true"),
        Node::Bool(false) => out.push_str("false"),
        Node::Number(number) => out.push_str(&number_text(number)),
        Node::String(text) => write_string(out, text),
        // both callers match containers first
        Node::Null | Node::Array(_) | Node::Object(_) => out.push_str("null"),
    }
}

/// All items on the line of the opening bracket.
fn delimited<T>(
    out: &mut String,
    open: char,
    items: &[T],
    separator: &str,
    close: char,
    mut write: impl FnMut(&mut String, &T),
) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        if index > 0 {
            out.push_str(separator);
        }
        write(out, item);
    }
    out.push(close);
}

/// One item per line, one step deeper. Without items there is an empty line between the brackets, as the vendor prints it.
fn lines<T>(
    out: &mut String,
    open: char,
    items: &[T],
    close: char,
    indent: usize,
    mut write: impl FnMut(&mut String, &T),
) {
    out.push(open);
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index > 0 { ",\n" } else { "\n" });
        push_spaces(out, indent + STEP);
        write(out, item);
    }
    out.push_str(if items.is_empty() { "\n\n" } else { "\n" });
    push_spaces(out, indent);
    out.push(close);
}

fn push_spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// serde_json escapes as `JSON.stringify` does.
fn write_string(out: &mut String, text: &str) {
    // a text always has a JSON form
    out.push_str(&serde_json::to_string(text).unwrap_or_default());
}

/// A number as JavaScript prints it, apart from integers that JavaScript cannot hold: these are printed whole, since the file must
/// not change a value.
fn number_text(number: &Number) -> String {
    if let Some(integer) = number.as_i64() {
        integer.to_string()
    } else if let Some(integer) = number.as_u64() {
        integer.to_string()
    } else {
        number.as_f64().map_or_else(|| "null".to_owned(), float_text)
    }
}

/// ECMAScript's `Number::toString` in base ten: plain notation from 1e-6 up to 1e21, scientific outside of it.
fn float_text(value: f64) -> String {
    if !value.is_finite() {
        return "null".to_owned();
    }
    if value == 0.0 {
        // also negative zero, whose sign JavaScript does not print
        return "0".to_owned();
    }
    // like ECMAScript, Rust's scientific form has the shortest digits that read back as the same number: `d.ddde±x`
    let scientific = format!("{:e}", value.abs());
    let (mantissa, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    let digits: String = mantissa.chars().filter(char::is_ascii_digit).collect();
    let point = exponent.parse::<i32>().unwrap_or(0) + 1; // the place of the decimal point, counted in digits
    let sign = if value < 0.0 { "-" } else { "" };
    match usize::try_from(point) {
        Ok(point @ 1..=21) => match digits.split_at_checked(point) {
            Some((whole, "")) => format!("{sign}{whole}"),
            Some((whole, fraction)) => format!("{sign}{whole}.{fraction}"),
            None => format!("{sign}{digits:0<point$}"),
        },
        _ if (-5..=0).contains(&point) => {
            let zeros = "0".repeat(point.unsigned_abs() as usize);
            format!("{sign}0.{zeros}{digits}")
        }
        _ => {
            let exponent = point - 1;
            let (first, rest) = digits.split_at_checked(1).unwrap_or((&digits, ""));
            let dot = if rest.is_empty() { "" } else { "." };
            format!("{sign}{first}{dot}{rest}e{exponent:+}")
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use serde_json::json;

    fn printed(value: serde_json::Value) -> String {
        pretty(&Node::of(&value))
    }

    #[test]
    fn numbers_are_printed_as_javascript_prints_them() {
        for (value, expected) in [
            (12.5, "12.5"),
            (1e-7, "1e-7"),
            (1.5e-7, "1.5e-7"),
            (0.000_001, "0.000001"),
            (0.001_25, "0.00125"),
            (1e21, "1e+21"),
            (1.25e21, "1.25e+21"),
            (1e20, "100000000000000000000"),
            (123_456_789_012_345_680_000.0, "123456789012345680000"),
            (-0.0, "0"),
            (-1.5, "-1.5"),
            (100.0, "100"),
            (f64::MAX, "1.7976931348623157e+308"),
            (f64::MIN_POSITIVE, "2.2250738585072014e-308"),
            (5e-324, "5e-324"),
        ] {
            assert_eq!(float_text(value), expected);
        }
        assert_eq!(number_text(&Number::from(u64::MAX)), "18446744073709551615");
        assert_eq!(number_text(&Number::from(i64::MIN)), "-9223372036854775808");
    }

    #[test]
    fn lists_are_laid_out_by_their_first_element() {
        assert_eq!(printed(json!([])), "[]");
        assert_eq!(printed(json!(["a", "b"])), r#"["a", "b"]"#);
        assert_eq!(printed(json!([1, null, true])), "[\n  1,\n  null,\n  true\n]");
        assert_eq!(
            printed(json!([["01", "02"], ["998", "999"]])),
            r#"[["01", "02"], ["998", "999"]]"#
        );
        assert_eq!(printed(json!([[], "a", "b"])), r#"[[], "a", "b"]"#);
        assert_eq!(
            printed(json!([{"a": 1}, {"b": 2}])),
            "[{\n  \"a\": 1\n}, {\n  \"b\": 2\n}]"
        );
        assert_eq!(printed(json!(["a", {"b": 2}])), "[\"a\", {\n    \"b\": 2\n  }]");
        assert_eq!(
            printed(json!(["a", "b", {"c": 3}])),
            "[\n  \"a\",\n  \"b\",\n  {\n    \"c\": 3\n  }\n]"
        );
    }

    #[test]
    fn empty_objects_hold_an_empty_line() {
        assert_eq!(printed(json!({})), "{\n\n}");
        assert_eq!(printed(json!({"a": {}})), "{\n  \"a\": {\n\n  }\n}");
    }

    #[test]
    fn sch_02_keys_and_every_control_character_are_escaped() {
        let all: String = (0..=0x9f)
            .filter_map(char::from_u32)
            .chain("\u{2028}\u{2029}é🚀\u{feff}".chars())
            .collect();
        let value = json!({ all.as_str(): [all.as_str()] });
        for text in [printed(value.clone()), compact(&Node::of(&value))] {
            assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
            assert!(text.contains("\\u0000") && text.contains("\\u001f") && text.contains("\\b"));
            assert!(text.contains('\u{7f}') && text.contains('\u{2028}') && !text.contains('\u{1}'));
        }
    }

    #[test]
    fn compact_text_is_that_of_serde_json_where_both_agree() {
        let value = json!({"a": [1, -2, 12.5, null, true], "b": {"c\n\"": "é\u{1}\u{7f}"}, "d": {}, "e": []});
        assert_eq!(compact(&Node::of(&value)), value.to_string());
    }
}
