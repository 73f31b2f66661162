//! What an action is, as plain data: its declaration, its handler as a function pointer, and the
//! registry that holds all of them.
//!
//! Owns no I/O and knows nothing of HTTP beyond the type of a handler. The attribute `#[smart_action]` writes
//! [`ActionDescriptor`]s; the start-up reads them once into a [`Registry`].

mod descriptor;
mod endpoint;
mod form;
mod reference;
mod registry;
mod schema;

pub use descriptor::{ActionDescriptor, ActionKind, HttpMethod, Origin, Registered};
pub(crate) use form::FormDeclaration;
pub use registry::ActionProblem;

pub(crate) use endpoint::{canonical_path, requested_path};
pub(crate) use reference::reference_problems;
pub(crate) use registry::{HookKind, Registry, Target};
pub(crate) use schema::build_schema;
