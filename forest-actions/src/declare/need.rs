//! The needs of a handler's arguments, which a start compares with the collections.
//!
//! They are asked of the same function that runs the handler, so that generated code names each argument's type once.

use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

use futures_util::future::{LocalBoxFuture, ready};

use crate::call::ActionCall;
use crate::records::{CollectionModel, KeyFit, RecordKey};
use crate::response::ActionError;

/// The argument of the function behind an action.
#[doc(hidden)]
#[derive(Debug)]
pub enum Invocation {
    /// Runs the handler.
    Call(ActionCall),
    /// Lists the needs of its arguments.
    Needs(Needs),
}

/// Receives the needs.
#[doc(hidden)]
#[derive(Debug, Clone, Default)]
pub struct Needs(Rc<RefCell<Vec<Need>>>);

impl Needs {
    /// Asks a handler.
    pub(super) fn of<O>(invoke: fn(Invocation) -> LocalBoxFuture<'static, Result<O, ActionError>>) -> Vec<Need> {
        let needs = Self::default();
        // the answer only fits the signature
        drop(invoke(Invocation::Needs(needs.clone())));
        needs.0.take()
    }

    /// Keeps the needs of all arguments.
    pub(crate) fn answer<O: 'static>(self, needs: Vec<Need>) -> LocalBoxFuture<'static, Result<O, ActionError>> {
        *self.0.borrow_mut() = needs;
        Box::pin(ready(Err(ActionError::internal("the handler was not called"))))
    }
}

/// The need of one argument.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// Nothing that a start can check.
    Nothing,
    /// Keys of records.
    Keys(KeyCheck),
    /// The values of records, which only a record source has.
    Records,
}

/// The check of a key type.
#[doc(hidden)]
#[derive(Clone, Copy)]
pub struct KeyCheck {
    pub(crate) fit: fn(&CollectionModel) -> KeyFit,
    name: fn() -> &'static str,
}

impl KeyCheck {
    pub(crate) const fn of<K: RecordKey>() -> Self {
        Self {
            fit: K::fit,
            name: std::any::type_name::<K>,
        }
    }

    /// The key type as a user writes it: without the paths of its parts.
    pub(crate) fn name(self) -> String {
        let mut short = String::new();
        for part in (self.name)().split_inclusive(['(', ')', ',', '<', '>', ' ']) {
            short.push_str(part.rsplit("::").next().unwrap_or(part));
        }
        short
    }
}

impl fmt::Debug for KeyCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name())
    }
}
