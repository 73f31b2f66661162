//! The history of a record, read from the audit trail on the routes of the vendor's agents. They exist when the trail can be
//! read.
//!
//! The right is that of reading the record, within the caller's scope. When the record is gone, its scope cannot be judged: its
//! rows are answered without values then, unless the caller has no scope.

mod state;

use std::borrow::Cow;
use std::panic::AssertUnwindSafe;

use actix_web::dev::Payload;
use actix_web::http::{Method, header};
use actix_web::{HttpRequest, HttpResponse};
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use futures_util::FutureExt as _;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use tracing::Instrument as _;

use super::admission::{BodyKind, admit_in_any_zone};
use super::browse::BrowseError;
use super::call_log::{CallLog, Subject};
use super::context::Shared;
use crate::audit::{AuditPage, AuditQuery, AuditRow, AuditTrail, AuditUser, SinkError};
use crate::caller::{Caller, Zone};
use crate::records::{Condition, Key, QueryError, RecordQuery};
use crate::request::{RequestError, read_body};
use crate::response::ActionError;
use crate::rights::BrowseRight;

/// The segment below `/forest`.
pub(super) const SEGMENT: &str = "/_audit-trail/";
const BODY_LIMIT: usize = 256 * 1024;
const PAGE: u64 = 20;
const MAX_PAGE: u64 = 100;
/// Maximum number of ids of requests, and of rows that belong to them.
const MAX_KEYS: usize = 500;
const MAX_ROWS: u64 = 10_000;
/// Maximum number of users and of fields of a query.
const MAX_LIST: usize = 500;

/// What a path asks for.
enum Asked {
    Record {
        collection: String,
        id: String,
    },
    Correlation {
        key: String,
    },
    Correlations,
    /// A former state of a record.
    State {
        collection: String,
        id: String,
    },
}

/// A request for a history that is refused.
#[derive(Debug)]
pub(crate) enum HistoryError {
    Hidden,
    InvalidDate {
        text: String,
    },
    MissingCollection,
    MissingRecord,
    MissingMoment,
    /// The record did not exist at that moment.
    NotYet,
    /// More changes since that moment than are undone.
    TooManyChanges {
        at_most: u64,
    },
    Unreadable(SinkError),
}

/// Answers a request for a history; `None` when there is no readable trail, or the path is another.
pub(super) async fn serve(shared: &Shared, req: &HttpRequest, payload: &mut Payload) -> Option<HttpResponse> {
    let trail = shared.audit().filter(|trail| trail.is_readable())?;
    let sent = req.match_info().get_ref().uri().path();
    let asked = asked(sent.split_once(SEGMENT)?.1)?;
    if matches!(asked, Asked::State { .. }) && !shared.writes_records() {
        return None;
    }
    let takes_body = matches!(asked, Asked::Correlations) && req.method() == Method::POST;
    let log = CallLog::begin(req, Subject::Records(asked.pattern(), None));
    let steps = async {
        let body = if takes_body { BodyKind::Json } else { BodyKind::Unread };
        let caller = admit_in_any_zone(shared, req, body).await?;
        log.caller(&caller.id);
        if req.method() != Method::GET && !takes_body {
            let allowed = if matches!(asked, Asked::Correlations) {
                "GET, POST"
            } else {
                "GET"
            };
            let refusal = ActionError::from(RequestError::MethodNotAllowed { allowed });
            return Err(refusal.header("allow", format!("{allowed}, OPTIONS")));
        }
        let mut parameters = Parameters::of_query(req.query_string());
        if takes_body {
            let body = read_body(req, payload, shared.config().body_limit.min(BODY_LIMIT)).await?;
            parameters.read_body(&body)?;
        }
        answer(shared, trail, &caller, asked, &parameters).await
    };
    // a sink of the host may panic
    let outcome = AssertUnwindSafe(steps.instrument(log.span().clone()))
        .catch_unwind()
        .await;
    Some(log.end(outcome.unwrap_or_else(|panic| Err(ActionError::panicked(panic.as_ref())))))
}

/// Parses the path behind the segment, which is not decoded.
fn asked(path: &str) -> Option<Asked> {
    let decode = |segment: &str| {
        let text = percent_decode_str(segment).decode_utf8().ok()?;
        (!text.contains('\0')).then(|| text.into_owned())
    };
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).take(4).collect();
    match segments.as_slice() {
        ["correlations"] => Some(Asked::Correlations),
        ["correlation", key] => Some(Asked::Correlation { key: decode(key)? }),
        [collection, id] => Some(Asked::Record {
            collection: decode(collection)?,
            id: decode(id)?,
        }),
        [collection, id, "state"] => Some(Asked::State {
            collection: decode(collection)?,
            id: decode(id)?,
        }),
        _ => None,
    }
}

