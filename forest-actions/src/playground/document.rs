//! The document of the local page: an empty frame that its script fills.
//!
//! Owns the markup and the configuration in it. Everything that is shown comes later, over the agent's routes; what is in here
//! is known to everybody at this machine.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use maud::{DOCTYPE, Markup, PreEscaped, html};
use serde_json::{Value, json};

use super::serve::Page;
use super::{assets, headers};

/// Answers the page itself.
pub(super) fn answer(page: &Page, req: &HttpRequest) -> HttpResponse {
    // whatever scopes stand in front: the page calls the agent by paths from the root
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
        "people": page.people.list(&page.forest),
        "approvals": page.people.has_approvals(),
        "panelStyle": headers::PANEL_STYLE,
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

/// JSON that cannot end the element it is in.
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
    fn configuration_stays_inside_of_its_element_and_means_the_same() {
        let hostile = json!({"title": "</script><!-- <script>alert(1)</script> & \u{2028}\"'"});
        let text = script_text(&hostile);
        assert!(!text.contains(['<', '>', '&', '\u{2028}']), "{text}");
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), hostile);
    }
}
