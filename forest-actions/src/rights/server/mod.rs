//! The rights of a connected program: decisions on the facts of the Forest server, refreshed once before a refusal (PER-01).
//!
//! A request refreshes at most once, and concurrent refusals share the call. Facts that cannot be read are an error that names
//! the cause, and never mean "allowed" (PER-02).

mod person;
mod rendering;
mod views;

use std::any::Any;
use std::sync::Arc;

use futures_util::future::try_join;
use tokio::time::Instant;

use self::person::Person;
use self::views::Views;
use super::{AskedChart, BrowseRight, Denied, Intent, RecordView};
use crate::caller::Caller;
use crate::decide::facts::{EnvironmentPermissions, Users};
use crate::decide::{
    ActionName, Actor, Approval, Approve, ChartDefinition, Counter, Refusal, Subject, Trigger, TriggerConditions,
    approve, is_same_person, may_see, sees_all, trigger,
};
use crate::declare::ActionDescriptor;
use crate::records::{ChosenRecords, Condition, Models, RecordAccess, Selection};
use crate::server::{FailureKind, Freshness, PermissionCache, Reading, ServerFailure};
use crate::text::one_line;

/// The rights that the Forest server grants. One for all workers.
pub(crate) struct ServerRights {
    cache: Arc<PermissionCache>,
    views: Views,
    /// Maximum number of records of an approval (APP-06).
    approval_cap: usize,
}

/// A refusal, or facts that cannot be read.
#[derive(Debug)]
pub(crate) enum ServerDenied {
    Refused(Refusal),
    Unavailable {
        message: String,
        failure: ServerFailure,
    },
    /// The session's token names no rendering: a new login helps, and waiting does not.
    NoRendering(ServerFailure),
}

/// The facts about a user.
struct Facts {
    environment: Reading<EnvironmentPermissions>,
    users: Reading<Users>,
    /// The start of the request.
    began: Instant,
}

