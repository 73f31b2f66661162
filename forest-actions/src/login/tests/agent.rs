//! An agent with nothing but its login, and its browser.

use std::sync::Arc;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::body::to_bytes;
use actix_web::http::Method;
use actix_web::test::TestRequest;
use serde_json::{Value, json};
use url::Url;

use crate::config::{Config, Settings};
use crate::login::{Login, serve};
use crate::server::{ClientOptions, ServerClient};
use crate::testing::FakeForest;

pub(super) const APPLICATION: &str = "https://agent.example.com/base";
pub(super) const CALLBACK: &str = "https://agent.example.com/base/forest/authentication/callback";

pub(super) struct Agent {
    pub(super) login: Login,
}

#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: u16,
    headers: Vec<(String, String)>,
    pub(super) body: Vec<u8>,
}

impl Reply {
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers
            .find(|(other, _)| other == name)
            .map(|(_, value)| value.as_str())
    }

    pub(super) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    pub(super) fn authorization_url(&self) -> Url {
        assert_eq!(self.status, 200, "{}", String::from_utf8_lossy(&self.body));
        Url::parse(self.json()["authorizationUrl"].as_str().unwrap()).unwrap()
    }
}

/// The configuration of an agent of this Forest server, overridden by `more`.
pub(super) fn config(fake: &FakeForest, more: &[(&str, &str)]) -> Config {
    let (env_secret, auth_secret) = (fake.env_secret(), fake.auth_secret());
    let ours = [
        ("FOREST_ENV_SECRET", env_secret.as_str()),
        ("FOREST_AUTH_SECRET", auth_secret.as_str()),
        ("FOREST_URL", fake.url()),
        ("APPLICATION_URL", APPLICATION),
    ];
    let get = |name: &str| {
        let mut pairs = more.iter().chain(&ours);
        pairs
            .find(|(key, _)| *key == name)
            .map(|(_, value)| (*value).to_owned())
    };
    Settings::from_env(get).unwrap().check().unwrap()
}

pub(super) fn client(config: &Config) -> Arc<ServerClient> {
    let options = ClientOptions {
        base_url: config.server_url.clone(),
        env_secret: config.env_secret.clone().unwrap(),
        request_timeout: config.server.request_timeout,
        schema_timeout: Duration::from_secs(20),
        runtime: crate::server::Runtime::current().unwrap(),
    };
    Arc::new(ServerClient::new(&options).unwrap())
}

impl Agent {
    pub(super) fn of(fake: &FakeForest) -> Self {
        Self::with(fake, &[])
    }

    pub(super) fn with(fake: &FakeForest, more: &[(&str, &str)]) -> Self {
        Self::configured(&config(fake, more))
    }

    /// With a short timeout.
    pub(super) fn impatient(fake: &FakeForest) -> Self {
        Self::with(fake, &[("FOREST_REQUEST_TIMEOUT", "300")])
    }

    pub(super) fn configured(config: &Config) -> Self {
        let login = Login::new(config, client(config)).unwrap().unwrap();
        Self { login }
    }

    pub(super) async fn send(&self, request: TestRequest, rest: &str) -> Reply {
        send(Some(&self.login), request, rest).await
    }

    /// `POST /forest/authentication`.
    pub(super) async fn start(&self) -> Reply {
        self.start_with(&json!({"renderingId": "42"}).to_string()).await
    }

    pub(super) async fn start_with(&self, body: &str) -> Reply {
        let request = TestRequest::default()
            .method(Method::POST)
            .insert_header(("content-type", "application/json"))
            .set_payload(body.to_owned());
        self.send(request, "").await
    }

    /// `GET /forest/authentication/callback`.
    pub(super) async fn callback(&self, query: &str) -> Reply {
        self.send(TestRequest::get().uri(&format!("/?{query}")), "/callback")
            .await
    }

    /// Visits the provider like the browser; returns the query of the callback.
    pub(super) async fn visit(&self, authorization: &Url) -> String {
        let server = &self.login.server;
        let request = server.request(reqwest::Method::GET, authorization.clone());
        let answer = server
            .exchange("browser", request.build().unwrap(), 100_000)
            .await
            .unwrap();
        assert_eq!(answer.status, 302, "{}", String::from_utf8_lossy(&answer.body));
        let location = answer.headers["location"].to_str().unwrap();
        let back = Url::parse(location).unwrap();
        assert!(location.starts_with(CALLBACK), "{location}");
        back.query().unwrap().to_owned()
    }

    /// Runs a login up to its callback; returns the query.
    pub(super) async fn until_callback(&self) -> String {
        let started = self.start().await;
        self.visit(&started.authorization_url()).await
    }

    pub(super) async fn log_in(&self) -> Reply {
        let query = self.until_callback().await;
        self.callback(&query).await
    }
}

pub(super) async fn send(login: Option<&Login>, request: TestRequest, rest: &str) -> Reply {
    let (req, payload) = request.to_http_parts();
    let response: HttpResponse = serve(login, &req, payload, rest).await;
    let status = response.status().as_u16();
    let headers: Vec<(String, String)> = response
        .headers()
        .iter()
        .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
        .collect();
    let body = to_bytes(response.into_body()).await.unwrap().to_vec();
    let reply = Reply { status, headers, body };
    assert_eq!(reply.header("cache-control"), Some("no-store"));
    reply
}

/// A parameter of a query, decoded.
pub(super) fn parameter(query: &str, name: &str) -> Option<String> {
    let mut pairs = url::form_urlencoded::parse(query.as_bytes());
    pairs.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
}

/// Sets a parameter of the query.
pub(super) fn with_parameter(query: &str, name: &str, value: &str) -> String {
    let kept = url::form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key != name);
    url::form_urlencoded::Serializer::new(String::new())
        .extend_pairs(kept)
        .append_pair(name, value)
        .finish()
}
