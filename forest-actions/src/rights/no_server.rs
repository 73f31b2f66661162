//! The types of `server` without the feature `server`. They have no values, because a connected program does not start.

use std::any::Any;
use std::convert::Infallible;
use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use super::{AskedChart, BrowseRight, Denied, Intent, RecordView};
use crate::caller::Caller;
use crate::declare::ActionDescriptor;
use crate::records::{Condition, Models, RecordAccess, Selection};

pub(crate) struct ServerRights(Infallible);

#[derive(Debug)]
pub(crate) enum ServerDenied {}

pub(super) struct Pending<'a>(Infallible, PhantomData<&'a ()>);

impl ServerRights {
    pub(crate) fn never(&self) -> Infallible {
        self.0
    }

    pub(super) async fn permit<'a>(
        &'a self,
        _: &'static ActionDescriptor,
        _: &'a Caller,
        _: Intent<'a>,
    ) -> Result<Option<Pending<'a>>, ServerDenied> {
        match self.0 {}
    }

    pub(super) async fn basis(
        &self,
        _: &Caller,
        _: Option<&Models>,
        _: &str,
    ) -> Result<Vec<Arc<dyn Any + Send + Sync>>, ServerDenied> {
        match self.0 {}
    }

    pub(super) async fn current(&self, _: Caller) -> Result<Caller, ServerDenied> {
        match self.0 {}
    }

    pub(super) async fn browse(&self, _: &Caller, _: &str, _: BrowseRight) -> Result<(), Denied> {
        match self.0 {}
    }

    pub(super) async fn chart(&self, _: &Caller, _: AskedChart<'_>) -> Result<(), Denied> {
        match self.0 {}
    }

    pub(super) async fn view(
        &self,
        _: &Caller,
        _: &Models,
        _: &str,
        _: Option<&str>,
    ) -> Result<RecordView, ServerDenied> {
        match self.0 {}
    }
}

impl Pending<'_> {
    pub(super) async fn finish(
        self,
        _: Option<&RecordAccess>,
        _: &Selection,
        _: bool,
    ) -> Result<Condition, ServerDenied> {
        match self.0 {}
    }
}

impl fmt::Display for ServerDenied {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {}
    }
}