impl Asked {
    fn pattern(&self) -> &'static str {
        match self {
            Self::Record { .. } => "/forest/_audit-trail/:collection/:id",
            Self::Correlation { .. } => "/forest/_audit-trail/correlation/:key",
            Self::Correlations => "/forest/_audit-trail/correlations",
            Self::State { .. } => "/forest/_audit-trail/:collection/:id/state",
        }
    }
}

/// The parameters of a query, as text. The last of a repeated one counts.
#[derive(Default)]
struct Parameters(Map<String, Value>);

impl Parameters {
    fn of_query(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes());
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), value.into_owned().into()))
                .collect(),
        )
    }

    /// Takes what the body has, which wins.
    fn read_body(&mut self, body: &[u8]) -> Result<(), ActionError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct Body {
            correlation_keys: Option<Vec<String>>,
            collection: Option<String>,
            record_id: Option<String>,
        }
        let body: Body = serde_json::from_slice(body).map_err(|_| BrowseError::InvalidBody)?;
        let mut set = |name: &str, value: Option<Value>| self.0.extend(value.map(|value| (name.to_owned(), value)));
        set("correlationKeys", body.correlation_keys.map(Value::from));
        set("collection", body.collection.map(Value::from));
        set("recordId", body.record_id.map(Value::from));
        Ok(())
    }

    /// A text as it was sent, unless it is blank: an id may end with spaces.
    fn given(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str().filter(|text| !text.trim().is_empty())
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.given(name).map(str::trim)
    }

    /// A list, with commas between its elements in a query.
    fn list(&self, name: &str) -> Vec<String> {
        match self.0.get(name) {
            Some(Value::Array(elements)) => elements.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
            Some(Value::String(text)) => {
                let elements = text.split(',').map(str::trim);
                elements
                    .filter(|element| !element.is_empty())
                    .map(str::to_owned)
                    .collect()
            }
            _ => Vec::new(),
        }
    }
}

async fn answer(
    shared: &Shared,
    trail: &AuditTrail,
    caller: &Caller,
    asked: Asked,
    parameters: &Parameters,
) -> Result<HttpResponse, ActionError> {
    let named = |name, missing: HistoryError| parameters.given(name).map(Cow::Borrowed).ok_or(missing);
    let (collection, id, keys) = match &asked {
        Asked::State { collection, id } => {
            return state::answer(shared, trail, caller, collection, id, parameters).await;
        }
        Asked::Record { collection, id } => (collection.into(), id.into(), None),
        Asked::Correlation { key } => (
            named("collection", HistoryError::MissingCollection)?,
            named("recordId", HistoryError::MissingRecord)?,
            Some(vec![key.clone()]),
        ),
        Asked::Correlations => (
            named("collection", HistoryError::MissingCollection)?,
            named("recordId", HistoryError::MissingRecord)?,
            Some(parameters.list("correlationKeys")),
        ),
    };
    shared.rights().browse(caller, &collection, BrowseRight::Read).await?;
    let Visible { id, withholds } = visible(shared, caller, &collection, &id).await?;
    let mut query = AuditQuery {
        collection: Some(collection.into_owned()),
        record_id: Some(id),
        ..AuditQuery::default()
    };
    let shown =
        |page: AuditPage| -> Vec<Shown> { page.rows.into_iter().map(|row| Shown::of(row, withholds)).collect() };
    let document = match keys {
        Some(keys) => {
            query.correlation_keys = keys.into_iter().take(MAX_KEYS).collect();
            query.oldest_first = true;
            query.limit = MAX_ROWS;
            let page = match query.correlation_keys.is_empty() {
                true => AuditPage::default(),
                false => trail.query(&query).await.map_err(HistoryError::Unreadable)?,
            };
            let data = shown(page);
            serde_json::to_vec(&Document { data, meta: None })
        }
        None => {
            filter(&mut query, parameters, caller.zone())?;
            if withholds {
                // they would tell about the values
                query.fields.clear();
                query.search = None;
            }
            let page = trail.query(&query).await.map_err(HistoryError::Unreadable)?;
            let available_users = match parameters.text("page[number]") {
                None => Some(
                    trail
                        .users(&query)
                        .await
                        .map_err(HistoryError::Unreadable)?
                        .into_iter()
                        .map(Person::from)
                        .collect(),
                ),
                Some(_) => None,
            };
            let meta = Some(Meta {
                count: page.count,
                available_users,
            });
            let data = shown(page);
            serde_json::to_vec(&Document { data, meta })
        }
    };
    answered(document)
}

