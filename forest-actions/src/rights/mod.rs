//! The rights of a caller, for every kind of request (PER-19): given in code in local mode, otherwise by the Forest server.

mod local;
#[cfg_attr(not(feature = "server"), path = "no_server.rs")]
mod server;

use std::any::Any;
use std::fmt;
use std::sync::Arc;

pub(crate) use local::{DeniedInCode, LocalRights, RoleRights};
use server::Pending;
pub(crate) use server::{ServerDenied, ServerRights};

use crate::caller::Caller;
use crate::declare::ActionDescriptor;
use crate::records::{Condition, Models, RecordAccess, RecordRules, Selection, Variables};

/// The source of rights.
pub(crate) enum Rights {
    Local(LocalRights),
    Server(ServerRights),
}

/// A right on the records of a collection, other than running an action on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum BrowseRight {
    /// Listing and counting.
    Browse,
    /// Opening one record.
    Read,
    /// Downloading the list as a file.
    Export,
    /// Creating a record.
    Add,
    /// Changing a record.
    Edit,
    Delete,
}

/// The verb in messages.
impl fmt::Display for BrowseRight {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Browse => "browse",
            Self::Read => "read",
            Self::Export => "export",
            Self::Add => "add to",
            Self::Edit => "edit",
            Self::Delete => "delete from",
        })
    }
}

/// The purpose of a request for an action.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Intent<'r> {
    OpenForm,
    Trigger,
    /// Showing what a run would do: as a run, without an approval.
    Preview,
    /// Running the action as approved for this user of the verified request (APP-03).
    Approve {
        requester: &'r str,
    },
}

/// The refusal of a right.
#[derive(Debug)]
pub(crate) enum Denied {
    InCode(DeniedInCode),
    Browse {
        right: BrowseRight,
        /// For the log.
        cause: String,
    },
    /// Not one of the charts that the caller may see.
    Chart,
    /// Refused by the rights of the Forest server, or not readable there.
    Server(ServerDenied),
}

/// A right to an action that the caller's role does not refuse. [`Permit::finish`] settles it for the selected records.
#[must_use]
pub(crate) struct Permit<'a>(Option<Pending<'a>>);

/// The limits of a caller's view of records.
pub(crate) struct RecordView {
    pub(crate) rules: Arc<RecordRules>,
    /// The values of variables in the rules.
    pub(crate) variables: Arc<dyn Variables + Send + Sync>,
}

/// The facts that decisions are made of, to notice that they have changed.
#[derive(Clone, Default)]
pub(crate) struct Basis(Vec<Arc<dyn Any + Send + Sync>>);

/// Facts that were fetched again and are equal have the same address.
impl PartialEq for Basis {
    fn eq(&self, other: &Self) -> bool {
        let address = |fact: &Arc<dyn Any + Send + Sync>| Arc::as_ptr(fact).cast::<()>();
        self.0.iter().map(address).eq(other.0.iter().map(address))
    }
}

impl Rights {
    /// The facts that a caller's rights on a collection follow from at present.
    ///
    /// # Errors
    /// They cannot be read.
    pub(crate) async fn basis(
        &self,
        caller: &Caller,
        models: Option<&Models>,
        collection: &str,
    ) -> Result<Basis, Denied> {
        match self {
            Self::Local(_) => Ok(Basis::default()),
            Self::Server(rights) => Ok(Basis(rights.basis(caller, models, collection).await?)),
        }
    }

    /// The caller of an earlier request, with the name and tags that the user has now.
    ///
    /// # Errors
    /// They cannot be read.
    pub(crate) async fn current(&self, caller: Caller) -> Result<Caller, Denied> {
        match self {
            Self::Local(_) => Ok(caller),
            Self::Server(rights) => Ok(rights.current(caller).await?),
        }
    }

    /// Checks the caller's role for an action. Actions are protected unless their declaration says otherwise (PER-18).
    ///
    /// # Errors
    /// A refusal that no selection can change, or rights that cannot be read (PER-02).
    pub(crate) async fn permit<'a>(
        &'a self,
        action: &'static ActionDescriptor,
        caller: &'a Caller,
        intent: Intent<'a>,
    ) -> Result<Permit<'a>, Denied> {
        if !action.protected {
            return Ok(Permit(None));
        }
        match self {
            Self::Local(rights) => {
                rights.may_trigger(action, &caller.role).map_err(Denied::InCode)?;
                Ok(Permit(None))
            }
            Self::Server(rights) => Ok(Permit(rights.permit(action, caller, intent).await?)),
        }
    }

    /// Returns the caller's view of a collection of `models`, and of `target`, the collection that a relation of it leads to.
    ///
    /// # Errors
    /// The view cannot be read; missing rules never mean "no limits" (PER-02).
    pub(crate) async fn view(
        &self,
        caller: &Caller,
        models: &Models,
        collection: &str,
        target: Option<&str>,
    ) -> Result<RecordView, Denied> {
        match self {
            Self::Local(rights) => Ok(RecordView {
                rules: rights.record_rules(caller),
                variables: Arc::new(caller.clone()),
            }),
            Self::Server(rights) => Ok(rights.view(caller, models, collection, target).await?),
        }
    }

    /// Checks the caller's right on the records of a collection.
    ///
    /// # Errors
    /// The role lacks the right, or the rights cannot be read.
    pub(crate) async fn browse(&self, caller: &Caller, collection: &str, right: BrowseRight) -> Result<(), Denied> {
        match self {
            Self::Local(rights) if rights.may(caller, collection, right) => Ok(()),
            Self::Local(_) => Err(Denied::Browse {
                right,
                cause: DeniedInCode::CAUSE.to_owned(),
            }),
            Self::Server(rights) => rights.browse(caller, collection, right).await,
        }
    }

    /// Checks the caller's right to see a chart: one of those on the screens of the team, or any for those who design them. In
    /// local mode, which has no screens, the records have to be browsable.
    ///
    /// # Errors
    /// The chart is not granted, or the rights cannot be read.
    pub(crate) async fn chart(&self, caller: &Caller, chart: AskedChart<'_>) -> Result<(), Denied> {
        match self {
            Self::Local(_) => {
                for collection in std::iter::once(chart.collection).chain(chart.related) {
                    self.browse(caller, collection, BrowseRight::Browse).await?;
                }
                Ok(())
            }
            Self::Server(rights) => rights.chart(caller, chart).await,
        }
    }
}

/// A chart that a request asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct AskedChart<'c> {
    /// The members of the request.
    pub(crate) definition: &'c serde_json::Map<String, serde_json::Value>,
    /// The collection whose records it shows.
    pub(crate) collection: &'c str,
    /// The collection of the related records that it counts.
    pub(crate) related: Option<&'c str>,
}

impl Permit<'_> {
    /// Returns whether the selected records do not matter.
    pub(crate) fn is_final(&self) -> bool {
        self.0.is_none()
    }

    /// Settles the right for the selected records; returns the condition that they meet, which always holds for a right without
    /// a condition. `is_virtual`: the collection has no record source.
    ///
    /// # Errors
    /// The refusal.
    pub(crate) async fn finish(
        self,
        access: Option<&RecordAccess>,
        selection: &Selection,
        is_virtual: bool,
    ) -> Result<Condition, Denied> {
        match self.0 {
            None => Ok(Condition::always()),
            // boxed, because most rights have no condition and every request would have room for it
            Some(pending) => Ok(Box::pin(pending.finish(access, selection, is_virtual)).await?),
        }
    }
}

impl From<ServerDenied> for Denied {
    fn from(denied: ServerDenied) -> Self {
        Self::Server(denied)
    }
}
