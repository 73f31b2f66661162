//! The answer of an action as the UI reads it: a status, one JSON object with known members, headers.
//!
//! Builders only make combinations that real clients understand: free members cannot be added (a top-level `data` would be decoded as
//! JSON:API), `html` always travels next to a `success` or `error` text, and redirects and webhooks are checked.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

use super::download::Download;
use super::error::ActionError;
use super::redirect::{InvalidRedirect, RedirectTarget};
use super::results::{Count, English, Results, Tally, Texts};
use super::webhook::Webhook;

/// The answer of an action that succeeded.
///
/// Made by [`success`], [`html`], [`no_content`], or from a [`Download`]; completed by the methods, in any
/// order. A mistake in a redirect, webhook or header is kept, and the answer becomes an unexpected
/// error (500, cause in the log) instead of something harmful.
///
/// ```
/// use forest_actions::{html, success};
///
/// let _ = success("New transaction emitted").refresh(["emitted_transactions"]);
/// let _ = success("Return initiated").redirect_to("https://www.royalmail.com/track?n=1");
/// let _ = html("<p>$42 USD charged</p>").header("x-charge", "ch_1");
/// ```
#[derive(Debug)]
#[must_use]
pub struct ActionResponse {
    content: Content,
    headers: HeaderMap,
    problem: Option<ActionError>,
    /// The numbers of found and of selected records, if some were not found.
    partly_found: Option<(u64, u64)>,
}

#[derive(Debug)]
enum Content {
    Nothing,
    Members(Box<Members>),
    File(Download),
}

/// The JSON object of a successful answer, in the order in which the members are documented.
#[derive(Debug, Default, Serialize)]
struct Members {
    success: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    refresh: Option<Refresh>,
    #[serde(rename = "redirectTo", skip_serializing_if = "Option::is_none")]
    redirect_to: Option<RedirectTarget>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook: Option<Webhook>,
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Box<RawValue>>,
    /// The run in the background.
    #[serde(skip_serializing_if = "Option::is_none")]
    run: Option<Value>,
    /// The records, until they are put into words.
    #[serde(skip)]
    records: Option<Results>,
}

#[derive(Debug, Default, Serialize)]
struct Refresh {
    relationships: Vec<String>,
}

/// Success with a message: `200 {"success": "…"}`.
///
/// ```
/// # use forest_actions::success;
/// let _ = success("Company is now live!");
/// ```
pub fn success(message: impl Into<String>) -> ActionResponse {
    ActionResponse::of(Members {
        success: Some(message.into()),
        ..Members::default()
    })
}

/// Success with an HTML panel: `200 {"success": "", "html": "…"}`.
///
/// The empty `success` keeps the UI's own default text and lets clients that classify an answer by its
/// members recognise a success; use `success("…").html("…")` for a text of your own. The HTML is shown
/// as it is: escape what comes from outside.
pub fn html(content: impl Into<String>) -> ActionResponse {
    success("").html(content)
}

/// Success without a body: `204`, the UI shows its default message.
///
/// Some clients of the protocol cannot read a bare 204; [`success`] is the most portable answer.
pub fn no_content() -> ActionResponse {
    ActionResponse {
        content: Content::Nothing,
        headers: HeaderMap::new(),
        problem: None,
        partly_found: None,
    }
}

impl ActionResponse {
    fn of(members: Members) -> Self {
        Self {
            content: Content::Members(Box::new(members)),
            headers: HeaderMap::new(),
            problem: None,
            partly_found: None,
        }
    }

    /// The members to add to; a bare 204 turns into a 200 with an empty message. For a file, the mistake is kept.
    fn members(&mut self) -> Option<&mut Members> {
        if matches!(self.content, Content::Nothing) {
            self.content = Content::Members(Box::new(Members {
                success: Some(String::new()),
                ..Members::default()
            }));
        }
        if let Content::File(_) = &self.content {
            self.fail("a file answer cannot carry a message, HTML, refresh, redirect or webhook");
        }
        match &mut self.content {
            Content::Members(members) => Some(members),
            Content::Nothing | Content::File(_) => None,
        }
    }

    fn fail(&mut self, problem: impl Into<Box<dyn std::error::Error + Send + Sync>>) {
        self.problem.get_or_insert_with(|| ActionError::internal(problem));
    }

    /// Shows an HTML panel. The HTML is shown as it is: escape what comes from outside.
    pub fn html(mut self, content: impl Into<String>) -> Self {
        if let Some(members) = self.members() {
            members.html = Some(content.into());
        }
        self
    }

    /// Reloads these relations of the record, by the names of the relation fields of the action's
    /// collection.
    pub fn refresh<I>(mut self, relationships: I) -> Self
    where
        I: IntoIterator,
        I::Item: Into<String>,
    {
        if let Some(members) = self.members() {
            let refresh = members.refresh.get_or_insert_default();
            refresh.relationships.extend(relationships.into_iter().map(Into::into));
        }
        self
    }

