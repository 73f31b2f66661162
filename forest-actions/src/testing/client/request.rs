//! The requests of the client: their attributes, and the application that answers them.

use std::fmt;
use std::panic::Location;
use std::rc::Rc;

use actix_http::Request;
use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::header::HeaderMap;
use actix_web::http::{Method, StatusCode};
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::{App, Error, HttpResponse};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::user::TestUser;
use crate::declare::{ActionDescriptor, HttpMethod};
use crate::response::LoggedCause;

/// A request for an action, kept after it was sent for messages.
#[derive(Clone)]
pub(super) struct Sent {
    pub(super) user: TestUser,
    pub(super) action: &'static ActionDescriptor,
    pub(super) attributes: Map<String, Value>,
    timezone: String,
    pub(super) at: &'static Location<'static>,
}

impl Sent {
    /// The request of the UI without a selection and values.
    pub(super) fn new(user: TestUser, action: &'static ActionDescriptor, at: &'static Location<'static>) -> Self {
        let mut attributes = Map::new();
        for (name, value) in [
            ("collection_name", json!(action.collection)),
            ("ids", json!([])),
            ("parent_collection_name", Value::Null),
            ("parent_collection_id", Value::Null),
            ("parent_association_name", Value::Null),
            ("all_records", json!(false)),
            ("all_records_subset_query", Value::Null),
            ("all_records_ids_excluded", json!([])),
        ] {
            attributes.insert(name.to_owned(), value);
        }
        Self {
            user,
            action,
            attributes,
            timezone: "UTC".to_owned(),
            at,
        }
    }

    pub(super) fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.attributes.insert(name.to_owned(), value.into());
    }

    pub(super) fn set_ids(&mut self, ids: impl IntoIterator<Item = impl ToString>) {
        let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
        self.set("ids", ids);
    }

    pub(super) fn set_all(&mut self, list: Value) {
        self.set("all_records", true);
        self.set("all_records_subset_query", list);
    }

    pub(super) fn set_parent(&mut self, collection: &str, id: &str, relation: &str) {
        self.set("parent_collection_name", collection);
        self.set("parent_collection_id", id);
        self.set("parent_association_name", relation);
    }

    pub(super) fn set_timezone(&mut self, name: &str) {
        name.clone_into(&mut self.timezone);
    }

    /// Sends the request to the action, or to the hook `below` it.
    pub(super) async fn send(&self, below: &str) -> Received {
        let forest = self.user.forest();
        let zone: String = url::form_urlencoded::byte_serialize(self.timezone.as_bytes()).collect();
        let path = format!("{}?timezone={zone}", forest.path(self.action, below));
        let (method, kind) = match (below, self.action.http_method) {
            ("", HttpMethod::Post) => (Method::POST, "custom-action-requests"),
            ("", HttpMethod::Put) => (Method::PUT, "custom-action-requests"),
            ("", HttpMethod::Patch) => (Method::PATCH, "custom-action-requests"),
            ("", HttpMethod::Delete) => (Method::DELETE, "custom-action-requests"),
            _ => (Method::POST, "action-requests"),
        };
        self.user.post(method, &path, kind, &self.attributes).await
    }
}

impl fmt::Display for Sent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (collection, name) = (self.action.collection, self.action.name);
        write!(
            f,
            "`{name}` of `{collection}` by {}, {}",
            self.user.described(),
            self.at
        )
    }
}

#[track_caller]
pub(super) fn json_of(value: impl Serialize, of: &str) -> Value {
    match serde_json::to_value(value) {
        Ok(value) => value,
        Err(error) => panic!("{of} cannot be written as JSON: {error}"),
    }
}

/// Methods that set the selection of a request.
macro_rules! selecting {
    ($type:ty) => {
        impl $type {
            /// Selects records by their ids. Join the parts of a composite key as the UI does: `["7|42"]`.
            pub fn ids(mut self, ids: impl IntoIterator<Item = impl ToString>) -> Self {
                self.sent.set_ids(ids);
                self
            }

            /// Selects all records of the list: "select all".
            pub fn all(mut self) -> Self {
                self.sent.set_all(serde_json::json!({"timezone": "UTC"}));
                self
            }

            /// Selects all records of a list with these parameters: `filters`, `search`, `segment`, … as
            /// `all_records_subset_query` has them.
            pub fn all_of(mut self, list: serde_json::Value) -> Self {
                self.sent.set_all(list);
                self
            }

            /// Excludes records, as unticked after "select all".
            pub fn except(mut self, ids: impl IntoIterator<Item = impl ToString>) -> Self {
                let ids: Vec<String> = ids.into_iter().map(|id| id.to_string()).collect();
                self.sent.set("all_records_ids_excluded", ids);
                self
            }

            /// Selects in the list of a record's related records.
            pub fn related_to(mut self, collection: &str, id: impl ToString, relation: &str) -> Self {
                self.sent.set_parent(collection, &id.to_string(), relation);
                self
            }

            /// Sets the time zone. Default: UTC.
            pub fn timezone(mut self, name: &str) -> Self {
                self.sent.set_timezone(name);
                self
            }

            /// Sets any attribute of the body, also one that the UI would not send.
            pub fn attribute(mut self, name: &str, value: impl Into<serde_json::Value>) -> Self {
                self.sent.set(name, value);
                self
            }
        }
    };
}

pub(super) use selecting;

/// A received answer.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The body, or the error that broke it off.
    pub(super) body: Result<Bytes, String>,
    /// The error in the log.
    pub(super) cause: Option<String>,
}

/// The application of the user, as one function in this thread, without a port.
#[derive(Clone)]
pub(super) struct Application(Rc<dyn Fn(Request) -> LocalBoxFuture<'static, Received>>);

impl Application {
    pub(super) async fn new<T, B>(app: App<T>) -> Self
    where
        T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
            + 'static,
        T::Service: 'static,
        B: MessageBody + 'static,
    {
        let service = Rc::new(init_service(app).await);
        Self(Rc::new(move |request| {
            let service = Rc::clone(&service);
            Box::pin(async move {
                match try_call_service(&*service, request).await {
                    Ok(response) => read(response.into_parts().1).await,
                    // as a server does for an error of a middleware
                    Err(error) => read(HttpResponse::from_error(error)).await,
                }
            })
        }))
    }

    pub(super) async fn answer(&self, request: TestRequest) -> Received {
        (self.0)(request.to_request()).await
    }

    /// Sends a request whose answer is not needed.
    pub(super) fn send(&self, request: Request) -> LocalBoxFuture<'static, ()> {
        let answer = (self.0)(request);
        Box::pin(async { drop(answer.await) })
    }
}

async fn read<B: MessageBody>(response: HttpResponse<B>) -> Received {
    let (status, headers) = (response.status(), response.headers().clone());
    let cause = response.extensions().get::<LoggedCause>().map(|cause| cause.0.clone());
    let body = to_bytes(response.into_body()).await;
    Received {
        status,
        headers,
        cause,
        body: body.map_err(|error| {
            let error: Box<dyn std::error::Error> = error.into();
            error.to_string()
        }),
    }
}

impl fmt::Debug for Application {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Application")
    }
}
