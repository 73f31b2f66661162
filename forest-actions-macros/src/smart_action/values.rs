//! Validates single argument values: labels, endpoints, URLs, and the two enumerations.

use super::model::{Audit, HttpMethod, Kind};
use crate::errors::Errors;
use crate::keys::{self, Vocabulary};
use syn::{LitInt, LitStr};

const KINDS: Vocabulary = Vocabulary {
    accepted: &["single", "bulk", "global"],
    aliases: &[
        ("one", "single"),
        ("record", "single"),
        ("many", "bulk"),
        ("multiple", "bulk"),
        ("all", "global"),
        ("collection", "global"),
        ("none", "global"),
    ],
};

const AUDITS: Vocabulary = Vocabulary {
    accepted: &["strict", "normal", "off"],
    aliases: &[
        ("critical", "strict"),
        ("required", "strict"),
        ("on", "normal"),
        ("true", "normal"),
        ("none", "off"),
        ("never", "off"),
        ("false", "off"),
    ],
};

const METHODS: Vocabulary = Vocabulary {
    accepted: &["POST", "PUT", "PATCH", "DELETE"],
    aliases: &[],
};

/// The longest label of a submit button that Forest Admin accepts.
const MAX_LABEL: usize = 50;

/// `"single"`, `"bulk"` or `"global"`.
pub(crate) fn kind(literal: &LitStr, errors: &mut Errors) -> Kind {
    let text = literal.value();
    Kind::from_text(&text).unwrap_or_else(|| {
        errors.on(
            literal,
            format!("unknown kind `\"{text}\"`{}", KINDS.advice(&text, "\"")),
        );
        Kind::Bulk
    })
}

/// `"strict"`, `"normal"` or `"off"`.
pub(crate) fn audit(literal: &LitStr, errors: &mut Errors) -> Audit {
    let text = literal.value();
    Audit::from_text(&text).unwrap_or_else(|| {
        errors.on(
            literal,
            format!("unknown mode of `audit` `\"{text}\"`{}", AUDITS.advice(&text, "\"")),
        );
        Audit::Normal
    })
}

/// The largest number of records of a bulk action. Other kinds have a number of their own.
pub(crate) fn max_records(literal: &LitInt, kind: Kind, errors: &mut Errors) -> u64 {
    let number = literal.base10_parse::<u64>().ok();
    match (kind, number) {
        (Kind::Bulk, Some(number)) if number > 0 => return number,
        (Kind::Bulk, _) => errors.on(
            literal,
            "`max_records` is the largest number of records, at least 1\n  help: leave it out for any number",
        ),
        (Kind::Single, _) => errors.on(
            literal,
            "`max_records` is for bulk actions: a single one runs on exactly one record",
        ),
        (Kind::Global, _) => errors.on(
            literal,
            "`max_records` is for bulk actions: a global one runs on no record",
        ),
    }
    1
}

/// `"POST"`, or one of the methods that are accepted with a warning.
pub(crate) fn http_method(literal: &LitStr, errors: &mut Errors) -> HttpMethod {
    let text = literal.value();
    HttpMethod::from_text(&text).unwrap_or_else(|| {
        let upper = text.to_ascii_uppercase();
        if upper == "GET" || upper == "HEAD" {
            errors.on(
                literal,
                format!(
                    "`http_method` cannot be `\"{text}\"`: an action changes data, and browsers and proxies repeat or \
                     store a {upper} request\n  help: leave `http_method` out: the default is `\"POST\"`"
                ),
            );
        } else {
            errors.on(
                literal,
                format!("unknown HTTP method `\"{text}\"`{}", METHODS.advice(&text, "\"")),
            );
        }
        HttpMethod::Post
    })
}

/// The label of the submit button, which Forest Admin limits.
pub(crate) fn submit_button_label(literal: &LitStr, errors: &mut Errors) -> String {
    let text = keys::not_blank("submit_button_label", literal, errors);
    // UTF-16 code units, as the vendor counts with JavaScript's `length`
    let length = text.encode_utf16().count();
    if length > MAX_LABEL {
        let message = format!("`submit_button_label` has {length} characters; Forest Admin accepts {MAX_LABEL}");
        errors.on(literal, message);
    }
    text
}

/// A path that the router can match exactly, with or without its first slash.
pub(crate) fn endpoint(literal: &LitStr, errors: &mut Errors) -> String {
    let text = literal.value();
    let default = "help: leave `endpoint` out: the default is made from the action's name";
    let problem = if text.is_empty() {
        format!("is empty\n  {default}")
    } else if text.chars().all(|c| c == '/') {
        format!("has no path, found `{text}`\n  {default}")
    } else if text.contains("://") || text.starts_with("//") {
        "is a path, found a URL\n  help: give the scheme and the host in `base_url`, and the path here".to_owned()
    } else if let Some(mark) = text.chars().find(|c| matches!(c, '?' | '#')) {
        let what = if mark == '?' { "a query" } else { "a fragment" };
        format!("cannot have {what}, found `{mark}`\n  note: requests are matched by their path alone")
    } else if text.contains('\\') {
        "cannot have a backslash\n  help: segments are separated by `/`".to_owned()
    } else if text.chars().any(char::is_control) {
        "cannot have control characters".to_owned()
    } else if let Some(segment) = text.split('/').find(|segment| is_dot_segment(segment)) {
        format!("cannot have the segment `{segment}`\n  note: browsers resolve it, and request another path")
    } else {
        return text;
    };
    errors.on(literal, format!("`endpoint` {problem}"));
    text
}

/// Whether one refused record stops the run: `"stop"` or `"skip"`, by default `"stop"` on one record and `"skip"` on several.
pub(crate) fn on_refusal(literal: Option<&LitStr>, kind: Kind, errors: &mut Errors) -> bool {
    let Some(literal) = literal else {
        return matches!(kind, Kind::Single);
    };
    match literal.value().as_str() {
        "stop" => true,
        "skip" => false,
        text => {
            errors.on(
                literal,
                format!("`on_refusal` is \"skip\" (the others run) or \"stop\" (nothing runs), found \"{text}\""),
            );
            false
        }
    }
}

/// An `http` or `https` URL that an endpoint can be appended to.
pub(crate) fn base_url(literal: &LitStr, errors: &mut Errors) -> String {
    let text = literal.value();
    let after_scheme = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let host = after_scheme.and_then(|rest| rest.split(['/', '?', '#']).next());
    let problem = match host {
        None => format!(
            "is an `http` or `https` URL, found `\"{text}\"`\n  help: for instance `\"https://api.example.com\"`"
        ),
        Some("") => "names no host\n  help: for instance `\"https://api.example.com\"`".to_owned(),
        Some(_) if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') => {
            "cannot have white space, backslashes or control characters".to_owned()
        }
        Some(_) if text.contains(['?', '#']) => {
            "cannot have a query or a fragment\n  note: the endpoint is appended to it".to_owned()
        }
        Some(_) => return text,
    };
    errors.on(literal, format!("`base_url` {problem}"));
    text
}

/// `.` and `..`, also as browsers understand them when percent-encoded.
fn is_dot_segment(segment: &str) -> bool {
    matches!(segment.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..")
}