    /// The relations to reload.
    pub(crate) fn refreshed(&self) -> &[String] {
        match &self.content {
            Content::Members(members) => members.refresh.as_ref().map_or(&[], |refresh| &refresh.relationships),
            Content::Nothing | Content::File(_) => &[],
        }
    }

    /// Sends the user to a page of the back office (`/project/environment/team/data/…`) or to an
    /// absolute `http(s)` URL, in a new tab. Takes text, checked here, or a [`RedirectTarget`].
    pub fn redirect_to<T>(mut self, target: T) -> Self
    where
        T: TryInto<RedirectTarget>,
        InvalidRedirect: From<T::Error>,
    {
        match target.try_into().map_err(InvalidRedirect::from) {
            Ok(target) => {
                if let Some(members) = self.members() {
                    members.redirect_to = Some(target);
                }
            }
            Err(problem) => self.fail(problem),
        }
        self
    }

    /// Makes the user's browser perform an HTTP call.
    pub fn webhook(mut self, webhook: Webhook) -> Self {
        match webhook.check() {
            Ok(()) => {
                if let Some(members) = self.members() {
                    members.webhook = Some(webhook);
                }
            }
            Err(problem) => self.fail(problem),
        }
        self
    }

    /// Adds a response header; sent with every kind of answer.
    pub fn header(mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> Self {
        match header_pair(name.as_ref(), value.as_ref()) {
            Some((name, value)) => self.headers.append(name, value),
            None => self.fail(format!(
                "the response header `{}` is not a valid HTTP header",
                name.as_ref().escape_debug()
            )),
        }
        self
    }

    /// Adds the records that a rule refused: the handler did the `allowed` ones. A file has no place for them.
    pub(crate) fn with_refused(mut self, allowed: u64, refused: Results) -> Self {
        if refused.refused_count() == 0 || matches!(self.content, Content::File(_)) {
            return self;
        }
        if let Some(members) = self.members() {
            let message = members.success.take().filter(|text| !text.is_empty());
            let records = members
                .records
                .get_or_insert_with(|| Results::all_done(allowed, message));
            records.absorb(refused);
        }
        self
    }

    /// Adds the records of earlier attempts of a run, which has `total` records; this attempt has `done` some.
    pub(crate) fn with_earlier(mut self, earlier: Results, done: u64, total: Option<u64>) -> Self {
        let has_shortfalls = earlier.refused_count() + earlier.failed_count() > 0;
        if let Some(members) = self.members() {
            if members.records.is_none() && has_shortfalls {
                let message = members.success.take().filter(|text| !text.is_empty());
                members.records = Some(Results::all_done(done, message));
            }
            if let Some(records) = &mut members.records {
                records.after(earlier, total);
            }
        }
        self
    }

    /// Adds the run that the request has become.
    pub(crate) fn run(mut self, run: Value) -> Self {
        if let Some(members) = self.members() {
            members.run = Some(run);
        }
        self
    }

    /// The message, once it is in words.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.content {
            Content::Members(members) => members.success.as_deref(),
            Content::Nothing | Content::File(_) => None,
        }
    }

    /// The numbers of found and of selected records: the user learns that some are gone.
    pub(crate) fn selected(mut self, found: usize, requested: usize) -> Self {
        let [found, requested] = [found, requested].map(|number| u64::try_from(number).unwrap_or(u64::MAX));
        if let Content::Members(members) = &mut self.content
            && let Some(records) = &mut members.records
        {
            records.found(found);
        }
        self.partly_found = (found < requested).then_some((found, requested));
        self
    }

    /// The numbers of records, before they are put into words.
    pub(crate) fn tally(&self) -> Option<Tally> {
        match &self.content {
            Content::Members(members) => members.records.as_ref().map(Results::tally),
            Content::Nothing | Content::File(_) => None,
        }
    }

    /// The kind of the answer and its text, without what only the browser needs: HTML, bodies, headers, and the parts of an
    /// address that may hold a secret.
    pub(crate) fn digest(&self) -> Map<String, Value> {
        let mut digest = Map::new();
        let mut set = |name: &str, value: Option<String>| {
            digest.extend(value.map(|value| (name.to_owned(), Value::String(value))));
        };
        match &self.content {
            Content::Nothing => set("type", Some("Success".to_owned())),
            Content::File(file) => {
                set("type", Some("File".to_owned()));
                set("name", Some(file.name().to_owned()));
                set("mimeType", file.content_type().to_str().ok().map(str::to_owned));
            }
            Content::Members(members) => {
                let message = members.success.clone().filter(|text| !text.is_empty());
                if let Some(webhook) = &members.webhook {
                    set("type", Some("Webhook".to_owned()));
                    set("method", Some(webhook.method().to_owned()));
                    set("url", Some(without_secrets(webhook.url())));
                } else if let Some(target) = &members.redirect_to {
                    set("type", Some("Redirect".to_owned()));
                    set("path", Some(without_secrets(target.as_str())));
                } else {
                    set("type", Some("Success".to_owned()));
                }
                set("message", message);
            }
        }
        digest
    }

    /// Puts results and numbers of records into words. A file has no place for them.
    ///
    /// # Errors
    /// No record was done.
    pub(crate) fn in_words(mut self, texts: &dyn Texts) -> Result<Self, ActionError> {
        if let Content::Members(members) = &mut self.content
            && let Some(records) = members.records.take()
        {
            let summary = records.verdict(texts)?;
            members.success = Some(summary.text);
            members.results = summary.results;
            let panels = [members.html.take(), summary.html];
            let panels: Vec<String> = panels.into_iter().flatten().collect();
            members.html = (!panels.is_empty()).then(|| panels.concat());
        }
        let Some((found, requested)) = self.partly_found.take() else {
            return Ok(self);
        };
        if matches!(self.content, Content::File(_)) {
            return Ok(self);
        }
        let note = texts.partly_found(Count::plain(found), Count::plain(requested));
        if let Some(members) = self.members() {
            let text = members.success.get_or_insert_default();
            if text.is_empty() {
                *text = note;
            } else {
                text.push_str(&format!(" ({note})"));
            }
        }
        Ok(self)
    }

    /// The JSON object that is sent, for a unit test that calls a handler; `None` for a 204 and for a file.
    ///
    /// ```
    /// use forest_actions::success;
    ///
    /// let answer = success("Archived").refresh(["documents"]).to_json();
    /// assert_eq!(answer.unwrap()["refresh"]["relationships"][0], "documents");
    /// ```
    #[must_use]
    pub fn to_json(&self) -> Option<Value> {
        match &self.content {
            Content::Members(members) => {
                let mut body = serde_json::to_value(members).ok()?;
                if let (Some(records), Some(body)) = (&members.records, body.as_object_mut()) {
                    let summary = records.summary(&English);
                    body.remove("success");
                    let text = if records.is_success() { "success" } else { "error" };
                    body.insert(text.to_owned(), summary.text.into());
                    body.extend(summary.html.map(|html| ("html".to_owned(), html.into())));
                    let results = summary.results.and_then(|results| serde_json::to_value(results).ok());
                    body.extend(results.map(|results| ("results".to_owned(), results)));
                }
                Some(body)
            }
            Content::Nothing | Content::File(_) => None,
        }
    }

    /// The answer, or the mistake made while building it.
    pub(crate) fn checked(mut self) -> Result<Self, ActionError> {
        match self.problem.take() {
            Some(problem) => Err(problem),
            None => Ok(self),
        }
    }

    /// The HTTP answer, or the mistake made while building it.
    pub(crate) fn into_http(self) -> Result<HttpResponse, ActionError> {
        if let Some(problem) = self.problem {
            return Err(problem);
        }
        let mut response = match self.content {
            Content::Nothing => HttpResponse::new(StatusCode::NO_CONTENT),
            Content::Members(members) => {
                let body = serde_json::to_vec(&members).map_err(ActionError::internal)?;
                HttpResponse::Ok()
                    .insert_header((header::CONTENT_TYPE, "application/json"))
                    .body(body)
            }
            Content::File(download) => download.into_http(),
        };
        append_all(response.headers_mut(), self.headers);
        Ok(response)
    }
}

/// An address without user, query and fragment.
fn without_secrets(address: &str) -> String {
    let address = address.split(['?', '#']).next().unwrap_or_default();
    let Some((scheme, rest)) = address.split_once("://") else {
        return address.to_owned();
    };
    let end = rest.find('/').unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("{scheme}://{host}{path}")
}

/// A header whose name and value are both valid.
pub(super) fn header_pair(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::try_from(name).ok()?, HeaderValue::try_from(value).ok()?))
}

/// A handler's header replaces ours of the same name; its own repetitions are all kept.
pub(super) fn append_all(to: &mut HeaderMap, from: HeaderMap) {
    let names: Vec<HeaderName> = from.keys().cloned().collect();
    for name in names {
        to.remove(&name);
        for value in from.get_all(&name) {
            to.append(name.clone(), value.clone());
        }
    }
}

impl From<Results> for ActionResponse {
    fn from(records: Results) -> Self {
        Self::of(Members {
            records: Some(records),
            ..Members::default()
        })
    }
}

impl From<Download> for ActionResponse {
    fn from(download: Download) -> Self {
        Self {
            content: Content::File(download),
            headers: HeaderMap::new(),
            problem: None,
            partly_found: None,
        }
    }
}
