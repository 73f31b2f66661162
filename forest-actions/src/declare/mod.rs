//! The declarations of actions, the registry of all of them, and the schema that is built from them.
//!
//! `#[smart_action]` writes an [`ActionDescriptor`]; the start reads all of them once into a [`Registry`].

mod descriptor;
mod endpoint;
mod form;
mod reference;
mod registry;
mod rule;
mod schema;

pub use crate::schema::ActionKind;
pub use descriptor::{ActionDescriptor, HttpMethod, Origin, Registered};
pub(crate) use form::FormDeclaration;
pub use registry::ActionProblem;

pub(crate) use endpoint::{canonical_path, requested_path};
pub(crate) use reference::reference_problems;
pub(crate) use registry::{HookKind, Registry, Target};
pub use rule::CanRun;
pub(crate) use rule::{Rule, rule_problems};
pub(crate) use schema::build_schema;
