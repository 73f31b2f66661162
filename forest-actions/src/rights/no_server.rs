//! The rights of a connected program where the feature `server` is off: there are none, because such a program does not start.
//!
//! Stands in the place of `server`, so that nothing else has to tell the two builds apart.

use std::convert::Infallible;
use std::marker::PhantomData;

use super::{BrowseRight, Intent, RecordView};
use crate::caller::Caller;
use crate::declare::ActionDescriptor;
use crate::records::{Condition, RecordAccess, Selection};
use crate::response::ActionError;

/// Has no value.
pub(crate) struct ServerRights(Infallible);

/// Has no value.
pub(super) struct Pending<'a>(Infallible, PhantomData<&'a ()>);

impl ServerRights {
    /// The proof that there is none.
    pub(crate) fn never(&self) -> Infallible {
        self.0
    }

    pub(super) async fn permit<'a>(
        &'a self,
        _: &'static ActionDescriptor,
        _: &'a Caller,
        _: Intent<'a>,
    ) -> Result<Option<Pending<'a>>, ActionError> {
        match self.0 {}
    }

    pub(super) async fn browse(&self, _: &Caller, _: &str, _: BrowseRight) -> Result<(), ActionError> {
        match self.0 {}
    }

    pub(super) async fn view(&self, _: &Caller, _: &str, _: Option<&str>) -> Result<RecordView, ActionError> {
        match self.0 {}
    }
}

impl Pending<'_> {
    pub(super) async fn finish(self, _: Option<&RecordAccess>, _: &Selection) -> Result<Condition, ActionError> {
        match self.0 {}
    }
}
