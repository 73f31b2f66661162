//! Answers of the agent, read as the UI reads them, and the message of an unmet expectation.

use std::fmt;

use bytes::Bytes;
use serde_json::{Map, Value};

use super::approval::TestApproval;
use super::project::TestForest;
use super::request::{Received, Sent};
use crate::audit::{AuditQuery, AuditRow};
use crate::form::FormFile;

const REQUIRES_APPROVAL: &str = "CustomActionRequiresApprovalError";

/// An answer of the agent.
///
/// A method that reads a part of the answer panics if the answer does not have it, with the status and the body in the
/// message.
pub struct TestAnswer(Box<Answer>);

struct Answer {
    about: About,
    received: Received,
    json: Option<Value>,
}

/// The subject of the request.
enum About {
    Action(Sent),
    Path(String, TestForest),
}

/// A file in an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct TestFile {
    /// The name under which a browser saves it.
    pub name: String,
    /// The media type.
    pub media_type: String,
    /// The content.
    pub bytes: Bytes,
}

/// A webhook that an answer makes the browser call.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct TestWebhook {
    /// The address.
    pub url: String,
    /// The HTTP method.
    pub method: String,
    /// The headers, by name.
    pub headers: Map<String, Value>,
    /// The JSON body.
    pub body: Value,
}

impl TestAnswer {
    pub(super) fn new(sent: Sent, received: Received) -> Self {
        Self::about(About::Action(sent), received)
    }

    pub(super) fn of_path(what: String, forest: TestForest, received: Received) -> Self {
        Self::about(About::Path(what, forest), received)
    }

    fn about(about: About, received: Received) -> Self {
        let json = received.body.as_ref().ok();
        Self(Box::new(Answer {
            about,
            json: json.and_then(|body| serde_json::from_slice(body).ok()),
            received,
        }))
    }

