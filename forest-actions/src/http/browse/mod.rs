//! The browsing routes: the same records that actions act on, for the back office to show (protocol: browsing routes).
//!
//! Read only: lists, counts, single records, related records, exports. [`serve`] spells out the steps of a request; the
//! parts below are pure (`route`, `parameters`, `projection`, `json_api`, `highlight`, `csv`, `capabilities`) or a list
//! of calls (`handlers`, `export`). Called by the dispatch for paths that lead to no action; knows no database, and
//! leaves filters, scopes and searches to [`RecordAccess`](crate::records::RecordAccess).

mod capabilities;
mod csv;
mod export;
mod handlers;
mod highlight;
mod json_api;
mod parameters;
mod projection;
mod route;
#[cfg(test)]
mod testing;

use std::panic::AssertUnwindSafe;

use actix_web::dev::Payload;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use self::parameters::Parameters;
use self::route::Browse;
use super::admission::{BodyKind, admit};
use super::call_log::{CallLog, Subject};
use super::context::Shared;
use super::isolation::of_panic;
use super::routes::MOUNT;
use crate::records::{Models, RecordError};
use crate::request::read_body;
use crate::response::ActionError;
use crate::rights::BrowseRight;

/// The largest body of a question; names of collections are all that one holds.
const BODY_LIMIT: usize = 1024 * 1024;

/// Answers a browsing request, or gives `None` when the path is no browsing route of a known collection.
///
/// `path` is the path from the place on where the host mounts the agent, as actix has decoded it; as it was sent, it is
/// found by it.
///
/// 1. the path says what is asked, and which methods may ask it;
/// 2. the token says by whom;
/// 3. the query string is read into types;
/// 4. right, condition, reading and document are `handlers`' steps;
/// 5. the log gets its line.
pub(super) async fn serve(
    shared: &Shared,
    req: &HttpRequest,
    payload: &mut Payload,
    path: &str,
) -> Option<HttpResponse> {
    let models = &shared.setup.records.as_ref()?.models;
    let below = path
        .trim_start_matches('/')
        .strip_prefix(MOUNT.trim_start_matches('/'))?;
    let sent = req.match_info().get_ref().uri().path();
    let browse = match route::route(models, route::as_sent(sent, below)) {
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
                // a stranger learns nothing but 401
                log.caller(&admit(shared, req, BodyKind::Unread).await?.id);
                Err(browse.map_or_else(|unreadable| unreadable, |browse| browse.method_not_allowed()))
            }
        }
    };
    // the source may be the host's own code
    let outcome = AssertUnwindSafe(steps.instrument(log.span().clone()))
        .catch_unwind()
        .await;
    Some(log.end(outcome.unwrap_or_else(|panic| Err(of_panic(panic.as_ref())))))
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
        let caller = admit(shared, req, BodyKind::Json).await?;
        log.caller(&caller.id);
        let body = read_body(req, payload, shared.config().body_limit.min(BODY_LIMIT)).await?;
        let asked = capabilities::asked(models, &body)?;
        for collection in &asked {
            shared
                .rights()
                .browse(&caller, &collection.name, BrowseRight::Browse)
                .await?;
        }
        return Ok(handlers::answered(capabilities::capabilities(&asked)?));
    };
    let caller = admit(shared, req, BodyKind::Unread).await?;
    log.caller(&caller.id);
    let parameters = Parameters::parse(req.query_string())?;
    let Some(access) = shared.access(&caller, collection, browse.target(models)).await? else {
        return Err(ActionError::internal("browsing without a record source"));
    };
    handlers::answer(&access, shared.rights(), browse, &parameters).await
}

/// How a source's failure is answered: what it cannot do is told, what broke is hidden.
fn refused(error: RecordError) -> ActionError {
    match error {
        RecordError::Unsupported(text) => ActionError::unprocessable(text),
        failed @ RecordError::Failed(_) => ActionError::internal(failed),
    }
}
