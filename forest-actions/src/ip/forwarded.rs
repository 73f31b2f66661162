//! The `Forwarded` header (RFC 7239).
//!
//! A line that breaks the grammar names no client at all: a lenient reading of an open quote would let a caller swallow the
//! element that the proxy appended to its line. Beyond the grammar, blanks around `;` and `=` and an unquoted `:`, `[` or `]`
//! in a value are accepted, because proxies send them and they cannot move the border of an element.

use std::net::IpAddr;

use super::client::node;

const BLANKS: [char; 2] = [' ', '\t'];

/// The address in the `for` parameter of each element, in order; `None` for an element without one and for a hidden,
/// unknown or malformed node.
///
/// Returns `None` for a malformed line, and for a line in which an element has two `for` parameters.
pub(super) fn clients(line: &str) -> Option<Vec<Option<IpAddr>>> {
    let mut rest = line;
    let mut clients = Vec::new();
    let mut client: Option<Option<IpAddr>> = None;
    loop {
        rest = rest.trim_start_matches(BLANKS);
        if !rest.is_empty() && !rest.starts_with([';', ',']) {
            let (name, value, after) = pair(rest)?;
            if name.eq_ignore_ascii_case("for") && client.replace(node(value)).is_some() {
                return None;
            }
            rest = after.trim_start_matches(BLANKS);
        }
        if let Some(after) = rest.strip_prefix(';') {
            rest = after;
            continue;
        }
        clients.push(client.take().flatten());
        if rest.is_empty() {
            return Some(clients);
        }
        rest = rest.strip_prefix(',')?;
    }
}

/// The name and the value of the leading pair, and the text after it. Escapes in a quoted value stay, since an address
/// never contains any.
fn pair(text: &str) -> Option<(&str, &str, &str)> {
    let (name, rest) = leading(text, is_token)?;
    let rest = rest.trim_start_matches(BLANKS).strip_prefix('=')?;
    let rest = rest.trim_start_matches(BLANKS);
    let (value, rest) = match rest.strip_prefix('"') {
        Some(quoted) => quoted_string(quoted)?,
        None => leading(rest, |c| is_token(c) || matches!(c, ':' | '[' | ']'))?,
    };
    Some((name, value, rest))
}

/// The longest start of a text of which all characters pass; `None` when it is empty.
fn leading(text: &str, passes: impl Fn(char) -> bool) -> Option<(&str, &str)> {
    let end = text.find(|c| !passes(c)).unwrap_or(text.len());
    text.split_at_checked(end).filter(|(start, _)| !start.is_empty())
}

/// `tchar` of RFC 9110.
fn is_token(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(c)
}

/// The content of a quoted string whose opening quote was removed, and the text after the closing one.
fn quoted_string(text: &str) -> Option<(&str, &str)> {
    let mut is_escaped = false;
    let is_end = |c: char| {
        let is_end = c == '"' && !is_escaped;
        is_escaped = c == '\\' && !is_escaped;
        is_end
    };
    let (content, rest) = text.split_once(is_end)?;
    let is_text = |c: char| c == '\t' || !c.is_ascii_control();
    content.chars().all(is_text).then_some((content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Option<Vec<String>> {
        let texts = |client: Option<IpAddr>| client.map_or_else(|| "-".to_owned(), |ip| ip.to_string());
        clients(line).map(|clients| clients.into_iter().map(texts).collect())
    }

    #[test]
    fn elements_are_read_by_the_grammar() {
        for (line, expected) in [
            ("for=192.0.2.43", &["192.0.2.43"][..]),
            ("For=\"[2001:db8:cafe::17]:4711\"", &["2001:db8:cafe::17"]),
            ("for=192.0.2.60;proto=http;by=203.0.113.43", &["192.0.2.60"]),
            ("for=192.0.2.43, for=198.51.100.17", &["192.0.2.43", "198.51.100.17"]),
            ("proto=https;FOR=192.0.2.1", &["192.0.2.1"]),
            // quoted separators belong to the value
            ("host=\"a,b;for=1.1.1.1\";for=192.0.2.1", &["192.0.2.1"]),
            ("by=\"a\\\",for=1.1.1.1\";for=192.0.2.1", &["192.0.2.1"]),
            ("by=\"\\\\\";for=192.0.2.1", &["192.0.2.1"]),
            // without an address
            ("for=unknown, for=_hidden, for=\"_SEVKISEK:80\"", &["-", "-", "-"]),
            ("for=\"\", for=\"1\\.2.3.4\", for=999.1.1.1", &["-", "-", "-"]),
            ("for=\"[1.2.3.4]\", for=\"[::1\", for=\"1.2.3.4:\"", &["-", "-", "-"]),
            ("proto=https", &["-"]),
            ("", &["-"]),
            (" ,for=192.0.2.1,", &["-", "192.0.2.1", "-"]),
            (";;for=192.0.2.1;", &["192.0.2.1"]),
            // beyond the grammar
            (
                "for = 192.0.2.1 ; proto = http\t, for=\"192.0.2.2\" ",
                &["192.0.2.1", "192.0.2.2"],
            ),
            ("for=192.0.2.1:80, for=[2001:db8::1]:80", &["192.0.2.1", "2001:db8::1"]),
            ("for=::ffff:192.0.2.1", &["192.0.2.1"]),
        ] {
            let expected = expected.iter().map(ToString::to_string).collect();
            assert_eq!(read(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn malformed_lines_name_no_client() {
        for line in [
            // an open quote would swallow the proxy's element
            "for=1.2.3.4;x=\", for=6.6.6.6",
            "for=1.2.3.4;x=\", for=6.6.6.6;proto=https;by=10.0.0.1",
            "for=1.2.3.4;x=\", for=\"[2001:db8::1]:80\"",
            "for=1.2.3.4;x=\"\\, for=6.6.6.6",
            "for=1.2.3.4;x=\", for=6.6.6.6;host=\"evil\"\"",
            "for=1.2.3.4;x=\"\\\", for=6.6.6.6",
            // text beside a quoted string
            "for=1.2.3.4;x=\"a\"b, for=6.6.6.6",
            "for=1.2.3.4;x=a\"b\", for=6.6.6.6",
            "for=\"1.2.3.4\"\"\"",
            // a quote opens a value only
            "\"for=1.2.3.4\"",
            "for\"=1.2.3.4\"",
            "\"",
            // no pair
            "for",
            "for=",
            "=1.2.3.4",
            "for==1.2.3.4",
            "1.2.3.4",
            "for=1.2.3.4;secret",
            "for=1.2.3.4 proto=http",
            "for=1.2.3.4 5",
            "fo r=1.2.3.4",
            "?",
            "for=é",
            "for=1.2.3.4\u{b};x=y",
            "x=\"\u{1}\";for=1.2.3.4",
            // twice
            "for=1.2.3.4;for=1.2.3.5",
            "for=1.2.3.4;FOR=1.2.3.4",
            "for=unknown;for=1.2.3.4",
        ] {
            assert_eq!(read(line), None, "{line}");
        }
    }

    #[test]
    fn time_is_proportional_to_the_length_of_the_line() {
        let pairs: String = (0..20_000).map(|number| format!("a{number}=1;")).collect();
        assert_eq!(read(&pairs), Some(vec!["-".to_owned()]));
        assert_eq!(read(&"\\".repeat(100_000)), None);
        assert_eq!(read(&format!("a=\"{}", "\\".repeat(100_000))), None);
    }
}
