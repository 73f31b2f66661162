//! The recorder of a request, and where the request comes from.

use std::sync::Arc;

use actix_web::HttpRequest;
use actix_web::http::header;

use super::call_log::CallLog;
use super::context::Shared;
use crate::audit::Recorder;
use crate::declare::ActionDescriptor;

/// The recorder of a run; `None` when it is not recorded.
pub(super) fn recorder(shared: &Arc<Shared>, action: &'static ActionDescriptor, log: &CallLog) -> Option<Recorder> {
    Recorder::new(shared.audit(), action, log.correlation(), log.started())
}

/// Where a request comes from, as far as its headers say: a page of another origin, one of the agent's own, or a program.
pub(super) fn surface(req: &HttpRequest) -> &'static str {
    let text = |name| req.headers().get(name).and_then(|value| value.to_str().ok());
    match (text(header::ORIGIN), text(header::HOST)) {
        (None, _) => "api",
        (Some(origin), Some(host)) if origin.split_once("://").is_some_and(|(_, own)| own == host) => "page",
        (Some(_), _) => "ui",
    }
}
