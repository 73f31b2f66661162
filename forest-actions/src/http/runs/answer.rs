//! The answers about a run.

use std::fmt::Write as _;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::CONTENT_TYPE;
use serde_json::{Map, Value, json};

use crate::declare::ActionDescriptor;
use crate::response::{ActionResponse, Count, success};
use crate::runs::RunRow;
use crate::text::html_escaped;

/// A run for programs.
pub(super) fn document(run: &RunRow, link: Option<&str>) -> Value {
    let mut document = serde_json::to_value(run).unwrap_or_default();
    if let (Some(document), Some(link)) = (document.as_object_mut(), link) {
        document.insert("url".to_owned(), link.into());
    }
    document
}

/// The member `run` of the answer to a submission.
fn member(run: &RunRow, link: Option<&str>) -> Value {
    let mut member = Map::new();
    member.insert("id".to_owned(), run.id.as_str().into());
    member.insert("status".to_owned(), run.status.as_str().into());
    member.insert("total".to_owned(), json!(run.total));
    if let Some(link) = link {
        member.insert("url".to_owned(), link.into());
    }
    member.into()
}

/// The answer to the submission of a run that goes on.
pub(super) fn started(action: &ActionDescriptor, run: &RunRow, is_new: bool, link: Option<&str>) -> ActionResponse {
    let mut text = String::from(if is_new { "Started: " } else { "Already running: " });
    text.push_str(action.name);
    let processed = Count::plain(run.processed);
    let mut panel = String::from("<p>");
    match run.total.map(Count::plain) {
        Some(total) => {
            let _ = match is_new {
                true => write!(text, " for {total} records"),
                false => write!(text, ", {processed} of {total} records"),
            };
            let _ = write!(panel, "{processed} of {total} records");
        }
        None => panel.push_str("It goes on in the background."),
    }
    if let Some(link) = link {
        let _ = write!(
            panel,
            " <a href=\"{}\" target=\"_blank\" rel=\"noopener noreferrer\">Follow it</a>",
            html_escaped(link)
        );
    }
    panel.push_str("</p>");
    success(text).html(panel).run(member(run, link))
}

/// The answer of the handler of a run that has ended, as it would have been sent.
pub(super) fn ended(run: &RunRow) -> HttpResponse {
    let answer = run.answer();
    let status = answer
        .as_ref()
        .and_then(|answer| StatusCode::from_u16(answer.status).ok());
    let mut body = match answer.and_then(|answer| answer.body) {
        Some(Value::Object(body)) => body,
        _ => Map::new(),
    };
    // a bare 204 has no place for the run
    let status = status
        .filter(|status| *status != StatusCode::NO_CONTENT)
        .unwrap_or(StatusCode::OK);
    if status.is_success() && !body.contains_key("success") {
        let text = run.message.clone().unwrap_or_default();
        body.insert("success".to_owned(), text.into());
    }
    body.insert("run".to_owned(), member(run, None));
    HttpResponse::build(status)
        .insert_header((CONTENT_TYPE, "application/json"))
        .body(Value::from(body).to_string())
}
