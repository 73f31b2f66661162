//! Charts in code: `GET` and `POST /forest/_charts/{name}` and `/forest/_charts/{collection}/{name}`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{HttpMessage as _, HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::FutureExt as _;
use tracing::Instrument as _;

use super::answer;
use super::error::ChartError;
use super::request::object_of;
use crate::call::ActionCall;
use crate::declare::ChartDescriptor;
use crate::handler::CallContext;
use crate::http::admission::{BodyKind, admit};
use crate::http::browse;
use crate::http::call_log::{CallLog, Subject};
use crate::http::context::Shared;
use crate::http::isolation::isolated;
use crate::http::routes::MOUNT;
use crate::http::select::{given, require_found};
use crate::records::{PackedId, Requested, Selection};
use crate::request::{RequestError, id_of, read_body};
use crate::response::ActionError;
use crate::rights::BrowseRight;

const ROUTE: &str = "/forest/_charts/:name";
const ROUTE_OF_COLLECTION: &str = "/forest/_charts/:collection/:name";

/// The name of the record's id, in the query string and in the body.
const RECORD_ID: &str = "record_id";

/// Answers a request for a chart in code; `None` when there is no such chart. `path` is decoded, from `/forest` on.
pub(in crate::http) async fn serve(
    shared: &Arc<Shared>,
    req: &HttpRequest,
    payload: &mut Payload,
    path: &str,
) -> Option<HttpResponse> {
    let chart = find(shared, req, path)?;
    let route = if chart.collection.is_some() {
        ROUTE_OF_COLLECTION
    } else {
        ROUTE
    };
    let log = CallLog::begin(req, Subject::Records(route, chart.collection));
    let checks = AssertUnwindSafe(checked(shared, chart, req, payload, &log).instrument(log.span().clone()));
    let checked = checks.catch_unwind().await;
    let call = match checked.unwrap_or_else(|panic| Err(ActionError::panicked(panic.as_ref()))) {
        Ok(call) => call,
        Err(refusal) => return Some(log.end(Err(refusal))),
    };
    let is_raw = req.method() == Method::GET;
    let answer = isolated(log, shared.handlers.begin(), async move {
        let value = (chart.invoke)(crate::declare::Invocation::Call(call)).await?;
        Ok(match is_raw {
            true => answer::raw(&value),
            false => answer::answered(&value),
        })
    });
    Some(answer.await)
}

fn find(shared: &Shared, req: &HttpRequest, path: &str) -> Option<&'static ChartDescriptor> {
    match browse::segments_of(req, path, MOUNT)?.as_slice() {
        [first, name] if first == "_charts" => shared.setup.charts.get(None, name),
        [first, collection, name] if first == "_charts" => shared.setup.charts.get(Some(collection), name),
        _ => None,
    }
}

/// 1. the caller is admitted;
/// 2. the right to browse the collection is decided;
/// 3. the record is looked up within the caller's scope.
async fn checked(
    shared: &Shared,
    chart: &'static ChartDescriptor,
    req: &HttpRequest,
    payload: &mut Payload,
    log: &CallLog,
) -> Result<ActionCall, ActionError> {
    let is_post = req.method() == Method::POST;
    let caller = admit(shared, req, if is_post { BodyKind::Json } else { BodyKind::Unread }).await?;
    log.caller(&caller.id);
    if !is_post && req.method() != Method::GET {
        let refusal = RequestError::MethodNotAllowed {
            allowed: "GET and POST",
        };
        return Err(ActionError::from(refusal).header("allow", "GET, POST, OPTIONS"));
    }
    let body = match is_post {
        true => read_body(req, payload, shared.config().body_limit.min(super::BODY_LIMIT)).await?,
        false => Bytes::new(),
    };
    let mut requested = Requested::from(Selection::unchecked(Vec::new()));
    if let Some(collection) = chart.collection {
        shared.rights().browse(&caller, collection, BrowseRight::Browse).await?;
        match record_id(req, &body)? {
            Some(PackedId(id)) => {
                requested = match shared.access(&caller, collection, None).await? {
                    Some(access) => {
                        let model = access.collection(collection)?;
                        let record = Requested::given(given(&access, model, RECORD_ID, [id.as_str()].into_iter())?);
                        require_found(record.resolve().await?)?;
                        record
                    }
                    None => Selection::unchecked(vec![id]).into(),
                };
            }
            None if chart.needs_record() => return Err(ChartError::Missing { name: RECORD_ID }.into()),
            None => {}
        }
    }
    req.extensions_mut().insert(CallContext {
        caller,
        request: None,
        requested,
        recorder: None,
        form: None,
        pacer: None,
    });
    Ok(ActionCall { req: req.clone(), body })
}

/// The id of the record on screen: in the body, or else in the query string.
fn record_id(req: &HttpRequest, body: &Bytes) -> Result<Option<PackedId>, ActionError> {
    let in_body = match body.is_empty() {
        true => None,
        false => object_of(body)?.remove(RECORD_ID).filter(|id| !id.is_null()),
    };
    if let Some(id) = in_body {
        let expected = "the id of a record";
        let name = RECORD_ID;
        let id = id_of(&id).ok_or(ChartError::WrongMember { name, expected })?;
        return Ok(Some(id));
    }
    let mut pairs = url::form_urlencoded::parse(req.query_string().as_bytes());
    let id = pairs.find(|(name, value)| name == RECORD_ID && !value.is_empty());
    Ok(id.map(|(_, id)| PackedId(id.into_owned())))
}
