//! Charts (protocol: charts): over records, at `POST /forest/stats/{collection}`, and those in code.
//!
//! `serve` lists the steps of a request for a chart over records: `request` parses its members, and `values` computes it.

mod answer;
mod code;
mod error;
mod request;
mod values;
mod variables;

pub(super) use code::serve as serve_code;
pub(crate) use error::ChartError;

use std::panic::AssertUnwindSafe;

use actix_web::dev::Payload;
use actix_web::http::Method;
use actix_web::{HttpRequest, HttpResponse};
use futures_util::FutureExt as _;
use serde_json::{Map, Value};
use tracing::Instrument as _;

use self::request::{ChartRequest, object_of};
use self::variables::ChartVariables;
use super::admission::{BodyKind, admit_in_any_zone};
use super::browse;
use super::call_log::{CallLog, Subject};
use super::context::Shared;
use super::routes::MOUNT;
use crate::records::QueryError;
use crate::request::{RequestError, read_body};
use crate::response::ActionError;
use crate::rights::AskedChart;

/// Maximum size of a request, which has one filter.
const BODY_LIMIT: usize = 1024 * 1024;

const ROUTE: &str = "/forest/stats/:collection";

/// Returns whether a path below the mount may be one of charts over records.
pub(super) fn is_below(path: &str) -> bool {
    path.starts_with("/stats/")
}

/// Returns whether a path below the mount may be one of charts in code.
pub(super) fn is_code(path: &str) -> bool {
    path.starts_with("/_charts/")
}

/// Answers a request for a chart; `None` when the path is not one of a known collection. `path` is decoded, from `/forest` on.
pub(super) async fn serve(
    shared: &Shared,
    req: &HttpRequest,
    payload: &mut Payload,
    path: &str,
) -> Option<HttpResponse> {
    let collection = collection_of(shared, req, path)?;
    let log = CallLog::begin(req, Subject::Records(ROUTE, Some(&collection)));
    let steps = async {
        if req.method() != Method::POST {
            // without a session every answer is 401
            log.caller(&admit_in_any_zone(shared, req, BodyKind::Unread).await?.id);
            let refusal = RequestError::MethodNotAllowed { allowed: "POST" };
            return Err(ActionError::from(refusal).header("allow", "POST, OPTIONS"));
        }
        steps(shared, req, payload, &collection, &log).await
    };
    // a record source of the host may panic
    let outcome = AssertUnwindSafe(steps.instrument(log.span().clone()))
        .catch_unwind()
        .await;
    Some(log.end(outcome.unwrap_or_else(|panic| Err(ActionError::panicked(panic.as_ref())))))
}

/// The collection in `/forest/stats/{collection}`. The other methods belong to a collection `stats`, if there is one.
fn collection_of(shared: &Shared, req: &HttpRequest, path: &str) -> Option<String> {
    let collection = match browse::segments_of(req, path, MOUNT)?.as_slice() {
        [first, collection] if first == "stats" => collection.clone(),
        _ => return None,
    };
    let is_known = shared.described().contains(&collection);
    let is_read = req.method() != Method::POST && shared.store_of("stats").is_some();
    (is_known && !is_read).then_some(collection)
}

/// 1. the caller is admitted;
/// 2. the body is parsed;
/// 3. the right to the chart is decided, before its variables are replaced;
/// 4. its members are checked against the collections that the caller sees;
/// 5. the records are aggregated within the caller's scope.
async fn steps(
    shared: &Shared,
    req: &HttpRequest,
    payload: &mut Payload,
    collection: &str,
    log: &CallLog,
) -> Result<HttpResponse, ActionError> {
    let caller = admit_in_any_zone(shared, req, BodyKind::Json).await?;
    log.caller(&caller.id);
    let body = read_body(req, payload, shared.config().body_limit.min(BODY_LIMIT)).await?;
    let definition = object_of(&body)?;
    require_same_collection(&definition, collection)?;
    let related = related(shared, &definition, collection);
    let asked = AskedChart {
        definition: &definition,
        collection,
        related,
    };
    shared.rights().chart(&caller, asked).await?;
    let Some(access) = shared.access(&caller, collection, related).await? else {
        return Err(QueryError::NoRecordSource.into());
    };
    let variables = ChartVariables::new(&definition, &*access.variables);
    let collection = access.collection(collection)?;
    let chart = ChartRequest::read(&definition, &variables, &access, collection)?;
    let value = values::value(&access, &chart).await?;
    Ok(answer::answered(&value))
}

/// The collection of the path is the one whose records are shown, and the one that the right was given for.
fn require_same_collection(definition: &Map<String, Value>, collection: &str) -> Result<(), ChartError> {
    match definition.get("sourceCollectionName").and_then(Value::as_str) {
        Some(name) if name == collection => Ok(()),
        _ => Err(ChartError::OtherCollection {
            expected: collection.to_owned(),
        }),
    }
}

/// The collection that the relation of a leaderboard leads to.
fn related<'s>(shared: &'s Shared, definition: &Map<String, Value>, collection: &str) -> Option<&'s str> {
    let relation = definition.get("relationshipFieldName")?.as_str()?;
    let model = shared.store_of(collection)?.models.get(collection)?;
    Some(&model.find_relation(relation)?.target)
}