fn answered(document: Result<Vec<u8>, serde_json::Error>) -> Result<HttpResponse, ActionError> {
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .body(document.map_err(ActionError::internal)?))
}

/// A record whose rows the caller may see.
struct Visible {
    /// Its id as it is stored, or as it was sent if it is gone.
    id: String,
    /// Its rows are answered without values.
    withholds: bool,
}

/// Requires that the caller may see the record.
async fn visible(shared: &Shared, caller: &Caller, collection: &str, id: &str) -> Result<Visible, ActionError> {
    let of = |id: String, withholds| Ok(Visible { id, withholds });
    let known = shared.schema().collections.iter().any(|known| known.name == collection);
    if !known {
        return Err(QueryError::UnknownCollection(collection.to_owned()).into());
    }
    // a collection without a record source has neither records nor scopes
    let Some(access) = shared.access(caller, collection, None).await? else {
        return of(id.to_owned(), false);
    };
    let model = access.collection(collection)?;
    let scope = access.scope(model)?;
    let Ok(key) = Key::from_packed(model, id) else {
        // the key has had another type
        return of(id.to_owned(), scope != Condition::always());
    };
    let spelled = Condition::KeyIn(key.spellings());
    let found = async |condition| {
        let query = RecordQuery::new(&model.name, condition);
        let keys = access.store.source.keys(&query, None, 1).await;
        keys.map(|keys| keys.into_iter().next()).map_err(QueryError::from)
    };
    if let Some(key) = found(spelled.clone().and(scope.clone())).await? {
        return of(key.to_string(), false);
    }
    if found(spelled).await?.is_some() {
        return Err(HistoryError::Hidden.into());
    }
    of(id.to_owned(), scope != Condition::always())
}

/// Reads the filters and the page of a record's history.
fn filter(query: &mut AuditQuery, parameters: &Parameters, zone: Zone<'_>) -> Result<(), ActionError> {
    let ids = parameters.list("userIds").into_iter().filter_map(|id| id.parse().ok());
    query.user_ids = ids.take(MAX_LIST).collect();
    query.fields = parameters.list("fields").into_iter().take(MAX_LIST).collect();
    query.search = parameters.text("search").map(str::to_owned);
    let boundary = |name, is_end| parameters.text(name).map(|text| moment(text, zone, is_end)).transpose();
    query.from = boundary("startDate", false)?;
    query.to = boundary("endDate", true)?;
    let number = |name| {
        parameters
            .text(name)
            .and_then(|text| text.parse::<u64>().ok())
            .filter(|number| *number > 0)
    };
    query.limit = number("page[size]").unwrap_or(PAGE).min(MAX_PAGE);
    query.offset = (number("page[number]").unwrap_or(1) - 1).saturating_mul(query.limit);
    query.oldest_first = parameters.text("sort") == Some("timestamp");
    Ok(())
}

/// The first or last moment of a day, of a minute, or of a second in this time zone, or an instant.
fn moment(text: &str, zone: Zone<'_>, is_end: bool) -> Result<DateTime<Utc>, ActionError> {
    let invalid = || ActionError::from(HistoryError::InvalidDate { text: text.to_owned() });
    if let Ok(instant) = DateTime::parse_from_rfc3339(text) {
        return Ok(instant.to_utc());
    }
    let millisecond = TimeDelta::milliseconds(1);
    let local = if let Ok(day) = NaiveDate::parse_from_str(text, "%Y-%m-%d") {
        match is_end {
            true => day.succ_opt().ok_or_else(invalid)?.and_time(NaiveTime::MIN) - millisecond,
            false => day.and_time(NaiveTime::MIN),
        }
    } else {
        let text = text.replace(' ', "T");
        match NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M") {
            Ok(minute) if is_end => minute + TimeDelta::minutes(1) - millisecond,
            Ok(minute) => minute,
            Err(_) => NaiveDateTime::parse_from_str(&text, "%Y-%m-%dT%H:%M:%S").map_err(|_| invalid())?,
        }
    };
    let timezone = zone.map_err(QueryError::unknown_zone)?;
    // a time that a change of the clock skips is that of an hour later, as in the vendor's agents
    let skipped = || timezone.from_local_datetime(&(local + TimeDelta::hours(1))).earliest();
    let found = timezone.from_local_datetime(&local).earliest().or_else(skipped);
    Ok(found.ok_or_else(invalid)?.to_utc())
}

