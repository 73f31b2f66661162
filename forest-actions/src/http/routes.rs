//! The agent as a guest in the host's application: what `forest.routes()` registers.
//!
//! Two services however many actions there are: everything below `/forest`, and the endpoints that lie
//! elsewhere, which a guard recognises by the registry, so that a path of the host is never taken. Paths are looked up in a
//! table and never turned into patterns (RTE-03, RTE-05).

use std::future::{Ready, ready};
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::dev::{
    AppService, HttpServiceFactory, ResourceDef, Service, ServiceFactory, ServiceRequest, ServiceResponse,
};
use actix_web::guard::{Guard, GuardContext};
use futures_util::future::LocalBoxFuture;

use super::context::Shared;
use super::dispatch::serve;

/// Where the agent lives, below the place where the host mounts it.
pub(super) const MOUNT: &str = "/forest";

/// Registers the agent's services.
#[derive(Debug)]
pub(crate) struct ForestRoutes(pub(crate) Arc<Shared>);

impl HttpServiceFactory for ForestRoutes {
    fn register(self, config: &mut AppService) {
        let shared = self.0;
        let elsewhere = shared
            .registry
            .actions()
            .iter()
            .any(|action| !is_below_mount(action.endpoint));
        config.register_service(
            ResourceDef::prefix(MOUNT),
            None,
            ForestService {
                shared: shared.clone(),
                prefix: MOUNT,
            },
            None,
        );
        if elsewhere {
            let guard: Box<dyn Guard> = Box::new(Elsewhere(shared.clone()));
            config.register_service(
                ResourceDef::prefix(""),
                Some(vec![guard]),
                ForestService { shared, prefix: "" },
                None,
            );
        }
    }
}

fn is_below_mount(endpoint: &str) -> bool {
    crate::declare::canonical_path(endpoint)
        .strip_prefix(MOUNT)
        .is_some_and(|rest| rest.starts_with('/'))
}

/// Recognises the paths of actions that are declared outside `/forest`.
#[derive(Debug)]
struct Elsewhere(Arc<Shared>);

impl Guard for Elsewhere {
    fn check(&self, context: &GuardContext<'_>) -> bool {
        // a host that mounts the agent in a scope puts its prefix in front; a guard sees the whole path
        let path = context.head().uri.path();
        let found = |path: &str| self.0.registry.find(path).is_some();
        found(path)
            || path
                .match_indices('/')
                .skip(1)
                .any(|(start, _)| path.get(start..).is_some_and(found))
    }
}

/// The one service behind all routes.
#[derive(Debug, Clone)]
struct ForestService {
    shared: Arc<Shared>,
    /// What the resource definition has consumed of the path.
    prefix: &'static str,
}

impl ServiceFactory<ServiceRequest> for ForestService {
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Config = ();
    type Service = Self;
    type InitError = ();
    type Future = Ready<Result<Self, ()>>;

    fn new_service(&self, (): ()) -> Self::Future {
        ready(Ok(self.clone()))
    }
}

impl Service<ServiceRequest> for ForestService {
    type Response = ServiceResponse;
    type Error = actix_web::Error;
    type Future = LocalBoxFuture<'static, Result<ServiceResponse, actix_web::Error>>;

    fn poll_ready(&self, _: &mut Context<'_>) -> Poll<Result<(), actix_web::Error>> {
        Poll::Ready(Ok(()))
    }

    fn call(&self, request: ServiceRequest) -> Self::Future {
        let (req, payload) = request.into_parts();
        let path = format!("{}{}", self.prefix, req.match_info().unprocessed());
        let shared = self.shared.clone();
        Box::pin(async move {
            let response = serve(&shared, &req, payload, &path).await;
            Ok(ServiceResponse::new(req, response))
        })
    }
}