    /// The status code.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.received.status.as_u16()
    }

    /// The first header of this name.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.0.received.headers.get(name)?.to_str().ok()
    }

    /// The rows of the audit trail about this request, oldest first.
    ///
    /// # Panics
    /// The agent has no trail that can be read.
    pub async fn audit(&self) -> Vec<AuditRow> {
        let forest = match &self.0.about {
            About::Action(sent) => sent.user.forest(),
            About::Path(_, forest) => forest,
        };
        let id = self.header("x-forest-correlation-id").unwrap_or_default().to_owned();
        let query = AuditQuery {
            correlation_keys: vec![id],
            ..AuditQuery::default()
        };
        forest.rows(query).await
    }

    /// The record, the operation and the reason of each row of the audit trail about this request, in the order of the records:
    /// `("7", "action_refused", "already_paid: already paid")`. The record is empty for a row about no single one, and the reason
    /// where there is none.
    ///
    /// # Panics
    /// The agent has no trail that can be read.
    pub async fn audited(&self) -> Vec<(String, String, String)> {
        let rows = self.audit().await.into_iter();
        let mut told: Vec<(String, String, String)> = rows
            .map(|row| {
                let operation = row.operation.to_string();
                (
                    row.record_id.unwrap_or_default(),
                    operation,
                    row.reason.unwrap_or_default(),
                )
            })
            .collect();
        told.sort();
        told
    }

    /// The bytes of the body.
    ///
    /// # Panics
    /// The body broke off.
    #[track_caller]
    #[must_use]
    pub fn bytes(&self) -> &Bytes {
        match &self.0.received.body {
            Ok(body) => body,
            Err(error) => self.fail(&format!("a whole body, and it broke off: {error}")),
        }
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// The body is not JSON.
    #[track_caller]
    #[must_use]
    pub fn json(&self) -> &Value {
        match &self.0.json {
            Some(body) => body,
            None => self.fail("JSON"),
        }
    }

    pub(super) fn body_json(&self) -> Option<&Value> {
        self.0.json.as_ref()
    }

    /// The text of a success; empty for the default text of the UI.
    ///
    /// # Panics
    /// The answer is not a success.
    #[track_caller]
    #[must_use]
    pub fn success(&self) -> &str {
        if self.status() == 204 {
            return "";
        }
        match self.member("success").and_then(Value::as_str) {
            Some(text) if self.status() == 200 => text,
            _ => self.fail("a success"),
        }
    }

    /// The HTML panel of a success or of a failure.
    ///
    /// # Panics
    /// The answer has no HTML.
    #[track_caller]
    #[must_use]
    pub fn html(&self) -> &str {
        match self.member("html").and_then(Value::as_str) {
            Some(html) => html,
            None => self.fail("HTML"),
        }
    }

    /// The error text that the user sees, of the action or of the framework.
    ///
    /// # Panics
    /// The answer is not an error.
    #[track_caller]
    #[must_use]
    pub fn error(&self) -> &str {
        let text = self.first_error().and_then(|error| error.get("detail"));
        let text = text.or_else(|| self.member("error")).or_else(|| self.member("message"));
        match text.and_then(Value::as_str) {
            Some(text) if self.status() >= 400 => text,
            _ => self.fail("a failure"),
        }
    }

    /// The name of an error, such as `CustomActionTriggerForbiddenError`: `errors[0].name`.
    ///
    /// # Panics
    /// The answer is not an error with a name.
    #[track_caller]
    #[must_use]
    pub fn error_name(&self) -> &str {
        match self.first_error().and_then(|error| error.get("name")?.as_str()) {
            Some(name) => name,
            None => self.fail("a failure with a name"),
        }
    }

    /// The invalid fields of the form with their problems.
    ///
    /// # Panics
    /// The form was not refused.
    #[track_caller]
    #[must_use]
    pub fn problems(&self) -> Vec<(&str, &str)> {
        let fields = self.first_error().and_then(|error| error.pointer("/data/fields"));
        match fields.and_then(Value::as_object) {
            Some(fields) => {
                let pairs = fields.iter();
                pairs
                    .map(|(name, problem)| (name.as_str(), problem.as_str().unwrap_or_default()))
                    .collect()
            }
            None => self.fail("a refused form"),
        }
    }

    /// The target of the redirect.
    ///
    /// # Panics
    /// The answer does not redirect.
    #[track_caller]
    #[must_use]
    pub fn redirect(&self) -> &str {
        match self.member("redirectTo").and_then(Value::as_str) {
            Some(target) => target,
            None => self.fail("a redirect"),
        }
    }

    /// The relations that the UI reloads; empty if the answer names none.
    #[must_use]
    pub fn refreshed(&self) -> Vec<&str> {
        let names = self.body_json().and_then(|body| body.pointer("/refresh/relationships"));
        let names = names.and_then(Value::as_array).into_iter().flatten();
        names.filter_map(Value::as_str).collect()
    }

    /// The webhook that the browser calls.
    ///
    /// # Panics
    /// The answer has no webhook.
    #[track_caller]
    #[must_use]
    pub fn webhook(&self) -> TestWebhook {
        let Some(webhook) = self.member("webhook") else {
            self.fail("a webhook")
        };
        let text = |key: &str| {
            let text = webhook.get(key).and_then(Value::as_str);
            text.unwrap_or_default().to_owned()
        };
        TestWebhook {
            url: text("url"),
            method: text("method"),
            headers: webhook
                .get("headers")
                .and_then(Value::as_object)
                .cloned()
                .unwrap_or_default(),
            body: webhook.get("body").cloned().unwrap_or_default(),
        }
    }

    /// The file in the answer.
    ///
    /// # Panics
    /// The answer is not a file, or it broke off.
    #[track_caller]
    #[must_use]
    pub fn file(&self) -> TestFile {
        let name = self.header("content-disposition").and_then(file_name);
        match name.filter(|_| self.status() == 200) {
            Some(name) => TestFile {
                name,
                media_type: self.header("content-type").unwrap_or_default().to_owned(),
                bytes: self.bytes().clone(),
            },
            None => self.fail("a file"),
        }
    }

    /// Returns `true` if the action requires an approval.
    #[must_use]
    pub fn requires_approval(&self) -> bool {
        let name = self.first_error().and_then(|error| error.get("name")?.as_str());
        self.status() == 403 && name == Some(REQUIRES_APPROVAL)
    }

    /// The names of the roles that may approve.
    ///
    /// # Panics
    /// The answer does not require an approval.
    #[track_caller]
    #[must_use]
    pub fn approvers(&self) -> Vec<String> {
        if !self.requires_approval() {
            self.fail("an approval to be required");
        }
        let ids = self
            .first_error()
            .and_then(|error| error.pointer("/data/roleIdsAllowedToApprove")?.as_array());
        let ids = ids.into_iter().flatten().filter_map(Value::as_u64);
        ids.map(|id| self.forest().fake().role_name(id)).collect()
    }

    /// Files the approval request that the answer requires at the Forest server, as the UI does, with the same records and
    /// values. [`TestUser::approve`](super::TestUser::approve) decides it.
    ///
    /// # Panics
    /// The answer does not require an approval.
    #[track_caller]
    pub fn request_approval(&self) -> TestApproval {
        match &self.0.about {
            About::Action(sent) if self.requires_approval() => TestApproval::file(sent),
            _ => self.fail("an approval to be required"),
        }
    }

    fn forest(&self) -> &TestForest {
        match &self.0.about {
            About::Action(sent) => sent.user.forest(),
            About::Path(_, forest) => forest,
        }
    }

    pub(super) fn member(&self, name: &str) -> Option<&Value> {
        self.body_json()?.get(name)
    }

    fn first_error(&self) -> Option<&Value> {
        self.body_json()?.pointer("/errors/0")
    }

    #[track_caller]
    pub(super) fn fail(&self, expected: &str) -> ! {
        panic!("expected {expected}; {self}")
    }

    /// The remedy for the most frequent refusal.
    fn advice(&self) -> Option<String> {
        let About::Action(sent) = &self.0.about else {
            return None;
        };
        let name = self.first_error()?.get("name")?.as_str()?;
        let role = sent.user.role()?;
        let (collection, action) = (sent.action.collection, sent.action.name);
        (name == "CustomActionTriggerForbiddenError")
            .then(|| format!("the role gets the right by `forest.fake().grant({role:?}, {collection:?}, {action:?})`"))
    }
}

