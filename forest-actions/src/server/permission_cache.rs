//! The permissions of the Forest server, cached (protocol: caching and refetch): the rights of roles, the users, and renderings
//! by id.
//!
//! [`Cached`] holds the rules of keeping and the rate limit. This module adds when a missing user or collection is fetched once
//! more, so that a right granted a moment ago takes effect (PER-01).

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

use super::cached::{CacheOptions, Cached, CachedMap, Freshness, Lifetime, Reading};
use super::client::ServerClient;
use super::failure::ServerFailure;
use super::permissions;
use super::rate_limit::RateLimit;
use crate::decide::facts::{EnvironmentPermissions, RenderingFacts, Users};

/// More renderings (teams times layouts) than a project has.
const MAX_RENDERINGS: usize = 1_000;

/// Beyond this number of missing collections, over all renderings, they are looked for again.
const MAX_MISSED: usize = 10_000;

type Fetched<V> = Result<Reading<V>, ServerFailure>;

/// The permissions of the program's environment, shared by all workers.
pub(crate) struct PermissionCache {
    client: Arc<ServerClient>,
    environment: Cached<EnvironmentPermissions, ServerFailure>,
    users: Cached<Users, ServerFailure>,
    renderings: CachedMap<RenderingFacts, ServerFailure>,
    /// The moment when a rendering first lacked a collection. A later answer that lacks it too is final until it expires.
    missed: Mutex<HashMap<(String, String), Instant>>,
    lifetime: Arc<Lifetime>,
}

impl PermissionCache {
    /// An empty cache with this lifetime of values, which the configuration has checked (PER-06).
    pub(crate) fn new(client: Arc<ServerClient>, lifetime: Duration) -> Self {
        let lifetime = Arc::new(Lifetime::new(lifetime));
        let options = |name| CacheOptions {
            name,
            lifetime: Arc::clone(&lifetime),
            limit: RateLimit::DEFAULT,
            runtime: client.runtime().clone(),
        };
        Self {
            environment: Cached::new(options("environment")),
            users: Cached::new(options("users")),
            renderings: CachedMap::new(options("renderings"), MAX_RENDERINGS),
            missed: Mutex::default(),
            lifetime,
            client,
        }
    }

    /// Returns the rights of all roles. Before a refusal is final, the caller refreshes them once with
    /// [`Freshness::After`]; concurrent refreshes share one call.
    ///
    /// # Errors
    /// [`ServerFailure`] when they cannot be read, which never means "allowed" (PER-02).
    pub(crate) async fn environment(&self, freshness: Freshness) -> Fetched<EnvironmentPermissions> {
        let client = Arc::clone(&self.client);
        let fetch = async move { logged(permissions::environment(&client).await) };
        self.environment.get(freshness, fetch).await
    }

    /// Returns the rights of all roles and the users of the project, if both are in memory.
    pub(crate) fn peek(&self) -> Option<(Reading<EnvironmentPermissions>, Reading<Users>)> {
        Some((self.environment.peek()?, self.users.peek()?))
    }

    /// Returns all users of the project.
    ///
    /// # Errors
    /// [`ServerFailure`] when they cannot be read.
    pub(crate) async fn users(&self, freshness: Freshness) -> Fetched<Users> {
        let client = Arc::clone(&self.client);
        let fetch = async move { logged(permissions::users(&client).await) };
        self.users.get(freshness, fetch).await
    }

    /// Returns all users of the project, refreshed once if `id` is not among them. A user still missing after that is treated as
    /// unknown.
    ///
    /// # Errors
    /// [`ServerFailure`] when the users cannot be read.
    pub(crate) async fn users_with(&self, id: &str) -> Fetched<Users> {
        let began = Instant::now();
        let users = self.users(Freshness::Cached).await?;
        if users.get(id).is_some() || users.asked_since(began) {
            return Ok(users);
        }
        self.users(Freshness::After(users.token())).await
    }

