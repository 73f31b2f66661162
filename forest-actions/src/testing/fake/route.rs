//! Which requests a test means: a method and a path with placeholders, in one text.

/// A pattern such as `GET /liana/v4/permissions/renderings/:id`.
///
/// Without a method it means every method. A segment `*` or `:name` stands for any one segment, a last segment `**` for
/// any number of them. The query is never looked at.
#[derive(Debug, Clone)]
pub(super) struct Route {
    method: Option<String>,
    segments: Vec<String>,
}

impl Route {
    /// Every text is a pattern; one that names no route just never matches.
    pub(super) fn new(pattern: &str) -> Self {
        let pattern = pattern.trim();
        let (method, path) = match pattern.split_once(char::is_whitespace) {
            Some((method, path)) => (Some(method.to_ascii_uppercase()), path.trim_start()),
            None => (None, pattern),
        };
        let path = path.split_once('?').map_or(path, |(path, _)| path);
        Self {
            method: method.filter(|method| method != "*"),
            segments: segments(path).map(str::to_owned).collect(),
        }
    }

    pub(super) fn matches(&self, method: &str, path: &str) -> bool {
        if self.method.as_deref().is_some_and(|expected| expected != method) {
            return false;
        }
        let mut actual = segments(path);
        let mut expected = self.segments.iter();
        loop {
            match (expected.next().map(String::as_str), actual.next()) {
                (Some("**"), _) | (None, None) => return true,
                (Some(pattern), Some(segment)) if pattern == "*" || pattern.starts_with(':') || pattern == segment => {}
                _ => return false,
            }
        }
    }
}

/// The segments of a path. Only the one leading slash is left out, so that a doubled one is a difference.
pub(super) fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.strip_prefix('/').unwrap_or(path).split('/')
}

#[cfg(test)]
mod tests {
    use super::Route;

    #[test]
    fn patterns_match_their_requests_and_no_others() {
        for (pattern, method, path, expected) in [
            ("GET /a/b", "GET", "/a/b", true),
            ("get /a/b", "GET", "/a/b", true),
            ("GET /a/b", "POST", "/a/b", false),
            ("/a/b", "POST", "/a/b", true),
            ("GET /a/b", "GET", "/a/b/c", false),
            ("GET /a/b", "GET", "/a", false),
            ("GET /a/b", "GET", "//a/b", false),
            ("GET /a/:id/b", "GET", "/a/42/b", true),
            ("GET /a/*", "GET", "/a/42", true),
            ("GET /a/*", "GET", "/a/42/b", false),
            ("GET /a/**", "GET", "/a/42/b", true),
            ("* /a?x=1", "PUT", "/a", true),
            ("**", "PUT", "/anything/at/all", true),
            ("", "GET", "/", true),
        ] {
            assert_eq!(
                Route::new(pattern).matches(method, path),
                expected,
                "{pattern} {method} {path}"
            );
        }
    }
}
