//! What a caller may do: the facts behind a decision, wherever they come from.
//!
//! Owns which facts a decision gets, and when they are fetched once more before a refusal is final (PER-01). What the facts
//! mean is `decide`'s; how they are kept is the server client's. Every surface asks here: actions, hooks, browsing
//! (PER-19).

mod local;
#[cfg(feature = "server")]
mod person;
#[cfg(feature = "server")]
mod rendering;
#[cfg_attr(not(feature = "server"), path = "no_server.rs")]
mod server;
#[cfg(feature = "server")]
mod views;

use std::sync::Arc;

pub(crate) use local::{DeniedInCode, LocalRights, RoleRights};
use server::Pending;
pub(crate) use server::ServerRights;

use crate::caller::Caller;
use crate::declare::ActionDescriptor;
use crate::records::{Condition, RecordAccess, RecordRules, Selection, Variables};
use crate::response::ActionError;

/// Where rights come from.
pub(crate) enum Rights {
    /// Local mode: from code.
    Local(LocalRights),
    /// Connected: from the Forest server.
    Server(ServerRights),
}

/// A right on the records of a collection, other than running an action on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BrowseRight {
    /// Listing and counting.
    Browse,
    /// Opening one record.
    Read,
    /// Downloading the list as a file.
    Export,
}

impl BrowseRight {
    fn refused(self) -> ActionError {
        let verb = match self {
            Self::Browse => "browse",
            Self::Read => "read",
            Self::Export => "export",
        };
        ActionError::forbidden(format!("You don't have permission to {verb} this collection.")).name("ForbiddenError")
    }
}

/// What somebody wants of an action.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Intent<'r> {
    /// To see its form.
    OpenForm,
    /// To run it.
    Trigger,
    /// To run what this person asked for, by the id in the verified request (APP-03).
    Approve { requester: &'r str },
}

/// The right to an action as far as the role alone decides. It only becomes a yes when [`Permit::finish`] has seen the
/// selected records.
#[must_use]
pub(crate) struct Permit<'a>(Option<Pending<'a>>);

/// What a caller sees of the records, and the values of variables in what limits it.
pub(crate) struct RecordView {
    /// The limits.
    pub(crate) rules: Arc<RecordRules>,
    /// The values.
    pub(crate) variables: Arc<dyn Variables + Send + Sync>,
}

impl Rights {
    /// Asks for an action. One that is open to everybody in code needs no facts; an action is protected unless it says
    /// otherwise (PER-18).
    ///
    /// # Errors
    /// The refusal, when the role alone is enough for one; 503 when the rights cannot be read (PER-02).
    pub(crate) async fn permit<'a>(
        &'a self,
        action: &'static ActionDescriptor,
        caller: &'a Caller,
        intent: Intent<'a>,
    ) -> Result<Permit<'a>, ActionError> {
        if !action.protected {
            return Ok(Permit(None));
        }
        match self {
            Self::Local(rights) => rights.check(action, caller).map(|()| Permit(None)),
            Self::Server(rights) => rights.permit(action, caller, intent).await.map(Permit),
        }
    }

    /// What the caller sees of the records of a collection, and of the one that a relation of it leads to.
    ///
    /// # Errors
    /// 503 when it cannot be told: missing rules never mean none (PER-02).
    pub(crate) async fn view(
        &self,
        caller: &Caller,
        collection: &str,
        target: Option<&str>,
    ) -> Result<RecordView, ActionError> {
        match self {
            Self::Local(rights) => Ok(RecordView {
                rules: rights.record_rules(caller),
                variables: Arc::new(caller.clone()),
            }),
            Self::Server(rights) => rights.view(caller, collection, target).await,
        }
    }

    /// Whether the caller may look at the records of a collection.
    ///
    /// # Errors
    /// 403 when the role may not, 503 when the rights cannot be read.
    pub(crate) async fn browse(
        &self,
        caller: &Caller,
        collection: &str,
        right: BrowseRight,
    ) -> Result<(), ActionError> {
        match self {
            Self::Local(rights) => rights.browse(caller, collection, right),
            Self::Server(rights) => rights.browse(caller, collection, right).await,
        }
    }
}

impl Permit<'_> {
    /// Settles it for the selected records. Gives what the right says of them, and they meet; it always holds for a right
    /// without a condition.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) async fn finish(
        self,
        access: Option<&RecordAccess>,
        selection: &Selection,
    ) -> Result<Condition, ActionError> {
        match self.0 {
            None => Ok(Condition::always()),
            Some(pending) => pending.finish(access, selection).await,
        }
    }
}
