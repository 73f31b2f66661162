//! The user's application as one function: a request in, a whole answer out.
//!
//! Owns how the service is called. It is the `App` of the user, with its middleware, made ready as actix-web's own test tools do:
//! in this thread, without a port.

use std::fmt;
use std::rc::Rc;

use actix_web::body::{MessageBody, to_bytes};
use actix_web::dev::{ServiceFactory, ServiceRequest, ServiceResponse};
use actix_web::http::StatusCode;
use actix_web::http::header::HeaderMap;
use actix_web::test::{TestRequest, init_service, try_call_service};
use actix_web::{App, Error, HttpResponse};
use bytes::Bytes;
use futures_util::future::LocalBoxFuture;

/// An answer, read to its end.
#[derive(Debug, Clone)]
pub(super) struct Received {
    pub(super) status: StatusCode,
    pub(super) headers: HeaderMap,
    /// The body, or why it broke off.
    pub(super) body: Result<Bytes, String>,
}

/// The application, ready for requests.
pub(super) struct Application(Box<dyn Fn(TestRequest) -> LocalBoxFuture<'static, Received>>);

impl Application {
    pub(super) async fn new<T, B>(app: App<T>) -> Self
    where
        T: ServiceFactory<ServiceRequest, Config = (), Response = ServiceResponse<B>, Error = Error, InitError = ()>
            + 'static,
        T::Service: 'static,
        B: MessageBody + 'static,
    {
        let service = Rc::new(init_service(app).await);
        Self(Box::new(move |request| {
            let service = Rc::clone(&service);
            Box::pin(async move {
                match try_call_service(&*service, request.to_request()).await {
                    Ok(response) => read(response.into_parts().1).await,
                    // a server answers an error of a middleware in the same way
                    Err(error) => read(HttpResponse::from_error(error)).await,
                }
            })
        }))
    }

    pub(super) async fn answer(&self, request: TestRequest) -> Received {
        (self.0)(request).await
    }
}

async fn read<B: MessageBody>(response: HttpResponse<B>) -> Received {
    let (status, headers) = (response.status(), response.headers().clone());
    let body = to_bytes(response.into_body()).await;
    Received {
        status,
        headers,
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