#[derive(Serialize)]
struct Document {
    data: Vec<Shown>,
    #[serde(skip_serializing_if = "Option::is_none")]
    meta: Option<Meta>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Meta {
    count: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    available_users: Option<Vec<Person>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Person {
    id: Option<i32>,
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
}

impl From<AuditUser> for Person {
    fn from(user: AuditUser) -> Self {
        Self {
            id: user.id,
            first_name: user.first_name,
            last_name: user.last_name,
            email: user.email,
        }
    }
}

/// A row with the members of the vendor's agents, in their order.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown {
    id: i64,
    timestamp: String,
    operation: String,
    collection: String,
    record_id: Option<String>,
    user_id: Option<i32>,
    user_first_name: Option<String>,
    user_last_name: Option<String>,
    user_email: Option<String>,
    action_name: Option<String>,
    correlation_key: Option<String>,
    previous_values: Map<String, Value>,
    new_values: Map<String, Value>,
    status: &'static str,
}

impl Shown {
    fn of(row: AuditRow, withholds: bool) -> Self {
        let values = |values: Map<String, Value>| if withholds { Map::new() } else { values };
        Self {
            id: row.id,
            timestamp: row.timestamp.to_rfc3339_opts(chrono::SecondsFormat::Millis, true),
            operation: row.operation.as_str().to_owned(),
            collection: row.collection,
            record_id: row.record_id,
            user_id: row.user_id,
            user_first_name: row.user_first_name,
            user_last_name: row.user_last_name,
            user_email: row.user_email,
            action_name: row.action_name,
            correlation_key: row.correlation_key,
            previous_values: values(row.previous_values),
            new_values: values(row.new_values),
            status: row.status.as_str(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn boundaries_are_inclusive_and_in_the_time_zone() {
        let paris = chrono_tz::Tz::Europe__Paris;
        for (text, start, end) in [
            ("2026-08-20", "2026-08-19T22:00:00.000Z", "2026-08-20T21:59:59.999Z"),
            (
                "2026-08-20T10:30",
                "2026-08-20T08:30:00.000Z",
                "2026-08-20T08:30:59.999Z",
            ),
            (
                "2026-08-20 10:30:05",
                "2026-08-20T08:30:05.000Z",
                "2026-08-20T08:30:05.000Z",
            ),
            (
                "2026-08-20T10:30:00Z",
                "2026-08-20T10:30:00.000Z",
                "2026-08-20T10:30:00.000Z",
            ),
            // skipped by the clock
            (
                "2026-03-29T02:30",
                "2026-03-29T01:30:00.000Z",
                "2026-03-29T01:30:59.999Z",
            ),
        ] {
            let at = |is_end| {
                let moment = moment(text, Ok(paris), is_end).ok().unwrap();
                moment.to_rfc3339_opts(chrono::SecondsFormat::Millis, true)
            };
            assert_eq!((at(false).as_str(), at(true).as_str()), (start, end), "{text}");
        }
        for text in ["yesterday", "2026-13-01", "2026-08-20T25:00"] {
            assert!(moment(text, Ok(paris), true).is_err(), "{text}");
        }
    }

    #[test]
    fn a_path_names_a_record_or_the_ids_of_requests() {
        assert!(
            matches!(asked("a%2Fb/1%7C2"), Some(Asked::Record { collection, id }) if collection == "a/b" && id == "1|2")
        );
        assert!(matches!(asked("correlation/x/"), Some(Asked::Correlation { key }) if key == "x"));
        assert!(matches!(asked("correlations"), Some(Asked::Correlations)));
        assert!(
            matches!(asked("companies/1/state"), Some(Asked::State { collection, id }) if collection == "companies" && id == "1")
        );
        for path in [
            "",
            "companies",
            "companies/1/past",
            "companies/1/state/2",
            "companies/%00",
            "companies/%FF",
        ] {
            assert!(asked(path).is_none(), "{path}");
        }
    }
}
