//! The canonical spelling of paths, by which declared and requested paths are compared (RTE-03).
//!
//! Percent-escapes are decoded, except for an escaped slash or percent sign, which would change the structure; repeated
//! slashes are collapsed; there is one leading slash and no trailing one.

use std::borrow::Cow;

/// The canonical spelling of a path. Allocates only when the given spelling differs.
pub(crate) fn canonical_path(path: &str) -> Cow<'_, str> {
    if is_canonical(path) {
        return Cow::Borrowed(path);
    }
    Cow::Owned(segments(&decode(path)))
}

/// The canonical spelling of a path that actix has decoded, except for `%25`, `%2B` and `%2F`. Decoding it again would map two
/// URLs to one route.
pub(crate) fn requested_path(path: &str) -> Cow<'_, str> {
    if is_canonical(path) {
        return Cow::Borrowed(path);
    }
    Cow::Owned(segments(
        &path.replace("%2B", "+").replace("%2b", "+").replace("%2f", "%2F"),
    ))
}

fn is_canonical(path: &str) -> bool {
    path.starts_with('/') && path.len() > 1 && !path.ends_with('/') && !path.contains("//") && !path.contains('%')
}

/// The segments of a decoded path, each behind one slash.
fn segments(decoded: &str) -> String {
    let mut canonical = String::with_capacity(decoded.len() + 1);
    for segment in decoded.split('/').filter(|segment| !segment.is_empty()) {
        canonical.push('/');
        canonical.push_str(segment);
    }
    if canonical.is_empty() {
        canonical.push('/');
    }
    canonical
}

/// Decodes `%XX`, except for `%2F`, `%25` and bytes that are not UTF-8.
fn decode(path: &str) -> String {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        let escaped = match tail {
            [high, low, ..] if first == b'%' => hex(*high).zip(hex(*low)).map(|(high, low)| high * 16 + low),
            _ => None,
        };
        match escaped {
            Some(b'/') => bytes.extend_from_slice(b"%2F"),
            Some(b'%') => bytes.extend_from_slice(b"%25"),
            Some(byte) => bytes.push(byte),
            None => bytes.push(first),
        }
        rest = if escaped.is_some() {
            tail.get(2..).unwrap_or_default()
        } else {
            tail
        };
    }
    String::from_utf8(bytes).unwrap_or_else(|_| path.to_owned())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit)
        .to_digit(16)
        .and_then(|value| u8::try_from(value).ok())
}

/// The reason why an endpoint cannot be routed, if any.
pub(super) fn endpoint_problem(endpoint: &str) -> Option<&'static str> {
    let canonical = canonical_path(endpoint);
    if canonical == "/" {
        return Some("it has no path");
    }
    if endpoint.contains(['?', '#']) {
        return Some("it holds a query or a fragment");
    }
    if endpoint.contains("://") {
        return Some("it is a URL, and an endpoint is a path");
    }
    if canonical.contains('\\') || canonical.chars().any(char::is_control) {
        return Some("it holds a backslash or a control character");
    }
    if canonical.split('/').any(|segment| segment == "." || segment == "..") {
        return Some("it holds `.` or `..` as a part, which browsers remove");
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rte_03_every_spelling_of_a_path_is_the_same_route() {
        for (spelling, canonical) in [
            ("/forest/actions/mark-as-live", "/forest/actions/mark-as-live"),
            ("forest/actions/mark-as-live", "/forest/actions/mark-as-live"),
            ("//forest//actions/mark-as-live/", "/forest/actions/mark-as-live"),
            ("/forest/actions/refund%20now", "/forest/actions/refund now"),
            ("/forest/actions/refund now", "/forest/actions/refund now"),
            ("/forest/actions/%C3%A9t%c3%a9", "/forest/actions/été"),
            ("/a%2fb", "/a%2Fb"),
            ("/a%25b", "/a%25b"),
            ("/a%zz", "/a%zz"),
            ("/a%", "/a%"),
            ("/a%ff", "/a%ff"),
            ("/a(b)[c]{d}.*", "/a(b)[c]{d}.*"),
            ("", "/"),
            ("///", "/"),
        ] {
            assert_eq!(canonical_path(spelling), canonical, "{spelling:?}");
            assert_eq!(canonical_path(canonical), canonical, "stable: {canonical:?}");
        }
    }

    #[test]
    fn endpoints_that_cannot_be_routed_are_recognised() {
        for good in ["/forest/actions/x", "forest/x", "/x y", "/é", "/a(b).*", "/a'b\"c"] {
            assert_eq!(endpoint_problem(good), None, "{good:?}");
        }
        for bad in [
            "",
            "/",
            "//",
            "/a?b",
            "/a#b",
            "https://x/y",
            "/a/../b",
            "/./a",
            "/a\\b",
            "/a\nb",
        ] {
            assert!(endpoint_problem(bad).is_some(), "{bad:?}");
        }
    }
}
