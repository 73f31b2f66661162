//! The status page of a run: the same document for every run, without anything about it. The page reads the run's JSON, with
//! the token that is in the fragment of its address and so in no log.

use actix_web::HttpResponse;
use actix_web::http::header;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use uuid::Uuid;

const PAGE: &str = include_str!("page.html");
/// The place of the nonce in the document.
const NONCE: &str = "{nonce}";

pub(super) fn answer() -> HttpResponse {
    let nonce = BASE64_STANDARD.encode(Uuid::new_v4().as_bytes());
    let policy = format!(
        "default-src 'none'; script-src 'nonce-{nonce}'; style-src 'nonce-{nonce}'; connect-src 'self'; base-uri 'none'; form-action \
         'none'; frame-ancestors 'none'"
    );
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, policy))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .insert_header((header::X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .body(PAGE.replace(NONCE, &nonce))
}
