//! The headers of everything that the local page serves: what the browser must not do with it.
//!
//! Owns the content security policy and its siblings. Nothing is inline but one style that is known, and nothing comes from elsewhere, so that the text of
//! a record can never become a script, whatever the page's own code does wrong.

use actix_web::HttpResponse;
use actix_web::http::header::{
    self, CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderMap, HeaderName, HeaderValue, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use aws_lc_rs::digest::{SHA256, digest};
use base64::prelude::{BASE64_STANDARD, Engine as _};

/// How HTML that an action answers looks. The page writes it into the frame of an answer, which has no origin of its own and may
/// therefore load no sheet; the policy allows exactly this text.
pub(super) const PANEL_STYLE: &str = include_str!("panel.css");

/// The page may frame itself nowhere, run its own scripts only, and call this machine and the given origins.
pub(super) fn policy(webhook_origins: &[String]) -> String {
    let panel = BASE64_STANDARD.encode(digest(&SHA256, PANEL_STYLE.as_bytes()));
    let origins: String = webhook_origins.iter().map(|origin| format!(" {origin}")).collect();
    format!(
        "default-src 'none'; script-src 'self'; style-src 'self' 'sha256-{panel}'; img-src 'self' data: blob:; \
         font-src 'self'; connect-src 'self' http://127.0.0.1:* http://localhost:*{origins}; frame-src 'self' blob: data:; \
         form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
}

/// Writes the headers of any answer, and keeps what the answer says of its own cache.
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
