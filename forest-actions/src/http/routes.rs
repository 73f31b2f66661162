//! The services that `forest.routes()` registers in the host's application.
//!
//! Two services for any number of actions: everything below `/forest`, and the endpoints elsewhere, each as a pattern that
//! matches its own path and nothing else, so that no path of the host is taken (RTE-03, RTE-05). The action is then looked
//! up in a table.

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

/// The path of the agent, below the scope in which the host mounts it.
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
        let duplicate = DuplicateMount::default();
        let endpoints = shared.actions().iter().map(|action| canonical_path(action.endpoint));
        let mut elsewhere: Vec<String> = endpoints
            .filter(|endpoint| !is_below_mount(endpoint))
            .map(|endpoint| pattern(&endpoint))
            .collect();
        // the mount behind repeated slashes, as in an address that ends in one
        elsewhere.push(format!("/{{{PATH}:/+forest(?:/.*)?}}"));
        config.register_service(
            ResourceDef::prefix(MOUNT),
            None,
            ForestService {
                shared: shared.clone(),
                is_elsewhere: false,
                duplicate: duplicate.clone(),
            },
            None,
        );
        config.register_service(
            ResourceDef::new(elsewhere),
            None,
            ForestService {
                shared,
                is_elsewhere: true,
                duplicate,
            },
            None,
        );
    }
}

/// The path from `/forest` on; `left` is the part that actix has not consumed.
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

/// The name of the dynamic segment.
const PATH: &str = "forest_path";

/// The pattern of an endpoint and its hooks: one dynamic segment with a regular expression in which every character
/// stands for itself. A guard that looks into the registry would be simpler, but a guard sees the whole path and cannot
/// tell where the prefix of the scope around the agent ends.
fn pattern(endpoint: &str) -> String {
    let expression = regex_lite::escape(endpoint.trim_start_matches('/'))
        // actix finds the end of the expression by counting braces
        .replace("\\{", "\\x7B")
        .replace("\\}", "\\x7D")
        // repeated slashes are one, as in every path of the agent
        .replace('/', "/+")
        // actix leaves an encoded plus and slash as the browser spells them
        .replace("\\+", "(?:\\x2B|%2[Bb])")
        .replace("%2F", "%2[Ff]");
    format!("/{{{PATH}:/*{expression}(?:/+hooks/+(?:load|change|search))?/*}}")
}

/// The service behind all routes.
#[derive(Debug, Clone)]
struct ForestService {
    shared: Arc<Shared>,
    /// `true` for endpoints outside `/forest`.
    is_elsewhere: bool,
    duplicate: DuplicateMount,
}

/// Looks for a second agent in the same place, once per worker.
///
/// The one that was mounted first gets all requests, and the actions of the other are lost. Services do not see what else
/// is registered, so only the first request shows it.
#[derive(Debug, Clone, Default)]
struct DuplicateMount {
    is_checked: Rc<Cell<bool>>,
}

impl DuplicateMount {
    fn check(&self, shared: &Arc<Shared>, request: &ServiceRequest) {
        if self.is_checked.replace(true) {
            return;
        }
        if let Some(last) = request.app_data::<MountedLast>()
            && !Arc::ptr_eq(&last.0, shared)
        {
            let lost = last.0.actions().len();
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
        self.duplicate.check(&self.shared, &request);
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
