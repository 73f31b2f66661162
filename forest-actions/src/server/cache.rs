//! What is known of permissions, and for how long (protocol: caching and refetch).
//!
//! Three things are kept: the rights of the environment, the users, and renderings by id. The rules of keeping are
//! those of `shared_fetch`; this module adds when somebody who is missing is asked for once more. Called by the
//! pipeline for facts, and by `events` and the invalidation route to drop them. It decides nothing.
//!
//! How often the server is asked is bounded for each thing that is kept, whoever asks and why: ten times at once, then
//! once a second. Whoever comes later waits for the next turn, together with all others, so nobody is refused by
//! what might have changed (PER-01) and a refused user cannot hammer the server.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;

use super::client::ServerClient;
use super::failure::ServerFailure;
use super::pace::Pace;
use super::permissions;
use super::shared_fetch::{Freshness, Lifetime, Reading, SharedFetch};
use crate::decide::facts::{EnvironmentPermissions, RenderingFacts, Users};

/// More renderings (teams times layouts) than a project has; the least recently used go first.
const MAX_RENDERINGS: u64 = 1_000;
/// Old generations that are still being let go.
const FEW: u64 = 4;

/// There is one environment, and one list of users.
const ONLY: &str = "";

/// The permissions of the program's environment. One for all workers.
pub(crate) struct PermissionCache {
    client: Arc<ServerClient>,
    environment: SharedFetch<EnvironmentPermissions>,
    users: SharedFetch<Users>,
    renderings: SharedFetch<RenderingFacts>,
    lifetime: Arc<Lifetime>,
}

impl PermissionCache {
    /// An empty cache that keeps what it fetches for `lifetime`, which the configuration has checked (PER-06). Nothing
    /// is fetched yet.
    pub(crate) fn new(client: Arc<ServerClient>, lifetime: Duration) -> Self {
        Self::with_pace(client, lifetime, Pace::PERMISSIONS)
    }

    pub(super) fn with_pace(client: Arc<ServerClient>, lifetime: Duration, pace: Pace) -> Self {
        let lifetime = Arc::new(Lifetime::new(lifetime));
        let upstream = client.upstream().clone();
        let upstream = || upstream.clone();
        Self {
            environment: SharedFetch::new("environment", FEW, Arc::clone(&lifetime), pace, upstream()),
            users: SharedFetch::new("users", FEW, Arc::clone(&lifetime), pace, upstream()),
            renderings: SharedFetch::new("renderings", MAX_RENDERINGS, Arc::clone(&lifetime), pace, upstream()),
            lifetime,
            client,
        }
    }

    /// The rights of all roles. Whoever is refused by a reading asks once more with
    /// [`Freshness::After`] its token before the refusal is final; all who do so at the same time share one call.
    ///
    /// # Errors
    /// [`ServerFailure`] when they cannot be read now, which never means allowed (PER-02).
    pub(crate) async fn environment(
        &self,
        freshness: Freshness,
    ) -> Result<Reading<EnvironmentPermissions>, Arc<ServerFailure>> {
        let client = Arc::clone(&self.client);
        let fetch = move || {
            let client = Arc::clone(&client);
            async move { permissions::environment(&client).await }
        };
        self.environment.get(ONLY, freshness, fetch).await
    }

    /// The rights of all roles and the users of the project, when both are at hand.
    pub(crate) fn at_hand(&self) -> Option<(Reading<EnvironmentPermissions>, Reading<Users>)> {
        Some((self.environment.at_hand(ONLY)?, self.users.at_hand(ONLY)?))
    }

    /// All users of the project.
    ///
    /// # Errors
    /// [`ServerFailure`] when they cannot be read now.
    pub(crate) async fn users(&self, freshness: Freshness) -> Result<Reading<Users>, Arc<ServerFailure>> {
        let client = Arc::clone(&self.client);
        let fetch = move || {
            let client = Arc::clone(&client);
            async move { permissions::users(&client).await }
        };
        self.users.get(ONLY, freshness, fetch).await
    }

    /// All users of the project. When this one is not among those that are kept, they are asked for once more; one who is
    /// then still missing is none.
    ///
    /// # Errors
    /// [`ServerFailure`] when the users cannot be read now.
    pub(crate) async fn users_with(&self, id: &str) -> Result<Reading<Users>, Arc<ServerFailure>> {
        let began = Instant::now();
        let users = self.users(Freshness::Cached).await?;
        if users.get(id).is_some() || users.asked_since(began) {
            return Ok(users);
        }
        self.users(Freshness::After(users.token())).await
    }

    /// What a rendering shows of a collection, and of the one that a relation of it leads to. When what is kept lacks
    /// one of them, the server is asked once more; a collection that is then still missing has no scope. A scope that
    /// was given a moment ago must not be overlooked because nothing was known of the collection before.
    ///
    /// # Errors
    /// [`ServerFailure`] when it cannot be read now, and for an id that is none.
    pub(crate) async fn rendering(
        &self,
        id: &str,
        collection: &str,
        target: Option<&str>,
    ) -> Result<Reading<RenderingFacts>, Arc<ServerFailure>> {
        permissions::check_rendering_id(id).map_err(Arc::new)?;
        let began = Instant::now();
        let rendering = self.fetch_rendering(id, Freshness::Cached).await?;
        let is_shown = |name: &str| rendering.collection(name).is_some();
        if (is_shown(collection) && target.is_none_or(is_shown)) || rendering.asked_since(began) {
            return Ok(rendering);
        }
        self.fetch_rendering(id, Freshness::After(rendering.token())).await
    }

    /// What a rendering shows, when it is at hand and lacks none of them.
    pub(crate) fn rendering_at_hand(
        &self,
        id: &str,
        collection: &str,
        target: Option<&str>,
    ) -> Option<Reading<RenderingFacts>> {
        let rendering = self.renderings.at_hand(id)?;
        let is_shown = |name: &str| rendering.collection(name).is_some();
        (is_shown(collection) && target.is_none_or(is_shown)).then_some(rendering)
    }

    async fn fetch_rendering(
        &self,
        id: &str,
        freshness: Freshness,
    ) -> Result<Reading<RenderingFacts>, Arc<ServerFailure>> {
        let (client, name) = (Arc::clone(&self.client), id.to_owned());
        let fetch = move || {
            let (client, name) = (Arc::clone(&client), name.clone());
            async move { permissions::rendering(&client, &name).await }
        };
        self.renderings.get(id, freshness, fetch).await
    }

    /// Drops the rights of all roles.
    pub(crate) async fn invalidate_environment(&self) {
        self.environment.invalidate_all().await;
    }

    /// Drops the users.
    pub(crate) async fn invalidate_users(&self) {
        self.users.invalidate_all().await;
    }

    /// Drops one rendering (protocol: scope cache invalidation).
    pub(crate) async fn invalidate_rendering(&self, id: &str) {
        self.renderings.invalidate(id).await;
    }

    /// Drops all renderings.
    pub(crate) async fn invalidate_renderings(&self) {
        self.renderings.invalidate_all().await;
    }

    /// Drops everything.
    pub(crate) async fn invalidate_all(&self) {
        self.invalidate_environment().await;
        self.invalidate_users().await;
        self.invalidate_renderings().await;
    }

    /// Whether events say when something changes; when not, time does.
    pub(crate) fn events_flow(&self) -> bool {
        self.lifetime.events_flow()
    }

    pub(super) fn set_events_flow(&self, flow: bool) {
        self.lifetime.set_events_flow(flow);
    }
}