/// A permit that depends on the selected records.
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
    pub(crate) fn new(cache: Arc<PermissionCache>, approval_cap: usize) -> Self {
        Self {
            cache,
            views: Views::default(),
            approval_cap,
        }
    }

    pub(super) async fn permit<'a>(
        &'a self,
        action: &'static ActionDescriptor,
        caller: &'a Caller,
        intent: Intent<'a>,
    ) -> Result<Option<Pending<'a>>, ServerDenied> {
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

    /// The facts about a caller's rights on a collection.
    pub(super) async fn basis(
        &self,
        caller: &Caller,
        models: Option<&Models>,
        collection: &str,
    ) -> Result<Vec<Arc<dyn Any + Send + Sync>>, ServerDenied> {
        let facts = self.facts(&caller.id).await?;
        let mut basis: Vec<Arc<dyn Any + Send + Sync>> = vec![
            Arc::clone(facts.environment.value()) as _,
            Arc::clone(facts.users.value()) as _,
        ];
        if let Some(models) = models {
            basis.push(self.view(caller, models, collection, None).await?.rules);
        }
        Ok(basis)
    }

    /// The caller, with the name and tags of the user as the project has them now.
    pub(super) async fn current(&self, mut caller: Caller) -> Result<Caller, ServerDenied> {
        let facts = self.facts(&caller.id).await?;
        if let Some(user) = facts.users.get(&caller.id) {
            caller.email = user.email.to_string();
            caller.first_name = user.first_name.to_string();
            caller.last_name = user.last_name.to_string();
            caller.permission_level = user.permission_level.to_string();
            let tags = user.tags.iter().filter_map(|(name, value)| {
                let value = match value {
                    serde_json::Value::String(text) => text.clone(),
                    serde_json::Value::Null => return None,
                    other => other.to_string(),
                };
                Some((name.to_string(), value))
            });
            caller.tags = tags.collect();
        }
        Ok(caller)
    }

    pub(super) async fn browse(&self, caller: &Caller, collection: &str, right: BrowseRight) -> Result<(), Denied> {
        let facts = self.facts(&caller.id).await?;
        let check = |facts: &Facts| {
            let actor = facts.actor(&caller.id);
            actor.holds_on(&facts.environment, collection, |rights| match right {
                BrowseRight::Browse => &rights.browse,
                BrowseRight::Read => &rights.read,
                BrowseRight::Export => &rights.export,
                BrowseRight::Add => &rights.add,
                BrowseRight::Edit => &rights.edit,
                BrowseRight::Delete => &rights.delete,
            })
        };
        let mut outcome = check(&facts);
        if outcome.is_err()
            && let Some(facts) = self.fresher(&facts).await?
        {
            outcome = check(&facts);
        }
        outcome.map_err(|cause| {
            // the line of the request has no causes, because those of filters quote search texts
            tracing::info!(cause = one_line(cause), "the caller has no such right on these records");
            Denied::Browse {
                right,
                cause: cause.to_string(),
            }
        })
    }

    /// The rendering is read once more before a refusal.
    pub(super) async fn chart(&self, caller: &Caller, chart: AskedChart<'_>) -> Result<(), Denied> {
        let facts = self.facts(&caller.id).await?;
        let user = facts.users.get(&caller.id);
        if user.is_some_and(|user| sees_all(user)) {
            return Ok(());
        }
        let user = user.map(|user| &**user);
        let definition = ChartDefinition::of(chart.definition);
        let id = &caller.rendering_id;
        let rendering = Box::pin(self.cache.rendering(id, chart.collection, chart.related)).await?;
        if may_see(user, &rendering, &definition) {
            return Ok(());
        }
        if !rendering.asked_since(facts.began) {
            let rendering = Box::pin(self.cache.rendering_after(id, &rendering)).await?;
            if may_see(user, &rendering, &definition) {
                return Ok(());
            }
        }
        Err(Denied::Chart)
    }

    pub(super) async fn view(
        &self,
        caller: &Caller,
        models: &Models,
        collection: &str,
        target: Option<&str>,
    ) -> Result<RecordView, ServerDenied> {
        let facts = self.facts(&caller.id).await?;
        let id = &caller.rendering_id;
        let rendering = match self.cache.peek_rendering(id, collection, target) {
            Some(rendering) => rendering,
            None => Box::pin(self.cache.rendering(id, collection, target)).await?,
        };
        let actor = facts.actor(&caller.id);
        let environment = facts.environment.value();
        let rules = self.views.rules(id, rendering.value(), environment, actor, models);
        let person = Person {
            user: facts.users.get(&caller.id).cloned(),
            team: rendering.team.clone(),
        };
        Ok(RecordView {
            rules,
            variables: Arc::new(person),
        })
    }

    async fn facts(&self, user: &str) -> Result<Facts, ServerFailure> {
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
        // all calls to the server are boxed, so that a future with facts in memory stays small
        let calls = try_join(self.cache.environment(Freshness::Cached), self.cache.users_with(user));
        let (environment, users) = Box::pin(calls).await?;
        Ok(Facts {
            environment,
            users,
            began,
        })
    }

    /// Returns facts that were requested after this request began, or `None` if `facts` are.
    async fn fresher(&self, facts: &Facts) -> Result<Option<Facts>, ServerFailure> {
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
        let (environment, users) = Box::pin(try_join(environment, users)).await?;
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
            (Trigger::Depends(conditions), Intent::Preview) if conditions.all_must_match.is_some() => {
                Ok(Some(Open::Trigger(TriggerConditions {
                    approval: Approval::Never,
                    ..conditions
                })))
            }
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
        is_virtual: bool,
    ) -> Result<Condition, ServerDenied> {
        let subject = match is_virtual {
            true => Subject::Virtual,
            false => subject(access, self.action, selection),
        };
        let cap = self.rights.approval_cap;
        let refusal = match self.decision.finish(subject, cap).await {
            Ok(condition) => return Ok(condition),
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
        (ChosenRecords::Given { found, missing }, Some(counter)) => Subject::Given {
            counter,
            found,
            missing,
        },
        (ChosenRecords::All(query), Some(counter)) => Subject::All(counter, query),
        _ => Subject::Virtual,
    }
}

impl From<Refusal> for ServerDenied {
    fn from(refusal: Refusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<ServerFailure> for ServerDenied {
    fn from(failure: ServerFailure) -> Self {
        if failure.kind() == FailureKind::NotAsked {
            Self::NoRendering(failure)
        } else {
            Self::Unavailable {
                message: failure.message().to_owned(),
                failure,
            }
        }
    }
}

impl From<ServerFailure> for Denied {
    fn from(failure: ServerFailure) -> Self {
        Self::Server(failure.into())
    }
}
