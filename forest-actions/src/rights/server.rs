//! The rights of a connected program: facts from the Forest server, and one more look before a refusal.
//!
//! Owns which facts a question needs and the refetch before a refusal is final (PER-01): at most once a request, and shared
//! with all who are refused at the same time. Decides nothing itself. What cannot be read is a 503 that names the cause; no
//! answer never means allowed (PER-02).

use std::sync::Arc;

use futures_util::future::try_join;
use tokio::time::Instant;

use super::person::Person;
use super::views::Views;
use super::{BrowseRight, Intent, RecordView};
use crate::caller::Caller;
use crate::decide::facts::{EnvironmentPermissions, Users};
use crate::decide::{
    ActionName, Actor, Approve, Counter, Refusal, Subject, Trigger, TriggerConditions, approve, is_same_person, trigger,
};
use crate::declare::ActionDescriptor;
use crate::records::{ChosenRecords, Condition, Models, RecordAccess, Selection};
use crate::request::TokenError;
use crate::response::{ActionError, ErrorKind};
use crate::server::{FailureKind, Freshness, PermissionCache, Reading, ServerFailure};

/// The rights that the Forest server gives. One for all workers.
pub(crate) struct ServerRights {
    cache: Arc<PermissionCache>,
    /// The collections of the record source.
    models: Option<Arc<Models>>,
    views: Views,
    /// How many records an approval covers (APP-06).
    approval_cap: usize,
}

/// The facts about a person, and when this request began to ask for them.
struct Facts {
    environment: Reading<EnvironmentPermissions>,
    users: Reading<Users>,
    began: Instant,
}

/// A permit that waits for the records.
pub(super) struct Pending<'a> {
    rights: &'a ServerRights,
    action: &'static ActionDescriptor,
    caller: &'a Caller,
    intent: Intent<'a>,
    facts: Facts,
    decision: Open,
}

/// A decision that the selected records complete.
enum Open {
    Trigger(TriggerConditions),
    Approve(Approve),
}

impl ServerRights {
    pub(crate) fn new(cache: Arc<PermissionCache>, models: Option<Arc<Models>>, approval_cap: usize) -> Self {
        Self {
            cache,
            models,
            views: Views::default(),
            approval_cap,
        }
    }

    pub(super) async fn permit<'a>(
        &'a self,
        action: &'static ActionDescriptor,
        caller: &'a Caller,
        intent: Intent<'a>,
    ) -> Result<Option<Pending<'a>>, ActionError> {
        let mut facts = self.facts(&caller.id).await?;
        let decision = match facts.decide(action, caller, intent) {
            Ok(decision) => decision,
            Err(refusal) => {
                match self.fresher(&facts).await? {
                    None => return Err(refusal.into()),
                    Some(fresher) => facts = fresher,
                }
                facts.decide(action, caller, intent)?
            }
        };
        Ok(decision.map(|decision| Pending {
            rights: self,
            action,
            caller,
            intent,
            facts,
            decision,
        }))
    }

    pub(super) async fn browse(
        &self,
        caller: &Caller,
        collection: &str,
        right: BrowseRight,
    ) -> Result<(), ActionError> {
        let facts = self.facts(&caller.id).await?;
        let check = |facts: &Facts| {
            let actor = facts.actor(&caller.id);
            actor.holds_on(&facts.environment, collection, |rights| match right {
                BrowseRight::Browse => &rights.browse,
                BrowseRight::Read => &rights.read,
                BrowseRight::Export => &rights.export,
            })
        };
        let mut outcome = check(&facts);
        if outcome.is_err()
            && let Some(facts) = self.fresher(&facts).await?
        {
            outcome = check(&facts);
        }
        outcome.map_err(|cause| {
            // the request's own line holds no causes, since those of filters quote what somebody searched for
            tracing::info!(%cause, "the caller may not look at these records");
            right.refused().because(cause.to_string())
        })
    }

    pub(super) async fn view(
        &self,
        caller: &Caller,
        collection: &str,
        target: Option<&str>,
    ) -> Result<RecordView, ActionError> {
        let facts = self.facts(&caller.id).await?;
        let id = &caller.rendering_id;
        let rendering = match self.cache.peek_rendering(id, collection, target) {
            Some(rendering) => rendering,
            None => Box::pin(self.cache.rendering(id, collection, target))
                .await
                .map_err(|failure| unavailable(&failure))?,
        };
        let models = self
            .models
            .as_ref()
            .ok_or_else(|| ActionError::internal("records without a record source"))?;
        let actor = facts.actor(&caller.id);
        let rules = self.views.rules(
            &caller.rendering_id,
            rendering.value(),
            facts.environment.value(),
            actor,
            models,
        );
        let person = Person {
            user: facts.users.get(&caller.id).cloned(),
            team: rendering.team.clone(),
        };
        Ok(RecordView {
            rules,
            variables: Arc::new(person),
        })
    }

    async fn facts(&self, user: &str) -> Result<Facts, ActionError> {
        let began = Instant::now();
        if let Some((environment, users)) = self.cache.peek()
            && users.get(user).is_some()
        {
            return Ok(Facts {
                environment,
                users,
                began,
            });
        }
        // boxed, as everything here that waits for the server: what is at hand must not carry its weight
        let asked = try_join(self.cache.environment(Freshness::Cached), self.cache.users_with(user));
        let (environment, users) = Box::pin(asked).await.map_err(|failure| unavailable(&failure))?;
        Ok(Facts {
            environment,
            users,
            began,
        })
    }

    /// Facts that were asked for after this request began; `None` when these are.
    async fn fresher(&self, facts: &Facts) -> Result<Option<Facts>, ActionError> {
        let began = facts.began;
        if facts.environment.asked_since(began) && facts.users.asked_since(began) {
            return Ok(None);
        }
        let environment = async {
            if facts.environment.asked_since(began) {
                return Ok(facts.environment.clone());
            }
            let freshness = Freshness::After(facts.environment.token());
            self.cache.environment(freshness).await
        };
        let users = async {
            if facts.users.asked_since(began) {
                return Ok(facts.users.clone());
            }
            self.cache.users(Freshness::After(facts.users.token())).await
        };
        let asked = Box::pin(try_join(environment, users));
        let (environment, users) = asked.await.map_err(|failure| unavailable(&failure))?;
        Ok(Some(Facts {
            environment,
            users,
            began,
        }))
    }
}