/// The request, the status, and the beginning of the body.
impl fmt::Display for TestAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 2_000;
        match &self.0.about {
            About::Action(sent) => write!(f, "{sent}")?,
            About::Path(what, _) => f.write_str(what)?,
        }
        write!(f, ", was answered with {}", self.status())?;
        match &self.0.received.body {
            Ok(body) if body.is_empty() => f.write_str(" and no body")?,
            Ok(body) => {
                let text = String::from_utf8_lossy(body);
                let shown: String = text.chars().take(SHOWN).collect();
                let rest = if shown.len() < text.len() { " …" } else { "" };
                write!(f, ": {shown}{rest}")?;
            }
            Err(error) => write!(f, " and a body that broke off: {error}")?,
        }
        // the answer to an unexpected error has a reference into the log, which a test does not have
        if let Some(cause) = self.0.received.cause.as_ref().filter(|_| self.status() >= 500) {
            write!(f, "\nthe cause, as logged: {cause}")?;
        }
        match self.advice() {
            Some(advice) => write!(f, "\n{advice}"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for TestAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// For tests that use `?`.
impl std::error::Error for TestAnswer {}

/// The file name in a `Content-Disposition`; `filename*`, which encodes every character, wins.
fn file_name(disposition: &str) -> Option<String> {
    let parameters = || disposition.split(';').skip(1).map(str::trim);
    let is_attachment = disposition.trim_start().to_ascii_lowercase().starts_with("attachment");
    let newer = parameters().find_map(|parameter| parameter.strip_prefix("filename*=UTF-8''"));
    let newer = newer.map(|name| {
        percent_encoding::percent_decode_str(name)
            .decode_utf8_lossy()
            .into_owned()
    });
    let older = || {
        let name = parameters().find_map(|parameter| parameter.strip_prefix("filename="))?;
        Some(name.trim_matches('"').to_owned())
    };
    newer.or_else(older).filter(|_| is_attachment)
}

/// A file for a field of a form.
impl From<TestFile> for FormFile {
    fn from(file: TestFile) -> Self {
        Self::new(file.name, file.media_type, file.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn file_name_is_the_one_a_browser_uses() {
        for (disposition, expected) in [
            (r#"attachment; filename="a.csv""#, Some("a.csv")),
            (
                r#"attachment; filename="?.csv"; filename*=UTF-8''%C3%A9%20a.csv"#,
                Some("é a.csv"),
            ),
            ("inline; filename=\"a.csv\"", None),
            ("attachment", None),
        ] {
            assert_eq!(file_name(disposition).as_deref(), expected, "{disposition}");
        }
    }
}
