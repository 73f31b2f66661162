//! The documents of charts (protocol: charts).

use actix_web::HttpResponse;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::http::browse::answered as document;

/// The value itself, for charts that a page of the team draws.
pub(super) fn raw(value: &Value) -> HttpResponse {
    document(value.to_string().into_bytes())
}

/// The document of a chart's value.
pub(super) fn answered(value: &Value) -> HttpResponse {
    let id = Uuid::new_v4().to_string();
    let chart = json!({"data": {"type": "stats", "id": id, "attributes": {"value": value}}});
    document(chart.to_string().into_bytes())
}