impl Facts {
    fn actor(&self, user: &str) -> Actor {
        Actor::from(self.users.get(user).map(|user| &**user))
    }

    /// Decides by the caller's role; `None` when that allows the action. A refused approval waits for the selected records,
    /// because its answer names the roles that may approve them.
    fn decide(&self, action: &ActionDescriptor, caller: &Caller, intent: Intent<'_>) -> Result<Option<Open>, Refusal> {
        let name = ActionName {
            collection: action.collection,
            action: action.name,
        };
        let (environment, actor) = (&*self.environment, self.actor(&caller.id));
        if let Intent::Approve { requester } = intent {
            let is_own = is_same_person(requester, &caller.id);
            return Ok(match approve(environment, name, actor, is_own) {
                Approve::Allowed => None,
                decision => Some(Open::Approve(decision)),
            });
        }
        match (trigger(environment, name, actor).map_err(Refusal::Trigger)?, intent) {
            (Trigger::Depends(conditions), Intent::Trigger) => Ok(Some(Open::Trigger(conditions))),
            // a form may open before records are selected and while an approval is missing (PER-12)
            _ => Ok(None),
        }
    }
}

impl Pending<'_> {
    pub(super) async fn finish(
        self,
        access: Option<&RecordAccess>,
        selection: &Selection,
    ) -> Result<Condition, ActionError> {
        let subject = subject(access, self.action, selection);
        let cap = self.rights.approval_cap;
        let refusal = match self.decision.finish(subject, cap).await {
            Ok(held) => return Ok(held),
            Err(refusal) => refusal,
        };
        if refusal.depends_on_facts()
            && let Some(facts) = self.rights.fresher(&self.facts).await?
        {
            return match facts.decide(self.action, self.caller, self.intent)? {
                None => Ok(Condition::always()),
                Some(decision) => Ok(Box::pin(decision.finish(subject, cap)).await?),
            };
        }
        Err(refusal.into())
    }
}

impl Open {
    async fn finish(&self, subject: Subject<'_>, approval_cap: usize) -> Result<Condition, Refusal> {
        match self {
            Self::Trigger(conditions) => conditions.finish(subject, approval_cap).await,
            Self::Approve(approve) => approve.finish(subject).await,
        }
    }
}

/// The selected records, as the conditions of roles see them (PER-09, PER-10).
fn subject<'a>(access: Option<&'a RecordAccess>, action: &ActionDescriptor, selection: &'a Selection) -> Subject<'a> {
    let counter = access.and_then(|access| {
        Some(Counter {
            source: &*access.store.source,
            collection: access.store.models.get(action.collection)?,
            resolver: access.trusted_resolver(),
            variables: &*access.variables,
        })
    });
    match (selection.chosen_records(), counter) {
        (ChosenRecords::None, _) => Subject::Nothing,
        (ChosenRecords::Given(keys), Some(counter)) => Subject::Given(counter, keys),
        (ChosenRecords::All(query), Some(counter)) => Subject::All(counter, query),
        _ => Subject::Virtual,
    }
}

/// The Forest server did not say who may do what. Its own words are shown, as the vendor's agents do; the cause is logged. A
/// session that names no rendering to ask for is none: logging in again helps, and waiting does not.
fn unavailable(failure: &ServerFailure) -> ActionError {
    if failure.kind() == FailureKind::NotAsked {
        return ActionError::from(TokenError::OldFormat).because(failure.clone());
    }
    ActionError::refused(ErrorKind::Unavailable, failure.message())
        .name("PermissionsUnavailableError")
        .because(failure.clone())
        .header("retry-after", "5")
}
