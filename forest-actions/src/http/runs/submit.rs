//! The submission of a run: after all checks of its request, before its handler.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use tokio::time::{sleep, timeout};
use uuid::Uuid;

use super::super::context::Shared;
use super::super::record::surface;
use super::answer::{ended, started};
use super::error::RunRefusal;
use crate::caller::Caller;
use crate::declare::{ActionDescriptor, ActionKind, Background};
use crate::handler::CallContext;
use crate::observed::Correlation;
use crate::records::{Judged, Requested};
use crate::request::Digest;
use crate::response::{ActionError, ActionResponse};
use crate::runs::{NewRun, RunRow, Submitted};

/// Time between two looks for the end of a run that another process carries out.
const LOOK: Duration = Duration::from_millis(150);

/// A run that is to be submitted.
pub(in crate::http) struct Submission {
    background: Background,
    caller: Caller,
    requester: Option<String>,
    correlation: Correlation,
    body: Bytes,
    path: String,
    surface: &'static str,
    is_all: bool,
    last_key: Option<String>,
    cursor: Option<String>,
    total: Option<u64>,
    approval: Option<Digest>,
    retry_of: Option<String>,
}

/// The run that a request becomes; `None` if it stays in the request.
///
/// # Errors
/// The records cannot be counted.
pub(in crate::http) async fn submission(
    action: &'static ActionDescriptor,
    req: &HttpRequest,
    body: &Bytes,
    requested: &Requested,
    judged: Option<&Judged>,
    correlation: Correlation,
    approval: Option<Digest>,
) -> Result<Option<Submission>, ActionError> {
    let Some(background) = action.background else {
        return Ok(None);
    };
    let (mut is_all, mut last_key, mut total) = (false, None, None);
    if action.kind != ActionKind::Global {
        let selection = requested.resolve().await?;
        let by_rule = judged.filter(|_| !selection.is_judged_on_the_way());
        let count = selection.counted(None).await? + by_rule.map_or(0, Judged::refused_count);
        if background.over.is_some_and(|over| count <= over) {
            return Ok(None);
        }
        is_all = selection.is_all();
        last_key = selection.last_id().await?;
        total = Some(count);
    }
    let (caller, requester) = CallContext::read(req, |context| {
        let requester = context.request()?.requester_id().map(str::to_owned);
        Ok((context.caller.clone(), requester))
    })?;
    let path = req
        .uri()
        .path_and_query()
        .map_or_else(|| req.path().to_owned(), ToString::to_string);
    Ok(Some(Submission {
        background,
        caller,
        requester,
        correlation,
        body: body.clone(),
        path,
        surface: surface(req),
        is_all,
        last_key,
        cursor: None,
        total,
        approval,
        retry_of: None,
    }))
}

/// A run that is submitted again, over a part of its records.
pub(super) struct Again {
    pub(super) body: Bytes,
    pub(super) is_all: bool,
    pub(super) last_key: Option<String>,
    /// The last record that is left out.
    pub(super) cursor: Option<String>,
    pub(super) total: Option<u64>,
}

impl Again {
    /// Adds the run.
    ///
    /// # Errors
    /// As for [`Submission::submit`].
    pub(super) async fn submit(
        self,
        shared: &Arc<Shared>,
        action: &'static ActionDescriptor,
        caller: &Caller,
        run: &RunRow,
    ) -> Result<(), ActionError> {
        let mut background = action.background.ok_or(RunRefusal::NothingToRetry)?;
        background.wait = Duration::ZERO;
        let submission = Submission {
            background,
            caller: caller.clone(),
            requester: None,
            correlation: Correlation::new(),
            body: self.body,
            path: run.inner.path.clone(),
            surface: "ui",
            is_all: self.is_all,
            last_key: self.last_key,
            cursor: self.cursor,
            total: self.total,
            approval: None,
            retry_of: Some(run.id.clone()),
        };
        submission.submit(shared, action).await.map(drop)
    }
}

/// The answer to a submission.
pub(in crate::http) struct Answered {
    /// For the audit trail.
    pub(in crate::http) summary: ActionResponse,
    pub(in crate::http) http: HttpResponse,
}

