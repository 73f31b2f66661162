//! The routes of records: lists, counts, single records, related records and exports (protocol: browsing routes), and in `write`
//! those that change records.
//!
//! [`serve`] lists the steps of a request; `handlers` and `export` answer it, and the other modules are pure. Filters, scopes
//! and searches are resolved by [`RecordAccess`](crate::records::RecordAccess).

mod capabilities;
mod csv;
mod error;
mod export;
mod handlers;
mod highlight;
mod json_api;
mod parameters;
mod projection;
mod route;
#[cfg(test)]
mod testing;
mod write;

pub(super) use csv::csv_line;
pub(crate) use error::BrowseError;
pub(super) use handlers::answered;
pub(super) use route::segments_of;
pub(crate) use write::WriteError;
#[cfg(feature = "playground")]
pub(crate) use write::link_rights;

use std::panic::AssertUnwindSafe;

use actix_web::dev::Payload;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use self::parameters::Parameters;
use self::route::Browse;
use self::write::Write;
use super::admission::{BodyKind, admit_in_any_zone};
use super::call_log::{CallLog, Subject};
use super::context::Shared;
use super::routes::MOUNT;
use crate::records::Models;
use crate::request::read_body;
use crate::response::ActionError;
use crate::rights::BrowseRight;

/// Maximum size of a body, which only holds names of collections.
const BODY_LIMIT: usize = 1024 * 1024;

/// Answers a browsing request; `None` when the path is not a browsing route of a known collection. `path` is decoded, from
/// `/forest` on.
///
/// 1. the path gives the route and its methods;
/// 2. the caller is admitted;
/// 3. the query string is parsed;
/// 4. `handlers` decides the right, reads, and writes the document;
/// 5. the call is logged.
pub(super) async fn serve(
    shared: &Shared,
    req: &HttpRequest,
    payload: &mut Payload,
    path: &str,
) -> Option<HttpResponse> {
    let store = shared.setup.records.as_ref()?;
    let models = &store.models;
    let below = path
        .trim_start_matches('/')
        .strip_prefix(MOUNT.trim_start_matches('/'))?;
    let sent = req.match_info().get_ref().uri().path();
    let browse = match route::route(models, req.method(), route::as_sent(sent, below)) {
        Ok(browse) => Ok(browse?),
        Err(refusal) => Err(refusal),
    };
    let subject = match &browse {
        Ok(browse) => Subject::Records(browse.pattern(), browse.collection()),
        Err(_) => Subject::Records(route::UNREADABLE, None),
    };
    let log = CallLog::begin(req, subject);
    let steps = async {
        match browse {
            Ok(browse) if browse.takes(req.method()) => steps(shared, models, req, payload, &browse, &log).await,
            browse => {
                if let Ok(browse) = &browse
                    && let Some(write) = Write::of(store, browse, req.method())
                {
                    // boxed, because few requests write and every request would have room for it
                    return Box::pin(write::serve(shared, models, req, payload, browse, write, &log)).await;
                }
                // without a session every answer is 401
                log.caller(&admit_in_any_zone(shared, req, BodyKind::Unread).await?.id);
                let browse = browse?;
                Err(browse.method_not_allowed(&Write::taken(store, &browse)))
            }
        }
    };
    // a record source of the host may panic
    let outcome = AssertUnwindSafe(steps.instrument(log.span().clone()))
        .catch_unwind()
        .await;
    Some(log.end(outcome.unwrap_or_else(|panic| Err(ActionError::panicked(panic.as_ref())))))
}

async fn steps(
    shared: &Shared,
    models: &Models,
    req: &HttpRequest,
    payload: &mut Payload,
    browse: &Browse,
    log: &CallLog,
) -> Result<HttpResponse, ActionError> {
    let Some(collection) = browse.collection() else {
        let caller = admit_in_any_zone(shared, req, BodyKind::Json).await?;
        log.caller(&caller.id);
        let body = read_body(req, payload, shared.config().body_limit.min(BODY_LIMIT)).await?;
        let asked = capabilities::asked(models, &body)?;
        for collection in &asked {
            shared
                .rights()
                .browse(&caller, &collection.name, BrowseRight::Browse)
                .await?;
        }
        let has_history = shared.audit().is_some_and(|trail| trail.is_readable());
        return Ok(handlers::answered(capabilities::capabilities(&asked, has_history)?));
    };
    let caller = admit_in_any_zone(shared, req, BodyKind::Unread).await?;
    log.caller(&caller.id);
    let parameters = Parameters::parse(req.query_string())?;
    let Some(access) = shared.access(&caller, collection, browse.target(models)).await? else {
        return Err(ActionError::internal("browsing without a record source"));
    };
    let has_mark = shared.config().csv_byte_order_mark;
    handlers::answer(&access, shared.rights(), browse, &parameters, has_mark).await
}
