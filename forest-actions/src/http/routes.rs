//! The agent as a guest in the host's application: what `forest.routes()` registers.
//!
//! Two services however many actions there are: everything below `/forest`, and the endpoints that lie elsewhere, each
//! as a pattern that matches its own path and nothing else, so that a path of the host is never taken (RTE-03, RTE-05). The
//! action itself is then looked up in a table.

use std::borrow::Cow;
use std::cell::Cell;
use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::dev::{
    AppService, HttpServiceFactory, ResourceDef, Service, ServiceFactory, ServiceRequest, ServiceResponse,
};
use futures_util::future::LocalBoxFuture;

use super::context::Shared;
use super::dispatch::serve;
use crate::declare::canonical_path;

/// Where the agent lives, below the place where the host mounts it.
pub(super) const MOUNT: &str = "/forest";

/// The agent that was mounted last where a request arrives, in the application's data.
#[derive(Debug, Clone)]
pub(crate) struct MountedLast(pub(crate) Arc<Shared>);

/// Registers the agent's services.
#[derive(Debug)]
pub(crate) struct ForestRoutes(pub(crate) Arc<Shared>);

impl HttpServiceFactory for ForestRoutes {
    fn register(self, config: &mut AppService) {
        let shared = self.0;
        let alone = Alone::default();
        let endpoints = shared
            .registry
            .actions()
            .iter()
            .map(|action| canonical_path(action.endpoint));
        let mut elsewhere: Vec<String> = endpoints
            .filter(|endpoint| !is_below_mount(endpoint))
            .map(|endpoint| pattern(&endpoint))
            .collect();
        // the mount itself behind repeated slashes, as an address that ends in one makes it
        elsewhere.push(format!("/{{{PATH}:/+forest(?:/.*)?}}"));
        config.register_service(
            ResourceDef::prefix(MOUNT),
            None,
            ForestService {
                shared: shared.clone(),
                is_elsewhere: false,
                alone: alone.clone(),
            },
            None,
        );
        config.register_service(
            ResourceDef::new(elsewhere),
            None,
            ForestService {
                shared,
                is_elsewhere: true,
                alone,
            },
            None,
        );
    }
}

/// The path from the mount on: what actix has left, and the mount before it, which it has consumed.
fn below_mount<'a>(whole: &'a str, left: &str) -> Cow<'a, str> {
    let start = whole.len().checked_sub(left.len() + MOUNT.len());
    match start
        .and_then(|start| whole.get(start..))
        .filter(|path| path.starts_with(MOUNT))
    {
        Some(path) => Cow::Borrowed(path),
        None => Cow::Owned(format!("{MOUNT}{left}")),
    }
}

fn is_below_mount(endpoint: &str) -> bool {
    endpoint.strip_prefix(MOUNT).is_some_and(|rest| rest.starts_with('/'))
}

/// The name under which a pattern keeps the path.
const PATH: &str = "forest_path";

/// The pattern of an endpoint and its hooks: one dynamic segment with a regular expression in which every character
/// stands for itself. A guard that asks the registry would be simpler, but guards only see the whole path, without the
/// prefix of the scope around the agent, and would have to guess where it ends.
fn pattern(endpoint: &str) -> String {
    let mut expression = String::new();
    for c in endpoint.trim_start_matches('/').chars() {
        match c {
            // repeated slashes are one, as in every path of ours
            '/' => expression.push_str("/+"),
            // actix leaves these three as the browser spells them
            '+' => expression.push_str("(?:\\x2B|%2[Bb])"),
            '%' => expression.push('%'),
            'F' if expression.ends_with("%2") => expression.push_str("[Ff]"),
            c if c.is_ascii() && !c.is_ascii_alphanumeric() => {
                expression.push_str(&format!("\\x{:02X}", u32::from(c)));
            }
            c => expression.push(c),
        }
    }
    format!("/{{{PATH}:/*{expression}(?:/+hooks/+(?:load|change|search))?/*}}")
}

/// The one service behind all routes.
#[derive(Debug, Clone)]
struct ForestService {
    shared: Arc<Shared>,
    /// Whether the path lies outside `/forest`.
    is_elsewhere: bool,
    alone: Alone,
}

/// Whether the worker has looked for a second agent in the same place.
///
/// The one that was mounted first gets all requests, and the actions of the other are lost. Only the first request can tell: no
/// service sees what else is registered.
#[derive(Debug, Clone, Default)]
struct Alone(Rc<Cell<bool>>);

impl Alone {
    fn look(&self, shared: &Arc<Shared>, request: &ServiceRequest) {
        if self.0.replace(true) {
            return;
        }
        if let Some(last) = request.app_data::<MountedLast>()
            && !Arc::ptr_eq(&last.0, shared)
        {
            let lost = last.0.registry.actions().len();
            tracing::error!(
                lost,
                "two agents are mounted in one place, and only the first is served: mount the second below a prefix, \
                 or start one agent with the actions of both"
            );
        }
    }
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
        self.alone.look(&self.shared, &request);
        let (req, payload) = request.into_parts();
        let shared = self.shared.clone();
        let is_elsewhere = self.is_elsewhere;
        Box::pin(async move {
            let path = if is_elsewhere {
                Cow::Owned(format!("/{}", req.match_info().query(PATH)))
            } else {
                below_mount(req.match_info().as_str(), req.match_info().unprocessed())
            };
            let response = serve(&shared, &req, payload, &path).await;
            Ok(ServiceResponse::new(req, response))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rte_05_a_pattern_matches_every_spelling_of_its_own_path_and_no_other() {
        let endpoint = "/api/{id}/a+b (50%25)*.é%2F";
        let pattern = ResourceDef::new(pattern(endpoint));
        for own in [
            endpoint,
            "/api//{id}/a%2Bb (50%25)*.é%2F/",
            "//api/{id}/a%2bb (50%25)*.é%2f//hooks/load",
            "/api/{id}/a+b (50%25)*.é%2F/hooks/change/",
        ] {
            assert!(pattern.is_match(own), "{own}");
        }
        for other in [
            "/",
            "/api/7/a+b (50%25)*.é%2F",
            "/api/{id}/a+b (50%25)*.é%2F/hooks",
            "/api/{id}/a+b (50%25)*.é%2F/hooks/other",
            "/api/{id}/a+b (50%25)..é%2F",
            "/shop/api/{id}/a+b (50%25)*.é%2F",
            "/api/{id}/a+b (50%25)*.é%2Fx",
        ] {
            assert!(!pattern.is_match(other), "{other}");
        }
    }
}