impl Submission {
    /// Adds the run, and waits for its end for a moment.
    ///
    /// # Errors
    /// 409 while another run of an exclusive action has not ended, 503 if the run cannot be added.
    pub(in crate::http) async fn submit(
        self,
        shared: &Arc<Shared>,
        action: &'static ActionDescriptor,
    ) -> Result<Answered, ActionError> {
        let runs = shared
            .runs()
            .ok_or_else(|| ActionError::internal("the agent has no runs, which its start should have refused"))?;
        let id = Uuid::now_v7().to_string();
        let request = runs
            .seal
            .seal(&id, &self.body)
            .map_err(|_| ActionError::internal("the request of a run cannot be sealed"))?;
        let new = NewRun {
            id: id.clone(),
            action: action.name.to_owned(),
            collection: action.collection.to_owned(),
            endpoint: action.endpoint.to_owned(),
            path: self.path.clone(),
            form_version: form_version(shared, action),
            user_id: self.caller.id.clone(),
            user_name: self.caller.full_name(),
            caller: super::slice::stored(&self.caller),
            requester_id: self.requester.clone(),
            surface: self.surface.to_owned(),
            correlation_id: self.correlation.as_str().to_owned(),
            request,
            is_all: self.is_all,
            last_key: self.last_key.clone(),
            cursor: self.cursor.clone(),
            total: self.total,
            dedup_key: self.dedup_key(action),
            exclusive_key: self
                .background
                .one_at_a_time
                .then(|| format!("{} {}", action.collection, action.name)),
            approval_key: self
                .approval
                .map(|digest| format!("{} {}", hex(&digest), action.endpoint)),
            retry_of: self.retry_of.clone(),
            keep: self.background.keep,
        };
        let (id, is_new) = match runs.settings.store.submit(&new).await.map_err(RunRefusal::from)? {
            Submitted::New => (id, true),
            Submitted::Same(run) => (run.id.clone(), false),
            Submitted::Busy(run) => {
                return Err(RunRefusal::InProgress {
                    action: action.name,
                    who: run.user_name.clone(),
                    since: run
                        .created_at
                        .map(|at| at.format("%H:%M UTC").to_string())
                        .unwrap_or_default(),
                }
                .into());
            }
        };
        if is_new {
            runs.announce(&id).await;
        }
        let run = self.ended(shared, &id).await?;
        let link = shared.run_link(&run.id, &self.caller.id, &self.caller.full_name());
        let summary = started(action, &run, is_new, link.as_deref());
        let http = match run.status.is_final() {
            true => ended(&run),
            false => started(action, &run, is_new, link.as_deref()).into_http()?,
        };
        Ok(Answered { summary, http })
    }

    /// The run, after its end if that comes soon.
    async fn ended(&self, shared: &Arc<Shared>, id: &str) -> Result<RunRow, ActionError> {
        let runs = shared.runs().ok_or(RunRefusal::Unknown)?;
        let wait = async {
            loop {
                let ended = runs.ended.notified();
                match runs.get(id).await {
                    Ok(Some(run)) if !run.status.is_final() => {}
                    other => return other,
                }
                tokio::select! {
                    () = ended => {}
                    () = sleep(LOOK) => {}
                }
            }
        };
        let run = match timeout(self.background.wait, wait).await {
            Ok(run) => run,
            Err(_) => runs.get(id).await,
        };
        Ok(run.map_err(RunRefusal::from)?.ok_or(RunRefusal::Unknown)?)
    }

    /// The same for a request that is sent twice, such as by a double click.
    fn dedup_key(&self, action: &ActionDescriptor) -> String {
        let mut hash = Context::new(&SHA256);
        for part in [
            action.collection.as_bytes(),
            action.name.as_bytes(),
            self.caller.id.as_bytes(),
            self.requester.as_deref().unwrap_or_default().as_bytes(),
            self.retry_of.as_deref().unwrap_or_default().as_bytes(),
            &self.body,
        ] {
            hash.update(&(part.len() as u64).to_be_bytes());
            hash.update(part);
        }
        hex(hash.finish().as_ref())
    }
}

/// A digest of the action's kind and form, by which a run notices that they have changed since its submission.
pub(super) fn form_version(shared: &Shared, action: &'static ActionDescriptor) -> String {
    let declared = shared.schema().collections().iter().find_map(|collection| {
        let is_this = collection.name() == action.collection;
        is_this.then(|| collection.actions().iter().find(|known| known.name() == action.name))?
    });
    let fields = declared
        .map(|declared| format!("{:?}", declared.fields()))
        .unwrap_or_default();
    let mut hash = Context::new(&SHA256);
    hash.update(format!("{:?} {fields}", action.kind).as_bytes());
    hex(hash.finish().as_ref().get(..16).unwrap_or_default())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