    /// Returns a rendering, refreshed once if it lacks `collection` or `target`, the collection that a relation leads to. A
    /// collection still missing after that has no scope, and is not looked for again before the rendering expires. While
    /// events report changes, nothing is refreshed here.
    ///
    /// # Errors
    /// [`ServerFailure`] when it cannot be read, and for an invalid id.
    pub(crate) async fn rendering(&self, id: &str, collection: &str, target: Option<&str>) -> Fetched<RenderingFacts> {
        permissions::check_rendering_id(id)?;
        let began = Instant::now();
        let rendering = self.fetch_rendering(id, Freshness::Cached).await?;
        let missing = || missing(&rendering, collection, target);
        if missing().next().is_none() || self.events_flow() {
            return Ok(rendering);
        }
        // of each, so that one refresh serves both
        let first_missed = missing().map(|name| self.first_missed(id, name)).max();
        if rendering.asked_since(began) || first_missed.is_none_or(|moment| rendering.asked_since(moment)) {
            return Ok(rendering);
        }
        self.fetch_rendering(id, Freshness::After(rendering.token())).await
    }

    /// Returns a rendering that was requested after this one, which has been read.
    ///
    /// # Errors
    /// [`ServerFailure`] when it cannot be read.
    pub(crate) async fn rendering_after(&self, id: &str, read: &Reading<RenderingFacts>) -> Fetched<RenderingFacts> {
        self.fetch_rendering(id, Freshness::After(read.token())).await
    }

    /// The moment when a collection was first found missing, which may be now.
    fn first_missed(&self, id: &str, collection: &str) -> Instant {
        let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        if missed.len() >= MAX_MISSED {
            missed.clear();
        }
        *missed
            .entry((id.to_owned(), collection.to_owned()))
            .or_insert_with(Instant::now)
    }

    /// Returns a rendering, if it is in memory and has these collections.
    pub(crate) fn peek_rendering(
        &self,
        id: &str,
        collection: &str,
        target: Option<&str>,
    ) -> Option<Reading<RenderingFacts>> {
        let rendering = self.renderings.peek(id)?;
        let is_complete = missing(&rendering, collection, target).next().is_none();
        is_complete.then_some(rendering)
    }

    /// Returns the renderings in memory.
    pub(crate) fn known_renderings(&self) -> Vec<Reading<RenderingFacts>> {
        self.renderings.readings()
    }

    async fn fetch_rendering(&self, id: &str, freshness: Freshness) -> Fetched<RenderingFacts> {
        let (client, name) = (Arc::clone(&self.client), id.to_owned());
        let fetch = async move { logged(permissions::rendering(&client, &name).await) };
        self.renderings.entry(id).get(freshness, fetch).await
    }

    pub(crate) fn invalidate_environment(&self) {
        self.environment.invalidate();
    }

    pub(crate) fn invalidate_users(&self) {
        self.users.invalidate();
    }

    /// Asks for one rendering again, which keeps serving while there is no newer one: any user may cause this (protocol: scope
    /// cache invalidation).
    pub(crate) fn outdate_rendering(&self, id: &str) {
        self.renderings.outdate(id);
    }

    /// Drops one rendering.
    pub(crate) fn invalidate_rendering(&self, id: &str) {
        self.renderings.invalidate(id);
    }

    pub(crate) fn invalidate_renderings(&self) {
        self.renderings.invalidate_all();
    }

    pub(crate) fn invalidate_all(&self) {
        self.invalidate_environment();
        self.invalidate_users();
        self.invalidate_renderings();
    }

    /// Returns `true` while events report changes, so that values do not expire.
    pub(crate) fn events_flow(&self) -> bool {
        self.lifetime.events_flow()
    }

    pub(super) fn set_events_flow(&self, flow: bool) {
        self.lifetime.set_events_flow(flow);
    }
}

/// Those of the collections that the rendering lacks.
fn missing<'n>(
    rendering: &RenderingFacts,
    collection: &'n str,
    target: Option<&'n str>,
) -> impl Iterator<Item = &'n str> {
    let names = std::iter::once(collection).chain(target);
    names.filter(|name| rendering.collection(name).is_none())
}

fn logged<T>(fetched: Result<T, ServerFailure>) -> Result<T, ServerFailure> {
    fetched.inspect_err(ServerFailure::log)
}
