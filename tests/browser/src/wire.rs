//! The WebDriver protocol, as far as it is used: one request, one answer, and the errors of the driver in words.

use std::time::Duration;

use reqwest::Method;
use reqwest::blocking::Client;
use serde_json::{Value, json};

/// The connection to a session.
#[derive(Debug)]
pub(crate) struct Wire {
    client: Client,
    session: String,
}

/// What the driver refused.
#[derive(Debug)]
pub(crate) struct Refused {
    /// The protocol's name for it, such as `stale element reference`.
    pub(crate) error: String,
    pub(crate) message: String,
}

impl Wire {
    /// Opens a session.
    pub(crate) fn open(driver: &str, capabilities: &Value) -> Self {
        // longer than anything that is waited for in a page
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(90)).build();
        let mut wire = Self {
            client: client.expect("an HTTP client"),
            session: format!("{driver}/session"),
        };
        let opened = wire.call(
            Method::POST,
            "",
            Some(&json!({"capabilities": {"alwaysMatch": capabilities}})),
        );
        let opened = opened.unwrap_or_else(|refused| panic!("Chromium does not start: {}", refused.message));
        let id = opened["sessionId"].as_str().expect("a session id");
        wire.session = format!("{}/{id}", wire.session);
        wire
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Result<Value, Refused> {
        self.call(Method::POST, path, Some(body))
    }

    pub(crate) fn get(&self, path: &str) -> Result<Value, Refused> {
        self.call(Method::GET, path, None)
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Value, Refused> {
        self.call(Method::DELETE, path, None)
    }

    fn call(&self, method: Method, path: &str, body: Option<&Value>) -> Result<Value, Refused> {
        let mut request = self.client.request(method, format!("{}{path}", self.session));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().and_then(reqwest::blocking::Response::json::<Value>);
        let mut answer = answer.map_err(|error| Refused {
            error: "no answer".to_owned(),
            message: error.to_string(),
        })?;
        let value = answer["value"].take();
        match value["error"].as_str() {
            None => Ok(value),
            Some(error) => Err(Refused {
                error: error.to_owned(),
                message: value["message"].as_str().unwrap_or_default().to_owned(),
            }),
        }
    }
}
