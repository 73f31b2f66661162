//! The document of the local page, an empty frame that its script fills, and the headers of all answers of the page.

use actix_web::http::header::{
    self, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest::{SHA256, digest};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::assets;
use super::serve::Page;

/// The style of HTML panels in answers. The frame of an answer has no origin and so loads no style sheet; the policy allows
/// exactly this text.
const PANEL_STYLE: &str = include_str!("panel.css");

/// Answers the document.
pub(super) fn answer(page: &Page, req: &HttpRequest) -> HttpResponse {
    // with the scopes in front: the page calls the agent by paths from the root
    let path = req.path().trim_end_matches('/');
    let prefix = path.strip_suffix(page.mount.as_str()).unwrap_or_default();
    let document = document(page, prefix);
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .body(document.into_string())
}

fn document(page: &Page, prefix: &str) -> Markup {
    let base = format!("{prefix}{}/playground", page.mount);
    let file = |name: &str| format!("{base}/{}/{name}", assets::folder());
    let config = json!({
        "title": page.title,
        "mode": page.people.mode(),
        "base": base,
        "agent": format!("{prefix}/forest"),
        "people": page.people.list(&page.agent),
        "approvals": page.people.has_approvals(),
        "history": page.agent.has_history(),
        "runs": page.agent.has_runs(),
        "panelStyle": PANEL_STYLE,
    });
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="robots" content="noindex";
                title { (page.title) }
                link rel="icon" href=(file("icon.svg")) type="image/svg+xml";
                link rel="stylesheet" href=(file("app.css"));
                @for name in assets::modules() {
                    link rel="modulepreload" href=(file(name));
                }
                script type="module" src=(file("app.js")) {}
                script type="application/json" id="config" { (PreEscaped(script_text(&config))) }
            }
            body {
                header id="top" {}
                main id="app" tabindex="-1" {}
                noscript {
                    p { "This page needs JavaScript. The agent answers without it: see the lines that the program printed at its start." }
                }
            }
        }
    }
}

/// The content security policy: the page is never framed, runs only its own scripts, and calls this machine and the given
/// origins. So the text of a record never becomes a script, even if the page has a mistake.
pub(super) fn policy(webhook_origins: &[String]) -> String {
    let panel = BASE64_STANDARD.encode(digest(&SHA256, PANEL_STYLE.as_bytes()));
    let origins: String = webhook_origins.iter().map(|origin| format!(" {origin}")).collect();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{panel}'; img-src 'self' data: blob:; \
         font-src 'self'; connect-src 'self' http://127.0.0.1:* http://localhost:*{origins}; frame-src 'self' blob: data:; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Writes the headers of an answer, except a `Cache-Control` that it has.
pub(super) fn protect(response: &mut HttpResponse, policy: &HeaderValue) {
    let headers = response.headers_mut();
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(CONTENT_SECURITY_POLICY, policy.clone());
    headers.insert(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    set(headers, header::CROSS_ORIGIN_OPENER_POLICY, "same-origin");
    set(headers, header::CROSS_ORIGIN_RESOURCE_POLICY, "same-origin");
    if !headers.contains_key(CACHE_CONTROL) {
        set(headers, CACHE_CONTROL, "no-store");
    }
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

/// JSON that cannot end its element.
fn script_text(value: &Value) -> String {
    let mut text = String::new();
    for c in value.to_string().chars() {
        match c {
            '<' | '>' | '&' | '\u{2028}' | '\u{2029}' => text.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => text.push(c),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn configuration_cannot_end_its_element() {
        let hostile = json!({"title": "</script><!-- <script>alert(1)</script> & \u{2028}\"'"});
        let text = script_text(&hostile);
        assert!(!text.contains(['<', '>', '&', '\u{2028}']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), hostile);
    }
}
