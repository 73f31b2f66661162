//! File names in the header `Content-Disposition`, for any name whatsoever.
//!
//! A plain ASCII name goes into `filename`; any other gets an ASCII stand-in there and its exact text in
//! `filename*` (RFC 6266, RFC 8187). Path separators and control characters can never be part of a
//! name that a browser writes to disk, so they become `_`.

use actix_web::http::header::HeaderValue;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// `attr-char` of RFC 8187: what may stand unescaped in an extended parameter.
const EXTENDED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'!')
    .remove(b'#')
    .remove(b'$')
    .remove(b'&')
    .remove(b'+')
    .remove(b'-')
    .remove(b'.')
    .remove(b'^')
    .remove(b'_')
    .remove(b'`')
    .remove(b'|')
    .remove(b'~');

/// The header value for a download of this name.
pub(super) fn attachment(name: &str) -> HeaderValue {
    let name: String = name
        .chars()
        .map(|c| {
            if c.is_control() || matches!(c, '/' | '\\' | '\u{2028}' | '\u{2029}') {
                '_'
            } else {
                c
            }
        })
        .collect();
    let name = if name.trim_matches(['.', ' ']).is_empty() {
        "download".to_owned()
    } else {
        name
    };
    let ascii: String = name.chars().map(|c| if c.is_ascii() { c } else { '_' }).collect();
    let quoted = ascii.replace('"', "\\\"");
    let mut value = format!("attachment; filename=\"{quoted}\"");
    // `%` in a plain name is read as an escape by some browsers: the exact form settles it
    if ascii != name || ascii.contains(['%', '"']) {
        value.push_str("; filename*=UTF-8''");
        value.extend(utf8_percent_encode(&name, EXTENDED));
    }
    // the text is visible ASCII and spaces by construction; the fallback is never reached
    HeaderValue::try_from(value).unwrap_or_else(|_| HeaderValue::from_static("attachment"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn res_01_any_name_becomes_a_valid_header() {
        for (name, expected) in [
            ("invoice-2342.pdf", "attachment; filename=\"invoice-2342.pdf\""),
            ("my file.pdf", "attachment; filename=\"my file.pdf\""),
            (
                "reçu.pdf",
                "attachment; filename=\"re_u.pdf\"; filename*=UTF-8''re%C3%A7u.pdf",
            ),
            (
                "a\"b.pdf",
                "attachment; filename=\"a\\\"b.pdf\"; filename*=UTF-8''a%22b.pdf",
            ),
            (
                "100%.pdf",
                "attachment; filename=\"100%.pdf\"; filename*=UTF-8''100%25.pdf",
            ),
            ("../../etc/passwd", "attachment; filename=\".._.._etc_passwd\""),
            ("a\r\nX-Evil: 1", "attachment; filename=\"a__X-Evil: 1\""),
            ("", "attachment; filename=\"download\""),
            ("..", "attachment; filename=\"download\""),
        ] {
            assert_eq!(attachment(name), expected, "{name:?}");
        }
    }
}
